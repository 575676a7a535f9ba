// Whether the person is here: what they do keeps the session open, and without
// them it locks itself, as the server's policy says.

import { api, Problem, type Session } from './api'

/** The server is told that somebody is here at most so often. */
const TELL_MS = 60_000
const LOOK_MS = 1000
const signs = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const

export class Away {
  locked = $state(false)
  private readonly after: number // ms; 0: never
  private active = Date.now()
  private told = Date.now()

  constructor(session: Session) {
    this.locked = session.lock.locked
    this.after = session.lock.after_s * 1000
  }

  /** Watches the person; gives its end. */
  follow(): () => void {
    const sign = () => {
      if (this.locked) return
      this.active = Date.now()
      if (this.after && this.active - this.told >= Math.min(TELL_MS, this.after / 2)) {
        this.told = this.active
        void api.active().catch((e: unknown) => this.refused(e))
      }
    }
    for (const s of signs) addEventListener(s, sign, { capture: true, passive: true })
    const timer = setInterval(() => {
      if (this.after && !this.locked && Date.now() - this.active >= this.after) this.lock()
    }, LOOK_MS)
    return () => {
      for (const s of signs) removeEventListener(s, sign, { capture: true })
      clearInterval(timer)
    }
  }

  /** Locks at once; the server does so too, by itself where it cannot be told. */
  lock() {
    this.locked = true
    void api.lock().catch(() => undefined)
  }

  /** Takes a refusal: another window of this session may have locked it. */
  refused(e: unknown) {
    if (e instanceof Problem && e.code === 'locked') this.locked = true
  }

  unlocked() {
    this.active = this.told = Date.now()
    this.locked = false
  }
}

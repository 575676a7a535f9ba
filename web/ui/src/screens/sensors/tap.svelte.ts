// What a feed brings, message by message, while somebody looks: a bounded list,
// the newest first.

import { api, Problem, type Heard } from '../../lib/api'
import { problemText } from '../../lib/problem'

const MOST = 200
const PAUSE_MS = 500 // between two questions, however fast they are answered
const AGAIN_MS = 3000 // after one that failed

export class Tap {
  messages: Heard[] = $state.raw([])
  /** Messages that came while it was paused. */
  waiting = $state(0)
  missed = $state(0)
  paused = $state(false)
  trouble = $state('')
  private held: Heard[] = []
  private ended = false

  constructor(feed: string) {
    void this.run(feed)
  }

  stop() {
    this.ended = true
  }

  pause(on: boolean) {
    this.paused = on
    if (on) return
    this.show(this.held)
    this.held = []
    this.waiting = 0
  }

  private async run(feed: string) {
    for (let after = 0; !this.ended;) {
      let wait = PAUSE_MS
      try {
        const { messages, next, missed } = await api.messages(feed, after)
        if (this.ended) return
        after = next
        this.trouble = ''
        this.missed += missed
        const newest = messages.toReversed()
        if (this.paused) {
          this.held = [...newest, ...this.held].slice(0, MOST)
          this.waiting += messages.length
        } else if (newest.length) this.show(newest)
      } catch (e) {
        this.trouble = problemText(e)
        if (e instanceof Problem && (e.status === 403 || e.status === 401)) return
        wait = AGAIN_MS
      }
      await new Promise((go) => setTimeout(go, wait))
    }
  }

  private show(newest: Heard[]) {
    this.messages = [...newest, ...this.messages].slice(0, MOST)
  }
}

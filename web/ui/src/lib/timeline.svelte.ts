// The time of the picture: live, or the past as it was known. The address says
// it (`at`, `speed`); this keeps the live connection and the address in step.

import { untrack } from 'svelte'
import type { Live } from './live.svelte'
import type { Replay } from './messages'
import { MAX_SPEED } from './view'
import { view } from './view.svelte'

export const speeds = [1, 2, 5, 10, 30, MAX_SPEED] as const

/** A wish is waited for no longer: the server may have made less of it. */
const WISH_MS = 2000

/** Addresses have whole seconds: a replay that runs is written once in this time. */
const WRITE_MS = 2000

export class Timeline {
  private readonly live: Live
  /** What the address got from us, so that it is not carried out again. */
  private own = { at: -1, speed: -1 }
  private lastWrite = 0
  /** What was wished and is not so yet: until it is, the address has the wish. */
  private wish: { speed: number; jump: boolean; since: number } | null = null

  constructor(live: Live) {
    this.live = live
  }

  /** Carries out what the address says, and writes where a running replay is. Call it once, from the frame: a replay goes on under other screens. */
  follow() {
    $effect(() => {
      const { at, speed, screen } = view.now
      // The alerts in a window of their own are those of now.
      untrack(() => this.carryOut(screen === 'alerts' ? null : at, speed))
    })
    $effect(() => {
      const { mode, replay, time, epoch } = this.live
      // Until its picture is here, the time is that of another.
      if (mode === 'replay' && replay && this.came(replay) && epoch === replay.epoch) untrack(() => this.write(time, replay.paused ? 0 : replay.speed))
    })
    // It could not begin: we are live, and the address says so.
    $effect(() => {
      if (this.live.replayTrouble && this.live.mode === 'live') untrack(() => view.set({ at: null, speed: 0 }))
    })
  }

  /** Shows the picture as it was known at a time. */
  goTo(at: number, speed = 0) {
    view.go({ at: Math.round(at), speed })
  }

  /** As goTo, while a hand moves over the times: Back does not stop at each. */
  scrub(at: number) {
    view.set({ at: Math.round(at), speed: 0 })
  }

  goLive() {
    view.go({ at: null, speed: 0 })
  }

  play(speed: number) {
    if (view.now.at !== null) view.set({ speed })
  }

  /** From live: stands where it is now. */
  pause() {
    if (view.now.at === null) this.goTo(this.live.serverNow())
    else view.set({ speed: 0 })
  }

  step(ms: number) {
    const { at, speed } = view.now
    this.scrub((at === null ? this.live.serverNow() : speed === 0 ? at : this.live.time) + ms)
  }

  /** Whether the replay is as it was wished. */
  private came(replay: Replay): boolean {
    const { wish } = this
    if (replay.going !== null) {
      if (wish) wish.jump = false // it is under way
      return false
    }
    if (wish && Date.now() - wish.since < WISH_MS && (wish.jump || wish.speed !== (replay.paused ? 0 : replay.speed))) return false
    this.wish = null
    return true
  }

  private carryOut(at: number | null, speed: number) {
    if (at === this.own.at && speed === this.own.speed) return
    const jumped = at !== this.own.at
    this.own = { at: at ?? -1, speed }
    this.wish = at === null ? null : { speed, jump: jumped || this.live.mode === 'live', since: Date.now() }
    if (at === null) {
      if (this.live.mode === 'replay') this.live.goLive()
    } else if (jumped || this.live.mode === 'live') this.live.replayAt(at, speed || 1, speed === 0)
    else if (speed === 0) this.live.pause()
    else this.live.play(speed)
  }

  private write(time: number, speed: number) {
    const now = Date.now()
    const at = Math.round(time)
    if (speed === view.now.speed && (at === view.now.at || (speed > 0 && now - this.lastWrite < WRITE_MS))) return
    this.lastWrite = now
    this.own = { at, speed }
    view.set({ at, speed })
  }
}

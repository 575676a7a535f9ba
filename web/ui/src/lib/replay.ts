// The replay as the client has it: what is wanted, what the server answered,
// and the clock that runs on between frames.

import { ReplayClock } from './clock'
import type { Gap, Replay, Tempo, Wish } from './messages'
import { Picture } from './picture'

/** The channel of the replay; 0 is the live one. */
export const REPLAY_CHANNEL = 1
/** The clock runs on so long after the last frame, ms. */
const RUN_ON_MS = 3000
const WINDOW_MS = 10_000

export type Message = { type: string } & Record<string, unknown>

export class PastPicture {
  readonly picture = new Picture()
  /** Something is missing: deltas are ignored until the snapshot comes. */
  old = false
  state: Replay
  /** The channel was asked for on this connection; its view can be told. */
  asked = false
  private stood = false // the server has told on this connection how it stands
  private waiting: Wish | null // what is wanted next
  private request = 0 // of the last wish that was sent
  private answered = true
  private clock = new ReplayClock(WINDOW_MS, 0)
  private rate = 0
  private heard = 0

  constructor(at: number, now: number) {
    this.waiting = { at }
    this.state = {
      at, going: at, speed: 1, paused: true, end: false, epoch: 0, known: 0,
      oldest: 0, newest: 0, detail: 0, coarse: false, thinned: false, gap: null, gaps: [], trouble: '',
    }
    this.go(now)
  }

  wish(w: Wish) {
    this.waiting = { ...this.waiting, ...w }
    this.state = { ...this.state, going: w.at ?? this.state.going, trouble: '' }
  }

  /** The message of the wish to send now: one at a time, the newest. */
  next(): object | null {
    const w = this.waiting
    if (!w || !this.answered) return null
    this.waiting = null
    this.answered = false
    this.asked = true
    return {
      type: 'replay', channel: REPLAY_CHANNEL, request: ++this.request, ...w,
      ...(w.at === undefined ? {} : { at: new Date(w.at).toISOString() }),
    }
  }

  /** Takes how the replay stands. */
  stands(m: Message, now: number) {
    const answer = m.request === this.request
    this.answered ||= answer
    this.stood = true
    const { going, trouble } = this.state
    this.state = {
      at: time(m.at), going: answer ? (this.waiting?.at ?? null) : going, speed: Number(m.speed), paused: m.paused === true, end: m.end === true,
      epoch: Number(m.epoch), known: time(m.known), oldest: time(m.oldest), newest: time(m.newest), detail: time(m.detail),
      coarse: m.coarse === true, thinned: m.thinned === true, gap: gap(m.gap), gaps: (m.gaps as unknown[]).map((g) => gap(g)!), trouble,
    }
    this.go(now)
  }

  /** Takes a refusal, and reports whether the replay is over: it never began. */
  refused(m: Message): boolean {
    if (m.request === this.request) this.answered = true
    this.state = { ...this.state, going: this.waiting?.at ?? null, trouble: String(m.code) }
    return !this.stood
  }

  /** Takes the time of a frame. */
  heardOf(clock: number, now: number) {
    this.clock.add(clock, now)
    this.heard = now
    this.state = { ...this.state, at: clock }
  }

  /** The connection is lost, and the replay with it: it is to be opened again where it was. */
  lost() {
    const { at, speed, paused } = this.state
    this.waiting = { at, speed, paused, ...this.waiting }
    this.asked = this.stood = false
    this.answered = true
    this.rate = 0
  }

  tempo(): Tempo {
    const until = this.heard + RUN_ON_MS
    return { clock: this.clock.at(this.heard), at: this.heard, rate: this.rate, until }
  }

  private go(now: number) {
    this.rate = this.state.paused ? 0 : this.state.speed
    this.clock = new ReplayClock(WINDOW_MS, this.rate)
    this.clock.add(this.state.at, now)
    this.heard = now
  }
}

const time = (v: unknown): number => Date.parse(String(v))

function gap(g: unknown): Gap | null {
  if (g === null) return null
  const { from, to } = g as Record<string, unknown>
  return { from: time(from), to: time(to) }
}

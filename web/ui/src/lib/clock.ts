// The server's clock as this computer sees it. What the server says was true
// when it was sent, and comes later: at best at once.

/** This computer's time in ms since 1970, the same in page and worker, never stepped. */
export const localNow = (): number => performance.timeOrigin + performance.now()

/** Two clocks drift apart by so much at most (200 ppm; a usual quartz has a tenth). */
const DRIFT = 200e-6

/**
 * The greatest difference ever seen is the best, but for the drift since. A
 * line that became slow, for however long, does not set the clock back: what
 * comes over it late is known to be late.
 */
export class ServerClock {
  private best: { at: number; difference: number } | null = null

  /** Takes the server's time of a message that came at `at`. */
  add(server: number, at: number) {
    const difference = server - at
    if (!this.best || difference >= this.best.difference - DRIFT * (at - this.best.at)) this.best = { at, difference }
  }

  /** Takes the server's time of an answer to what was asked at `asked` and came at `at`. */
  answer(server: number, asked: number, at: number) {
    // It was not that late there when it answered: the server's clock was set back.
    if (this.best && this.best.difference > server - asked + DRIFT * (at - this.best.at)) this.best = null
    this.add(server, at)
  }

  /** Another server, or the same started anew: what is known of its clock is worth nothing. */
  forget() {
    this.best = null
  }

  /** Server time minus local time, ms. */
  get offset(): number {
    return this.best?.difference ?? 0
  }
}

/** The clock of a replay, which runs at a rate, and as well as the server can. */
export class ReplayClock {
  private samples: { at: number; difference: number }[] = []
  private readonly window: number
  private readonly rate: number

  constructor(windowMs: number, rate: number) {
    this.window = windowMs
    this.rate = rate
  }

  /** Takes the server's time of a message that came at `at`. */
  add(server: number, at: number) {
    const difference = server - at * this.rate
    // It went elsewhere: what was before tells nothing.
    if (Math.abs(difference - this.offset) > 5000 * Math.max(1, this.rate)) this.samples = []
    // Older samples that are no greater can never win again.
    while (this.samples.length && this.samples[this.samples.length - 1]!.difference <= difference) this.samples.pop()
    this.samples.push({ at, difference })
    while (this.samples[0]!.at < at - this.window) this.samples.shift()
  }

  /** Server time minus local time (at its rate), ms. */
  get offset(): number {
    return this.samples[0]?.difference ?? 0
  }

  /** The server's time at a local time. */
  at(local: number): number {
    return local * this.rate + this.offset
  }
}

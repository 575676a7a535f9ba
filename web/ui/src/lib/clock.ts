// The server's clock as this computer sees it. A frame's clock is at most as
// old as its way here, so the greatest difference seen lately is the best.

/** This computer's time in ms since 1970, the same in page and worker, never stepped. */
export const localNow = (): number => performance.timeOrigin + performance.now()

export class ServerClock {
  private samples: { at: number; difference: number }[] = []
  private readonly window: number
  private readonly rate: number

  /** `rate` is how fast the server's clock runs: a replay's is not 1. */
  constructor(windowMs = 60_000, rate = 1) {
    this.window = windowMs
    this.rate = rate
  }

  /** Takes the server's time of a message that came at `at`. */
  add(server: number, at: number) {
    const difference = server - at * this.rate
    // The server's clock was stepped: what was before tells nothing.
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

// The server's clock as this computer sees it. A frame's clock is at most as
// old as its way here, so the greatest difference seen lately is the best.

/** This computer's time in ms since 1970, the same in page and worker, never stepped. */
export const localNow = (): number => performance.timeOrigin + performance.now()

export class ServerClock {
  private samples: { at: number; difference: number }[] = []
  private readonly window: number

  constructor(windowMs = 60_000) {
    this.window = windowMs
  }

  /** Takes the server's time of a message that came at `at`. */
  add(server: number, at: number) {
    const difference = server - at
    // The server's clock was stepped: what was before tells nothing.
    if (Math.abs(difference - this.offset) > 5000) this.samples = []
    // Older samples that are no greater can never win again.
    while (this.samples.length && this.samples[this.samples.length - 1]!.difference <= difference) this.samples.pop()
    this.samples.push({ at, difference })
    while (this.samples[0]!.at < at - this.window) this.samples.shift()
  }

  /** Server time minus local time, ms. */
  get offset(): number {
    return this.samples[0]?.difference ?? 0
  }
}

// What the lists of people have in common: they load, and do one thing at a time.

import { problemText } from '../../lib/problem'

export class Acts {
  trouble = $state('')
  busy = $state(false)
  private readonly load: () => Promise<unknown>

  constructor(load: () => Promise<unknown>) {
    this.load = load
  }

  /** Does something, says what went wrong, and shows how things are then; whether it was done. */
  async do(what: () => Promise<unknown> = async () => undefined): Promise<boolean> {
    if (this.busy) return false
    this.busy = true
    this.trouble = ''
    try {
      await what()
      await this.load()
      return true
    } catch (e) {
      this.trouble = problemText(e)
      return false
    } finally {
      this.busy = false
    }
  }
}

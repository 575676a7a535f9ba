// Acts that wait for a second person: those about which this person may decide.

import { api, atLeast, type Approval, type Session } from './api'

const ASK_MS = 20_000

class Approvals {
  /** All that wait, also those that this person asked for. */
  waiting: Approval[] = $state.raw([])

  private asked = $state('')

  /** Something was asked for here: it waits, and that is told on every screen until it does no longer. */
  wait(id: string) {
    this.asked = id
    void this.look().catch(() => undefined) // it is looked for again
  }

  /** What was asked for here last and waits. */
  get mineWaits(): Approval | undefined {
    return this.waiting.find((a) => a.id === this.asked)
  }

  /** It is known. */
  known() {
    this.asked = ''
  }

  /** Those that this person may approve. */
  mine(session: Session): Approval[] {
    return this.waiting.filter((a) => a.by.id !== session.person.id && atLeast(session.person.role, a.least))
  }

  async look(): Promise<void> {
    const { approvals } = await api.approvals(true)
    this.waiting = approvals
  }

  /** Asks now and then; gives its end. */
  follow(): () => void {
    const ask = () => void this.look().catch(() => undefined) // the link says that the server is away
    ask()
    const timer = setInterval(ask, ASK_MS)
    return () => clearInterval(timer)
  }
}

export const approvals = new Approvals()

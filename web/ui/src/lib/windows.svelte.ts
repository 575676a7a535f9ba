// Several windows of one person on several monitors: what is chosen in one is
// chosen in all, and only one of them sounds.

import { view, type View } from './view.svelte'

/** What is chosen, in step over all windows. */
const shared = ['track', 'alert', 'case', 'area'] as const
type Choice = Pick<View, (typeof shared)[number]>

const choiceOf = (v: View): Choice => ({ track: v.track, alert: v.alert, case: v.case, area: v.area })
const same = (a: Choice, b: Choice) => shared.every((k) => a[k] === b[k])

type Message =
  | { type: 'here'; id: number; queue: boolean }
  | { type: 'gone'; id: number }
  | { type: 'chosen'; choice: Choice }

const HERE_MS = 2000
const LOST_MS = 3 * HERE_MS

/** The little of BroadcastChannel that is needed; tests join their own. */
export interface Channel {
  postMessage(m: unknown): void
  onmessage: ((e: MessageEvent) => void) | null
  close(): void
}

export class Windows {
  /** Another window shows the alert queue alone. */
  second = $state(false)
  /** This window is the one that sounds. */
  speaks = $state(true)
  private readonly id = Math.random()
  private readonly others = new Map<number, { queue: boolean; heard: number }>()
  private channel: Channel | null = null
  private told: Choice | null = null
  private queue = false

  /** Joins the other windows; gives the end. `queue`: this one shows the queue alone. */
  join(channel: Channel, queue: boolean, now = () => performance.now()): () => void {
    this.channel = channel
    this.queue = queue
    channel.onmessage = (e) => this.take(e.data as Message, now())
    const beat = () => {
      this.here()
      for (const [id, o] of this.others) if (now() - o.heard > LOST_MS) this.others.delete(id)
      this.count()
    }
    beat()
    const timer = setInterval(beat, HERE_MS)
    return () => {
      clearInterval(timer)
      channel.postMessage({ type: 'gone', id: this.id } satisfies Message)
      channel.close()
      this.channel = null
    }
  }

  /** Tells the others what is chosen here. Call it in an effect. */
  tell() {
    const choice = choiceOf(view.now)
    if (this.told && same(choice, this.told)) return
    const first = this.told === null
    this.told = choice
    // A window that opens takes its choice from its address and disturbs nobody.
    if (!first) this.channel?.postMessage({ type: 'chosen', choice } satisfies Message)
  }

  private here() {
    this.channel?.postMessage({ type: 'here', id: this.id, queue: this.queue } satisfies Message)
  }

  private take(m: Message, now: number) {
    switch (m.type) {
      case 'here':
        // A window that has just opened is told at once, so that two never sound.
        if (!this.others.has(m.id)) this.here()
        this.others.set(m.id, { queue: m.queue, heard: now })
        this.count()
        break
      case 'gone':
        this.others.delete(m.id)
        this.count()
        break
      case 'chosen':
        this.told = m.choice
        view.go(m.choice)
        break
    }
  }

  private count() {
    this.second = [...this.others.values()].some((o) => o.queue)
    this.speaks = [...this.others.keys()].every((id) => id > this.id)
  }
}

export const windows = new Windows()

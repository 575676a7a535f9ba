// What is known of tracks beyond the stream: the covariance of the chosen one,
// and where those that matter were.

import { untrack } from 'svelte'
import { api, timeOf, type TrackDetail } from '../lib/api'
import type { Live } from '../lib/live.svelte'
import { after, predictions } from '../lib/motion'
import { fromHistory } from '../lib/trail'

const MOST_PAST = 20 // alerted tracks whose history is asked for
const ASK_MS = 5000
const PAST_MS = 3_600_000

export class Known {
  private readonly live: Live
  private belief: TrackDetail | null = $state.raw(null)
  private readonly remembered: number[]
  private asked = new Set<number>()

  /** For a component's script: it asks until the component goes. */
  constructor(live: Live) {
    this.live = live
    this.remembered = $derived([live.selected, ...live.group, ...live.alerts.slice(0, MOST_PAST).map((a) => a.finding.track)].filter(Boolean))
    $effect(() => this.ask())
    $effect(() => {
      void [live.replay?.epoch, live.mode]
      this.asked = new Set()
    })
    $effect(() => this.past())
  }

  private ask() {
    const { live } = this
    const id = live.selected
    this.belief = null
    if (!id || live.mode === 'replay') return
    let stopped = false
    const ask = () => void api.track(id).then((d) => {
      if (!stopped) this.belief = d
    }, () => undefined) // the circle of the stream stays
    ask()
    const timer = setInterval(ask, ASK_MS)
    return () => {
      stopped = true
      clearInterval(timer)
    }
  }

  private past() {
    const { live, asked } = this
    const replay = live.mode === 'replay'
    void live.replay?.epoch
    for (const id of this.remembered) {
      if (asked.has(id)) continue
      asked.add(id)
      const to = untrack(() => live.pictureNow())
      void api.past(id, new Date(to - PAST_MS), replay ? new Date(to) : undefined)
        .then(({ points }) => live.trail(id, fromHistory(points)), () => asked.delete(id))
    }
    if (asked.size > 500) this.asked = new Set(this.remembered)
  }

  /** The error of the chosen track now, and where it is going. */
  marks(ahead: boolean) {
    const { live } = this
    const b = this.belief?.track
    if (!b || b.id !== live.selected) return { ellipse: null, ahead: [] }
    const age = (live.pictureNow() - (timeOf(b.state.time) ?? 0)) / 1000
    return { ellipse: after(b, Math.max(0, Math.min(age, 600))), ahead: ahead ? predictions(b) : [] }
  }
}

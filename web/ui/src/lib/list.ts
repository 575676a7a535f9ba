// The track table: which tracks, in which order. It runs in the worker; the
// screen asks for the rows that it shows.

import { fold, title, type Labels, type Picture, type TrackRow } from './picture'
import { NO_COURSE, NO_HEIGHT, NO_SPEED } from './wire'

/** What the table can be sorted by. Each column but the symbol's has one. */
export const sorts = ['attention', 'name', 'number', 'kind', 'speed', 'course', 'height', 'error', 'age', 'sure', 'sensors'] as const
export type SortBy = (typeof sorts)[number]

export interface Sort {
  by: SortBy
  /** The other way round. The usual way puts first what is looked for first: the urgent, the newest, the fastest, the surest. */
  down: boolean
}

export interface ListQuery {
  sort: Sort
  text: string
  /** Domains to show, by number; none: all. */
  domains: number[]
  onlyAttention: boolean
  /** Rows keep their places, so that what one points at does not move away. */
  hold: boolean
  from: number
  count: number
}

export interface ListPage {
  total: number // that match
  all: number // in the picture then
  from: number
  rows: TrackRow[]
  /** Position of the selected track in the list; -1: not in it. */
  selected: number
}

/** Whether the order of one query serves the other: it only scrolls, or holds. */
export const sameOrder = (a: ListQuery, b: ListQuery): boolean =>
  a.sort.by === b.sort.by && a.sort.down === b.sort.down && a.text === b.text && a.onlyAttention === b.onlyAttention &&
  a.domains.join() === b.domains.join()

/** Keeps the order, so that scrolling does not sort. */
export class TrackList {
  private order = new Float64Array(0) // ids
  private all = 0
  private ordered: ListQuery | null = null
  private readonly names = new WeakMap<Labels, string>()

  /** Sorts again. Of equal tracks the older one comes first; those without a value last, either way. */
  refresh(p: Picture, q: ListQuery) {
    if (q.hold && this.ordered && sameOrder(q, this.ordered)) return
    const c = p.columns
    const words = fold(q.text).split(/\s+/).filter(Boolean)
    const order = new Uint32Array(p.size)
    let n = 0
    for (let s = 0; s < p.size; s++) {
      if (q.onlyAttention && !c.priority[s] && !c.distress[s]) continue
      if (q.domains.length && !q.domains.includes(c.domain[s]!)) continue
      if (words.length && !p.matches(s, words)) continue
      order[n++] = s
    }
    const ids = c.id
    const chosen = order.subarray(0, n)
    const way = q.sort.down ? -1 : 1
    if (q.sort.by === 'name') {
      const names = p.labels.map((l, s) => this.name(ids[s]!, l))
      chosen.sort((a, b) => (names[a]! < names[b]! ? -way : names[a]! > names[b]! ? way : ids[a]! - ids[b]!))
    } else {
      const key = keyOf(p, q.sort.by)
      const keys = new Float64Array(p.size)
      for (let i = 0; i < n; i++) {
        const k = key(chosen[i]!)
        keys[chosen[i]!] = Number.isNaN(k) ? Infinity : k * way
      }
      chosen.sort((a, b) => keys[a]! - keys[b]! || ids[a]! - ids[b]!)
    }
    this.all = p.size
    this.order = Float64Array.from(chosen, (s) => ids[s]!)
    this.ordered = q
  }

  page(p: Picture, q: ListQuery, selected: number): ListPage {
    const total = this.order.length
    const from = Math.max(0, Math.min(q.from, total - 1))
    const rows: TrackRow[] = []
    for (const id of this.order.subarray(from, from + q.count)) {
      const s = p.slot(id)
      if (s >= 0) rows.push(p.row(s)) // else gone since it was sorted
    }
    return { total, all: this.all, from, rows, selected: selected ? this.order.indexOf(selected) : -1 }
  }

  /** Folding 50,000 names every second would cost more than sorting them. */
  private name(id: number, labels: Labels): string {
    let name = this.names.get(labels)
    if (name === undefined) this.names.set(labels, (name = fold(title(id, labels))))
    return name
  }
}

/** The tracks that a few words find, the urgent first. */
export function find(p: Picture, text: string, count: number): TrackRow[] {
  const q: ListQuery = { sort: { by: 'attention', down: false }, text, domains: [], onlyAttention: false, hold: false, from: 0, count }
  const list = new TrackList()
  list.refresh(p, q)
  return list.page(p, q, 0).rows
}

/** Sort keys by slot, the least first; NaN: no value. */
function keyOf(p: Picture, by: Exclude<SortBy, 'name'>): (s: number) => number {
  const c = p.columns
  switch (by) {
    case 'attention':
      return (s) => -((c.distress[s] ? 8 : 0) + 2 * c.priority[s]! + (c.flags[s]! & 1))
    case 'number':
      return (s) => c.id[s]!
    case 'kind':
      return (s) => 100 * c.domain[s]! + c.kind[s]!
    case 'speed':
      return (s) => (c.speed[s] === NO_SPEED ? NaN : -c.speed[s]!)
    case 'course':
      return (s) => (c.course[s] === NO_COURSE ? NaN : c.course[s]!)
    case 'height':
      return (s) => (c.height[s] === NO_HEIGHT ? NaN : -c.height[s]!)
    case 'error':
      return (s) => c.sd[s]!
    case 'age':
      return (s) => -c.seen[s]!
    case 'sure':
      return (s) => -c.existence[s]!
    case 'sensors':
      return (s) => -c.sensors[s]!
  }
}

// The track list: which tracks, in which order. It runs in the worker; the
// screen asks for the rows that it shows.

import { fold, title, type Picture, type TrackRow } from './picture'

export type Sort = 'attention' | 'name' | 'age'

export interface ListQuery {
  sort: Sort
  text: string
  /** Domains to show, by number; none: all. */
  domains: number[]
  onlyAttention: boolean
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

/** Keeps the order, so that scrolling does not sort. */
export class TrackList {
  private order = new Float64Array(0) // ids
  private all = 0

  /** Sorts again. Of equal tracks the older one comes first. */
  refresh(p: Picture, q: ListQuery) {
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
    if (q.sort === 'age') {
      const seen = c.seen
      chosen.sort((a, b) => seen[b]! - seen[a]! || ids[a]! - ids[b]!)
    } else if (q.sort === 'name') {
      const names = p.labels.map((l, s) => fold(title(ids[s]!, l)))
      chosen.sort((a, b) => (names[a]! < names[b]! ? -1 : names[a]! > names[b]! ? 1 : ids[a]! - ids[b]!))
    } else {
      const rank = (s: number) => (c.distress[s] ? 8 : 0) + 2 * c.priority[s]! + (c.flags[s]! & 1)
      const ranks = new Uint8Array(p.size)
      for (let i = 0; i < n; i++) ranks[chosen[i]!] = rank(chosen[i]!)
      chosen.sort((a, b) => ranks[b]! - ranks[a]! || ids[a]! - ids[b]!)
    }
    this.all = p.size
    this.order = Float64Array.from(chosen, (s) => ids[s]!)
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
}

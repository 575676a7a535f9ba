import { describe, expect, it } from 'vitest'
import { frame } from './frames.testing'
import { TrackList, type ListQuery } from './list'
import { Picture } from './picture'

const p = new Picture()
p.apply(frame({
  snapshot: true,
  motion: [
    { id: 1, age: 5000 }, { id: 2, age: 1000, priority: 2 }, { id: 3, age: 3000, domain: 3 },
    { id: 4, age: 4000, distress: 1 }, { id: 5, age: 2000, priority: 3 },
  ],
  labels: [{ id: 1, values: { name: 'Ñusta' } }, { id: 3, values: { callsign: 'BOV702', icao: 'e94c01' } }, { id: 5, values: { name: 'Inti' } }],
}))

const ask = (q: Partial<ListQuery>, selected = 0) => {
  const query: ListQuery = { sort: 'attention', text: '', domains: [], onlyAttention: false, from: 0, count: 10, ...q }
  const list = new TrackList()
  list.refresh(p, query)
  const page = list.page(p, query, selected)
  return { ...page, ids: page.rows.map((r) => r.id) }
}

describe('the list', () => {
  it('sorts by attention: distress, then priority, then number', () => expect(ask({}).ids).toEqual([4, 5, 2, 1, 3]))
  it('sorts by name, as people read it', () => expect(ask({ sort: 'name' }).ids).toEqual([3, 5, 1, 2, 4]))
  it('sorts by age', () => expect(ask({ sort: 'age' }).ids).toEqual([2, 5, 3, 4, 1]))
  it('filters by text over all labels, without accents', () => {
    expect(ask({ text: 'nus' }).ids).toEqual([1])
    expect(ask({ text: 'E94C bov' }).ids).toEqual([3])
    expect(ask({ text: 't4' }).ids).toEqual([4])
  })
  it('filters by domain and attention', () => {
    expect(ask({ domains: [3] }).ids).toEqual([3])
    expect(ask({ onlyAttention: true }).ids).toEqual([4, 5, 2])
  })
  it('gives a window, and where the selected track is', () => {
    const page = ask({ from: 1, count: 2 }, 1)
    expect(page.ids).toEqual([5, 2])
    expect(page).toMatchObject({ total: 5, all: 5, from: 1, selected: 3 })
  })
  it('leaves out what is gone since it was sorted', () => {
    const query: ListQuery = { sort: 'age', text: '', domains: [], onlyAttention: false, from: 0, count: 10 }
    const q = new Picture()
    q.apply(frame({ snapshot: true, motion: [{ id: 1 }, { id: 2 }] }))
    const list = new TrackList()
    list.refresh(q, query)
    q.apply(frame({ base: 1, sequence: 2, gone: [{ id: 1, reason: 1, into: 0 }] }))
    expect(list.page(q, query, 0).rows.map((r) => r.id)).toEqual([2])
  })
})

import { describe, expect, it } from 'vitest'
import { frame } from './frames.testing'
import { find, TrackList, type ListQuery, type SortBy } from './list'
import { Picture } from './picture'

const p = new Picture()
p.apply(frame({
  snapshot: true,
  motion: [
    { id: 1, age: 5000 }, { id: 2, age: 1000, priority: 2 }, { id: 3, age: 3000, domain: 3, speed: 90, course: 200 },
    { id: 4, age: 4000, distress: 1 }, { id: 5, age: 2000, priority: 3, course: 10 },
  ],
  labels: [{ id: 1, values: { name: 'Ñusta' } }, { id: 3, values: { callsign: 'BOV702', icao: 'e94c01' } }, { id: 5, values: { name: 'Inti' } }],
}))

const usual: ListQuery = { sort: { by: 'attention', down: false }, text: '', domains: [], onlyAttention: false, hold: false, from: 0, count: 10 }
const by = (column: SortBy, down = false) => ask({ sort: { by: column, down } }).ids

const ask = (q: Partial<ListQuery>, selected = 0) => {
  const query: ListQuery = { ...usual, ...q }
  const list = new TrackList()
  list.refresh(p, query)
  const page = list.page(p, query, selected)
  return { ...page, ids: page.rows.map((r) => r.id) }
}

describe('the list', () => {
  it('sorts by attention: distress, then priority, then number', () => expect(ask({}).ids).toEqual([4, 5, 2, 1, 3]))
  it('sorts by name, as people read it', () => expect(by('name')).toEqual([3, 5, 1, 2, 4]))
  it('sorts by age', () => expect(by('age')).toEqual([2, 5, 3, 4, 1]))
  it('sorts by every column both ways, what has no value last', () => {
    expect(by('name', true)).toEqual([4, 2, 1, 5, 3])
    expect(by('number', true)).toEqual([5, 4, 3, 2, 1])
    expect(by('kind')).toEqual([1, 2, 4, 5, 3])
    expect(by('speed')).toEqual([3, 1, 2, 4, 5]) // 1, 2, 4 and 5 stand still
    expect(by('course')).toEqual([5, 3, 1, 2, 4])
    expect(by('course', true)).toEqual([3, 5, 1, 2, 4])
    expect(by('age', true)).toEqual([1, 4, 3, 5, 2])
    expect(by('height')).toEqual([1, 2, 3, 4, 5])
  })
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
    const query: ListQuery = { ...usual, sort: { by: 'age', down: false } }
    const q = new Picture()
    q.apply(frame({ snapshot: true, motion: [{ id: 1 }, { id: 2 }] }))
    const list = new TrackList()
    list.refresh(q, query)
    q.apply(frame({ base: 1, sequence: 2, gone: [{ id: 1, reason: 1, into: 0 }] }))
    expect(list.page(q, query, 0).rows.map((r) => r.id)).toEqual([2])
  })
  it('holds still while it is asked to, but not against another order', () => {
    const q = new Picture()
    q.apply(frame({ snapshot: true, motion: [{ id: 1, age: 1 }, { id: 2, age: 2 }] }))
    const list = new TrackList()
    const held: ListQuery = { ...usual, sort: { by: 'age', down: false }, hold: true }
    const ids = (query: ListQuery) => {
      list.refresh(q, query)
      return list.page(q, query, 0).rows.map((r) => r.id)
    }
    expect(ids(held)).toEqual([1, 2])
    q.apply(frame({ base: 1, sequence: 2, clock: 1_001_000, motion: [{ id: 2 }, { id: 3 }] }))
    expect(ids(held)).toEqual([1, 2])
    expect(ids({ ...held, sort: { by: 'number', down: true } })).toEqual([3, 2, 1])
    expect(ids({ ...held, hold: false })).toEqual([2, 3, 1])
  })
  it('finds a few by words', () => expect(find(p, 'bov702', 5).map((r) => r.id)).toEqual([3]))
})

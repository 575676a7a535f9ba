import { describe, expect, it } from 'vitest'
import { frame } from './frames.testing'
import { fold, Picture, title } from './picture'

const ids = (p: Picture) => Array.from(p.columns.id.subarray(0, p.size)).sort((a, b) => a - b)

describe('the stream', () => {
  it('takes deltas that follow, and finds gaps', () => {
    const p = new Picture()
    expect(p.apply(frame({ base: 0, sequence: 1 }))).toBe('gap') // nothing to build on
    expect(p.apply(frame({ snapshot: true, sequence: 5, motion: [{ id: 1 }, { id: 2 }] }))).toBe('ok')
    expect(p.apply(frame({ base: 5, sequence: 6, motion: [{ id: 3 }] }))).toBe('ok')
    expect(p.apply(frame({ base: 7, sequence: 8, motion: [{ id: 4 }] }))).toBe('gap')
    expect(ids(p)).toEqual([1, 2, 3]) // the old picture stays
    expect(p.apply({ ...frame({ base: 6, sequence: 7 }), epoch: 10 })).toBe('gap')
    expect(p.apply(frame({ snapshot: true, sequence: 20, motion: [{ id: 4 }] }))).toBe('ok')
    expect(ids(p)).toEqual([4])
  })

  it('removes what is gone and keeps the others whole', () => {
    const p = new Picture()
    p.apply(frame({
      snapshot: true, motion: [{ id: 1, lat: 1 }, { id: 2, lat: 2 }, { id: 3, lat: 3 }],
      labels: [{ id: 3, values: { name: 'TRES' } }],
    }))
    p.apply(frame({ base: 1, sequence: 2, gone: [{ id: 1, reason: 1, into: 0 }, { id: 9, reason: 3, into: 0 }] }))
    expect(ids(p)).toEqual([2, 3])
    expect(p.slot(1)).toBe(-1)
    expect(p.row(p.slot(3))).toMatchObject({ id: 3, lat: 3, labels: { name: 'TRES' } })
    expect(p.row(p.slot(2))).toMatchObject({ id: 2, lat: 2, labels: {} })
  })

  it('remembers where a merged track went', () => {
    const p = new Picture()
    p.apply(frame({ snapshot: true, motion: [{ id: 1 }, { id: 2 }] }))
    p.apply(frame({ base: 1, sequence: 2, gone: [{ id: 2, reason: 2, into: 1 }] }))
    expect(p.merged.get(2)).toBe(1)
  })

  it('changes and removes labels', () => {
    const p = new Picture()
    p.apply(frame({ snapshot: true, motion: [{ id: 1 }], labels: [{ id: 1, values: { name: 'Ñusta', mmsi: '7200' } }] }))
    p.apply(frame({ base: 1, sequence: 2, labels: [{ id: 1, values: { name: '', callsign: 'CP1' } }] }))
    expect(p.labels[0]).toEqual({ mmsi: '7200', callsign: 'CP1' })
    expect(p.matches(0, ['cp1', '7200'])).toBe(true)
    expect(p.matches(0, ['nusta'])).toBe(false)
  })

  it('grows', () => {
    const p = new Picture()
    const many = Array.from({ length: 5000 }, (_, i) => ({ id: i + 1, lat: i / 1000 }))
    p.apply(frame({ snapshot: true, motion: many }))
    expect(p.size).toBe(5000)
    expect(p.row(p.slot(4000)).lat).toBeCloseTo(3.999, 6)
  })
})

describe('times', () => {
  it('the last observation was before what is only predicted', () => {
    const p = new Picture()
    p.apply(frame({ snapshot: true, clock: 1_000_000, motion: [{ id: 1, age: 2000, coast: 3, stale: 60 }] }))
    expect(p.row(0)).toMatchObject({ time: 998_000, seen: 995_000 })
    expect(p.staleAt(0)).toBe(1_055_000)
  })
})

describe('names', () => {
  it('a track is called by its best label', () => {
    expect(title(7, {})).toBe('T7')
    expect(title(7, { icao: 'e94c01' })).toBe('E94C01')
    expect(title(7, { icao: 'e94c01', callsign: 'BOV1', name: 'INTI' })).toBe('INTI')
  })
  it('are found without accents', () => expect(fold('Ñusta Él')).toBe('nusta el'))
})

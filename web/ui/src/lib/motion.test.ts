import { describe, expect, it } from 'vitest'
import type { Track } from './api'
import { latOf, lonOf } from './mercator'
import { after, axes, predictions } from './motion'

const track = (east: number, north: number, cov: number[][], domain: Track['domain'] = 'water'): Track => ({
  id: 1, revision: 0, status: 'confirmed', domain, kind: 'vessel',
  state: { time: '2026-01-01T00:00:00Z', position: { lat: -16, lon: -69 }, height: { metres: 0, datum: 'none' }, east_mps: east, north_mps: north, climb_mps: 0, cov },
  existence: 1, sensors: [], proven: true, on_ground: false, born: '', updated: '', last_seq: 1,
})
const diagonal = (...d: number[]) => d.map((v, i) => d.map((_, j) => (i === j ? v : 0)))

describe('the ellipse', () => {
  it.each([
    [100, 25, 0, 20, 10, 90], // longer to the east
    [25, 100, 0, 20, 10, 0],
    [62.5, 62.5, 37.5, 20, 10, 45], // to the north-east
    [62.5, 62.5, -37.5, 20, 10, 135],
    [25, 25, 0, 10, 10, 90],
  ])('of %d %d %d', (ee, nn, en, long, short, turn) => {
    const e = axes(ee, nn, en)
    expect(e.long).toBeCloseTo(long, 6)
    expect(e.short).toBeCloseTo(short, 6)
    if (long !== short) expect(e.turn).toBeCloseTo(turn, 6)
  })
})

describe('the prediction', () => {
  it('goes on straight and grows as the tracker says', () => {
    const t = track(5, 0, diagonal(100, 100, 0.25, 0.25))
    const p = after(t, 60)!
    expect(latOf(p.y)).toBeCloseTo(-16, 6)
    expect((lonOf(p.x) + 69) * 111_320 * Math.cos((16 * Math.PI) / 180)).toBeCloseTo(300, -1)
    // 100 + 60² · 0.25 + 0.1 · 60³ / 3
    expect(p.long).toBeCloseTo(2 * Math.sqrt(100 + 900 + 7200), 6)
  })
  it('takes what position and velocity have in common in', () => {
    const cov = diagonal(100, 100, 1, 1)
    cov[0]![2] = cov[2]![0] = 8
    const p = after(track(5, 0, cov), 10)!
    expect(p.long).toBeCloseTo(2 * Math.sqrt(100 + 2 * 10 * 8 + 100 + (0.1 * 1000) / 3), 6)
    expect(p.turn).toBeCloseTo(90, 6)
  })
  it('is none without a covariance, or for what stands still', () => {
    expect(after(track(5, 0, []), 10)).toBeNull()
    expect(predictions(track(0, 0.1, diagonal(1, 1, 1, 1)))).toEqual([])
    expect(predictions(track(5, 5, diagonal(1, 1, 1, 1))).map((p) => p.after)).toEqual([120, 300, 600])
  })
})

import { describe, expect, it } from 'vitest'
import { along, direct, inverse, ring } from './geodesic'
import { ask, has, random } from './peer.testing'

const there = has('GeodSolve')

describe.skipIf(!there)('beside GeodSolve', () => {
  const r = random(4)
  const pairs = Array.from({ length: 2000 }, (_, i) => {
    const lat = 178 * r() - 89
    const lon = 360 * r() - 180
    const near = i % 2 ? 2 : 90 // near pairs, as people measure, and far ones
    return [lat, lon, Math.max(-89, Math.min(89, lat + near * (r() - 0.5))), lon + 2 * near * (r() - 0.5)].map((v) => Number(v.toFixed(8)))
  })

  it('distance to a millimetre, bearing to a millionth of a degree', () => {
    const theirs = ask('GeodSolve', ['-i', '-p', '6'], pairs.map((p) => p.join(' ')))
    pairs.forEach(([lat, lon, lat2, lon2], i) => {
      const [azimuth, , metres] = theirs[i]!.split(' ').map(Number) as [number, number, number]
      const ours = inverse({ lat: lat!, lon: lon! }, { lat: lat2!, lon: lon2! })
      expect(Math.abs(ours.metres - metres), pairs[i]!.join(' ')).toBeLessThan(1e-3)
      const off = ((ours.bearing - azimuth + 540) % 360) - 180
      if (metres > 100) expect(Math.abs(off), pairs[i]!.join(' ')).toBeLessThan(1e-6)
    })
  })

  it('comes to the same place', () => {
    const asked = pairs.map(([lat, lon]) => [lat!, lon!, 360 * r(), 5_000_000 * r()].map((v) => Number(v.toFixed(7))))
    const theirs = ask('GeodSolve', ['-p', '6'], asked.map((p) => p.join(' ')))
    asked.forEach(([lat, lon, bearing, metres], i) => {
      const [lat2, lon2] = theirs[i]!.split(' ').map(Number) as [number, number]
      const ours = direct({ lat: lat!, lon: lon! }, bearing!, metres!)
      expect(inverse(ours, { lat: lat2, lon: lon2 }).metres, asked[i]!.join(' ')).toBeLessThan(2e-3)
    })
  })
})

describe('odd pairs', () => {
  const at = (lat: number, lon: number) => ({ lat, lon })
  it('the same place', () => expect(inverse(at(-16, -69), at(-16, -69))).toEqual({ metres: 0, bearing: 0 }))
  it('across 180 degrees', () => expect(inverse(at(0, 179.9), at(0, -179.9)).metres).toBeCloseTo(22_263.9, 0))
  it('along the equator', () => expect(inverse(at(0, 0), at(0, 1))).toEqual({ metres: expect.closeTo(111_319.491, 2), bearing: 90 }))
  it('pole to pole', () => expect(inverse(at(90, 0), at(-90, 0)).metres).toBeCloseTo(20_003_931.46, 0))
  it('almost opposite places have an answer', () => {
    const leg = inverse(at(0, 0), at(0.3, 179.8))
    expect(leg.metres).toBeGreaterThan(19_900_000)
    expect(leg.metres).toBeLessThan(20_100_000)
  })
})

it('a line has its ends, and rings close', () => {
  const [a, b] = [{ lat: -16, lon: -69 }, { lat: -10, lon: -60 }]
  const line = along(a, b)
  expect(line[0]).toBe(a)
  expect(line.at(-1)).toBe(b)
  expect(line.length).toBeGreaterThan(20)
  const r = ring(a, 5000)
  expect(r[0]).toEqual(r.at(-1))
  for (const p of r) expect(inverse(a, p).metres).toBeCloseTo(5000, 3)
})

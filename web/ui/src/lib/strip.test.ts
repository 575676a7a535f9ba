import { describe, expect, it } from 'vitest'
import type { Area } from './api'
import { stretchOf } from './strip'

const border = (coordinates: number[][]): Area => ({
  type: 'Feature', id: 'b', geometry: { type: 'LineString', coordinates },
  properties: { name: 'b', kind: 'border', buffer_m: 0, source: '', accuracy_m: 1000, demonstration: true, version: 1 },
})
const box: [number, number, number, number] = [-70, -17, -68, -15]

describe('the stretch of a border', () => {
  it('is the longest part that the map shows', () => {
    const s = stretchOf(border([[-69, -14], [-69, -15.5], [-69, -15.6], [-67, -15.7], [-69, -16], [-69, -16.5], [-69, -18]]), box)
    expect(s?.line).toEqual([{ lat: -16, lon: -69 }, { lat: -16.5, lon: -69 }])
    expect(s!.metres / 1000).toBeCloseTo(55.3, 1)
  })
  it('is none where the border is elsewhere, or only touches', () => {
    expect(stretchOf(border([[0, 0], [1, 1]]), box)).toBeNull()
    expect(stretchOf(border([[-69, -14], [-69, -16], [-69, -18]]), box)).toBeNull()
  })
  it('has no more points than the server takes, and keeps its ends', () => {
    const many = Array.from({ length: 9001 }, (_, i) => [-69, -15 - i / 9000])
    const s = stretchOf(border(many), box)!
    expect(s.line.length).toBeLessThanOrEqual(2000)
    expect(s.line[0]).toEqual({ lat: -15, lon: -69 })
    expect(s.line.at(-1)).toEqual({ lat: -16, lon: -69 })
  })
})

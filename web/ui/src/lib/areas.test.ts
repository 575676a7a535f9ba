import { describe, expect, it } from 'vitest'
import type { Area } from './api'
import { boundsOf, differences, geometryOf, length, pointsOf, readChoice, ribbon, standing, surface, told } from './areas'
import { direct, inverse } from './geodesic'
import { holds, hour, minutes } from './schedule'

const T = Date.UTC(2026, 10, 22, 12)
const iso = (ms: number) => new Date(ms).toISOString()
const square = [{ lat: -16, lon: -69 }, { lat: -16, lon: -68.9 }, { lat: -15.9, lon: -68.9 }, { lat: -15.9, lon: -69 }]
const area = (more: Partial<Area['properties']> = {}, points = square): Area => ({
  type: 'Feature', id: 'z', geometry: geometryOf('polygon', points),
  properties: { name: 'Z', kind: 'watched', buffer_m: 0, source: '', accuracy_m: 0, demonstration: false, version: 1, ...more },
})

describe('a version', () => {
  it.each([
    ['in-force', {}],
    ['in-force', { from: iso(T) }],
    ['planned', { from: iso(T + 1) }],
    ['in-force', { until: iso(T + 1) }],
    ['ended', { until: iso(T) }],
    ['ended', { from: iso(T), until: iso(T) }],
  ] as const)('is %s: %o', (want, p) => expect(standing(area(p), T)).toBe(want))
  it('is told for whole minutes, but at once when it is the last change', () => {
    const now = T + 90_000
    expect(told(now, [])).toBe(T + 60_000)
    expect(told(now, [area({ known: iso(T) }), area()])).toBe(T + 60_000)
    const ended = area({ from: iso(T + 80_000), until: iso(T + 80_000), known: iso(T + 80_000) })
    expect(standing(ended, told(now, [ended]))).toBe('ended')
    const fresh = area({ from: iso(T + 80_000), known: iso(T + 80_000) })
    expect(standing(fresh, told(now, [fresh, area()]))).toBe('in-force')
  })
  it('tells what it changed', () => {
    expect(differences(area(), area({ version: 2, from: iso(T), reason: 'x' }))).toEqual([])
    expect(differences(area(), area({ name: 'Y', owner: 'Armada', schedule: { utc_offset_min: -240, windows: [{ from_min: 0, to_min: 60 }] } }))).toEqual(['name', 'schedule', 'owner'])
    expect(differences(area({ schedule: { utc_offset_min: -240 } }), area({ until: iso(T) }, square.slice(0, 3)))).toEqual(['shape', 'until'])
    expect(differences(area({ dated: '0001-01-01T00:00:00Z' }), area())).toEqual([])
  })
})

describe('an address', () => {
  it.each([
    ['', { what: 'list' }], ['z-1', { what: 'see', id: 'z-1' }], ['edit:z-1', { what: 'edit', id: 'z-1' }], ['edit:', { what: 'list' }],
    ['new:border', { what: 'new', kind: 'border' }], ['new:moat', { what: 'new', kind: 'watched' }], ['import:', { what: 'import' }], ['fly:z', { what: 'list' }],
  ] as const)('%s', (text, want) => expect(readChoice(text)).toEqual(want))
})

describe('a shape', () => {
  it('reads back, a ring closed and open again', () => {
    for (const [shape, points] of [['polygon', square], ['line', square], ['point', square.slice(0, 1)]] as const) expect(pointsOf(geometryOf(shape, points)).points).toEqual(points)
    const hole = [{ lat: -15.95, lon: -68.95 }, { lat: -15.95, lon: -68.94 }, { lat: -15.94, lon: -68.94 }]
    expect(pointsOf(geometryOf('polygon', square, [hole]))).toEqual({ points: square, holes: [hole] })
  })
  it('has its size', () => {
    const side = (a: number, b: number) => inverse(square[a]!, square[b]!).metres
    expect(surface(square) / (side(1, 2) * ((side(0, 1) + side(2, 3)) / 2))).toBeCloseTo(1, 2)
    expect(surface(square.toReversed())).toBeCloseTo(surface(square), 3)
    expect(length(square.slice(0, 3))).toBeCloseTo(side(0, 1) + side(1, 2), 6)
    expect(boundsOf(square)).toEqual([-69, -16, -68.9, -15.9])
    expect(boundsOf([])).toBeNull()
  })
  it('of a lane reaches as far as its margin to both sides', () => {
    const from = { lat: -16.2, lon: -68.86 }
    const outline = ribbon([from, direct(from, 90, 2000)], 500)
    expect(outline.map((p) => Math.round(inverse(from, p).metres))).toEqual([500, 2062, 2062, 500])
  })
})

describe('a schedule', () => {
  const s = (days: number[], from_min: number, to_min: number) => ({ utc_offset_min: -240, windows: [{ days, from_min, to_min }] })
  // T is Sunday, 08:00 in Bolivia.
  it.each([
    [undefined, true], [{ utc_offset_min: 0 }, true],
    [s([], 480, 481), true], [s([], 479, 480), false], [s([0], 0, 1440), true], [s([1], 0, 1440), false],
    [s([6], 1320, 481), true], [s([0], 1320, 481), false], [s([6], 1320, 480), false],
  ])('%o: %s', (schedule, want) => expect(holds(schedule, T)).toBe(want))
  it('reads and writes hours', () => {
    for (const m of [0, 390, 1439, 1440]) expect(minutes(hour(m))).toBe(m)
    for (const bad of ['', '24:01', '6', '06:60', '6h30']) expect(minutes(bad), bad).toBeNull()
  })
})

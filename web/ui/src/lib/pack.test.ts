import { describe, expect, it } from 'vitest'
import { Places, wrapped } from './extrapolate'
import { frame, type TestTrack } from './frames.testing'
import { fixedX, fixedY, latOf, lonOf, metresPerPixel, pixelsPerUnit } from './mercator'
import { CORNERS } from './symbol'
import { CROWD, pack, SPREAD, STRIDE, type Box, type PackOptions } from './pack'
import { Picture } from './picture'

const CLOCK = 1_000_000
const palette = new Uint8Array(27)

function packed(tracks: TestTrack[], o: Partial<PackOptions> = {}) {
  const p = new Picture()
  p.apply(frame({ snapshot: true, clock: CLOCK, motion: tracks }))
  return new Places(pack(p, { selected: 0, view: null, scale: 1e-4, maxLabels: 10, palette, ...o }))
}

/** Metres between two places of the map, by their latitudes and longitudes. */
function metres(places: Places, i: number, now: number, lat: number, lon: number): number {
  const at = places.at(i, now)
  const north = (latOf(at.y) - lat) * 111_195
  const east = (lonOf(at.x) - lon) * 111_195 * Math.cos((lat * Math.PI) / 180)
  return Math.hypot(north, east)
}

describe('mercator', () => {
  it('comes back to a centimetre', () => {
    for (const lat of [-80, -16.2, 0, 45, 80]) for (const lon of [-179.9, -69, 0, 179.9]) {
      expect(latOf(fixedY(lat))).toBeCloseTo(lat, 6)
      expect(lonOf(fixedX(lon))).toBeCloseTo(lon, 6)
    }
  })
  it('wraps at 180 degrees', () => {
    expect(fixedX(180)).toBe(fixedX(-180))
    expect(wrapped(fixedX(-179.9) - fixedX(179.9))).toBeCloseTo(fixedX(0.2), -1)
  })
  it('knows the scale of the map', () => {
    expect(metresPerPixel(0, 0)).toBeCloseTo(78_271.5, 0)
    expect(pixelsPerUnit(0) * 4294967296).toBe(512)
  })
})

describe('extrapolation', () => {
  const boat = { id: 1, lat: -16, lon: -69, speed: 10, course: 90, age: 1000, stale: 60 }

  it('goes on by speed and course from the time of the position', () => {
    const places = packed([boat])
    expect(metres(places, 0, CLOCK - 1000 + 1000, -16, -69)).toBeCloseTo(10, 0)
    expect(metres(places, 0, CLOCK + 9000, -16, -69)).toBeCloseTo(100, 0)
    expect(lonOf(places.at(0, CLOCK + 9000).x)).toBeGreaterThan(-69)
    expect(latOf(places.at(0, CLOCK + 9000).y)).toBeCloseTo(-16, 6)
  })

  it('goes north on course 0', () => {
    const places = packed([{ ...boat, course: 0 }])
    expect(latOf(places.at(0, CLOCK + 9000).y)).toBeCloseTo(-16 + 100 / 111_195, 5)
  })

  it('stands still from its stale limit on, counted from the last observation', () => {
    const places = packed([{ ...boat, coast: 20 }]) // seen at -21 s, stale at +39 s
    expect(places.at(0, CLOCK + 38_000).stale).toBe(false)
    expect(places.at(0, CLOCK + 40_000).stale).toBe(true)
    expect(metres(places, 0, CLOCK + 3_600_000, -16, -69)).toBeCloseTo(400, -1)
  })

  it('of a track that was stale long ago is where it was', () => {
    const places = packed([{ ...boat, age: 500_000 }])
    expect(metres(places, 0, CLOCK, -16, -69)).toBeCloseTo(600, -1) // its 60 s
    expect(metres(places, 0, CLOCK + 60_000, -16, -69)).toBeCloseTo(600, -1)
  })

  it('does not move what has no course', () => {
    const { course: _, ...still } = boat
    expect(metres(packed([still]), 0, CLOCK + 30_000, -16, -69)).toBeLessThan(0.1)
  })

  it('crosses 180 degrees', () => {
    const places = packed([{ id: 1, lat: 0, lon: 179.9999, speed: 100, course: 90, stale: 60 }])
    const at = places.at(0, CLOCK + 10_000)
    expect(wrapped(at.x - fixedX(-179.9999)) * (40_075_017 / 4294967296)).toBeCloseTo(1000 - 22, -1)
  })

  it('never goes back before its position', () => {
    expect(metres(packed([boat]), 0, CLOCK - 60_000, -16, -69)).toBeLessThan(11)
  })
})

describe('packing', () => {
  it('draws what asks for attention last, and labels it', () => {
    const places = packed([{ id: 1, priority: 3 }, { id: 2 }, { id: 3, distress: 1 }, { id: 4 }, { id: 5 }], { selected: 4 })
    const p = places.packed
    expect(p.urgent).toBe(2)
    expect(Array.from(p.id.subarray(0, 2))).toEqual([2, 5])
    expect(new Set(p.id.subarray(2))).toEqual(new Set([1, 3, 4]))
    expect(p.labels.slice(0, 3).map((l) => p.id[l.index])).toEqual([4, 1, 3])
  })

  it('labels all that is in view, or only what matters', () => {
    const view: Box = { west: fixedX(-1), east: fixedX(1), north: fixedY(1), south: fixedY(-1) }
    const tracks = Array.from({ length: 12 }, (_, i) => ({ id: i + 1, lat: i < 9 ? 0 : 50, priority: i === 11 ? 1 : 0 }))
    expect(packed(tracks, { view, maxLabels: 10 }).packed.labels).toHaveLength(10)
    expect(packed(tracks, { view, maxLabels: 9 }).packed.labels).toHaveLength(1)
  })

  it('turns symbols into the course', () => {
    const places = packed([{ id: 1, speed: 5, course: 90 }])
    const i8 = new Int8Array(places.packed.vertices)
    const front = 4 * (STRIDE / 4) + 24 // of the second corner
    expect([i8[front], i8[front + 1]]).toEqual([98, 0]) // east
  })

  it('has room for every corner', () => {
    for (const [right, forward] of CORNERS.flat()) expect(Math.hypot(right, forward)).toBeLessThanOrEqual(SPREAD)
  })

  it('of a crowd hides only what is covered, and keeps it to be picked', () => {
    const view: Box = { west: fixedX(-1), east: fixedX(1), north: fixedY(1), south: fixedY(-1) }
    const scale = 1000 / (fixedX(2) - 0)
    const tracks: TestTrack[] = Array.from({ length: CROWD + 1 }, (_, i) => ({ id: i + 1, lat: 0.9 - (i % 70) * 0.026, lon: -0.9 + Math.floor(i / 70) * 0.03 }))
    const apart = packed(tracks, { view, scale })
    expect(apart.packed.drawn).toBe(tracks.length)
    const doubled = packed([...tracks, ...tracks.map((t) => ({ ...t, id: t.id + 10_000 })), { ...tracks[0]!, id: 90_000, domain: 3 }, { ...tracks[1]!, id: 90_001, priority: 2 }], { view, scale })
    const p = doubled.packed
    expect(p.count).toBe(2 * tracks.length + 2)
    expect(p.drawn).toBe(tracks.length + 2) // one of each pair, the aircraft over a boat, the alert
    expect(p.id[p.urgent]).toBe(90_001)
    expect(new Set(p.id).size).toBe(p.count)
  })
})

describe('picking', () => {
  const three = () => packed([
    { id: 1, lat: 0, lon: 0 }, { id: 2, lat: 0, lon: 0.001, priority: 2 }, { id: 3, lat: 1, lon: 1, speed: 100, course: 90 },
  ])
  const reach = fixedX(0.002)
  const under = (p: Places, lat: number, lon: number, now = CLOCK) => {
    const i = p.pick(fixedX(lon), fixedY(lat), reach, now)
    return i < 0 ? 0 : p.packed.id[i]
  }

  it('takes the nearest in reach', () => {
    expect(under(three(), 0, -0.0009)).toBe(1)
    expect(under(three(), 0.003, 0)).toBe(0)
  })
  it('prefers what asks for attention', () => expect(under(three(), 0, 0.0004)).toBe(2))
  it('finds a track where it is now', () => {
    expect(under(three(), 1, 1 + 2 / 111.195, CLOCK + 20_000)).toBe(3)
    expect(under(three(), 1, 1, CLOCK + 20_000)).toBe(0)
  })
  it('works across 180 degrees', () => {
    const p = packed([{ id: 1, lat: 0, lon: 179.9995 }])
    expect(under(p, 0, -179.9995)).toBe(1)
  })
})

import { describe, expect, it } from 'vitest'
import { Places, wrapped } from './extrapolate'
import { frame, type TestTrack } from './frames.testing'
import { fixedX, fixedY, latOf, lonOf, metresPerPixel, pixelsPerUnit } from './mercator'
import { cellOf, CELLS, ofCell, SHAPES, symbolOf } from './symbol'
import { FOREIGN, OWN, TOLD, UNPROVEN } from './wire'
import { DOT_WORDS, TURNS } from './crowd'
import { densityOf } from './density'
import { CROWD, pack, PackMemory, Rank, SQUARE, SPREAD, STRIDE, type Box, type PackOptions } from './pack'
import { Picture } from './picture'

const CLOCK = 1_000_000
const palette = new Uint8Array(27)

function packed(tracks: TestTrack[], o: Partial<PackOptions> = {}) {
  const p = new Picture()
  p.apply(frame({ snapshot: true, clock: CLOCK, motion: tracks }))
  return new Places(pack(p, { selected: 0, view: null, scale: 1e-4, width: 1000, height: 700, maxLabels: 10, palette, ...o }))
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
  const view: Box = { west: fixedX(-1), east: fixedX(1), north: fixedY(1), south: fixedY(-1) }
  const scale = 1000 / fixedX(2)
  const screen = { view, scale, width: 1000, height: 1000 }

  it('draws last, and names first, what asks for attention, is chosen or ours', () => {
    const places = packed([{ id: 1, priority: 3 }, { id: 2 }, { id: 3, distress: 1 }, { id: 4 }, { id: 5 }, { id: 6, flags: OWN }, { id: 7 }],
      { selected: 4, group: new Set([7]), ...screen })
    const p = places.packed
    expect(p.urgent).toBe(2)
    expect(Array.from(p.id.subarray(0, 2))).toEqual([2, 5])
    expect(new Set(p.id.subarray(2))).toEqual(new Set([1, 3, 4, 6, 7]))
    expect(p.labels.slice(0, 5).map((l) => p.id[l.index])).toEqual([1, 3, 4, 7, 6])
    expect(p.labels.map((l) => l.rank)).toEqual([Rank.alert, Rank.alert, Rank.selected, Rank.group, Rank.own, Rank.few, Rank.few].slice(0, p.labels.length))
  })

  it('names few tracks all, many by name or near the pointer only', () => {
    const tracks = (n: number) => Array.from({ length: n }, (_, i) => ({ id: i + 1, lat: 0.9 - 0.018 * i, lon: -0.9 + 0.4 * (i % 4) }))
    expect(packed(tracks(30), { ...screen, maxLabels: 100 }).packed.labels).toHaveLength(30)
    expect(packed(tracks(90), { ...screen, maxLabels: 100 }).packed.labels).toHaveLength(0)
    const near = packed(tracks(90), { ...screen, maxLabels: 100, pointer: { x: 50, y: 50 } }).packed
    expect(near.labels.length).toBeGreaterThan(0)
    expect(near.labels.every((l) => l.rank === Rank.pointer)).toBe(true)
    expect(packed(tracks(30), { ...screen, names: false }).packed.labels).toHaveLength(0)
  })

  it('spreads the names of a crowd over the whole view', () => {
    const p = new Picture()
    const motion = Array.from({ length: 4000 }, (_, i) => ({ id: i + 1, lat: 0.9 - 0.028 * Math.floor(i / 64), lon: -0.9 + 0.028 * (i % 64) }))
    p.apply(frame({ snapshot: true, clock: CLOCK, motion, labels: motion.map(({ id }) => ({ id, values: { name: `B${id}` } })) }))
    const places = new Places(pack(p, { selected: 0, palette, maxLabels: 100, ...screen }))
    const { labels } = places.packed
    expect(labels.length).toBeGreaterThan(50)
    const south = labels.filter((l) => latOf(places.at(l.index, CLOCK).y) < 0).length / labels.length
    expect(south).toBeGreaterThan(0.35)
    expect(south).toBeLessThan(0.65)
  })

  it('keeps what is ours or alarmed in the list though it is out of view', () => {
    const p = packed([{ id: 1, lat: 40, flags: OWN }, { id: 2, lat: 40, priority: 2 }, { id: 3, lat: 40 }], screen).packed
    expect(p.labels.map((l) => [p.id[l.index], l.text])).toEqual([[2, ''], [1, '']])
  })

  it('turns symbols into the course', () => {
    const front = (course: number, set: 'civil' | 'military') => {
      const i8 = new Int8Array(packed([{ id: 1, speed: 5, course }], { set }).packed.vertices)
      const [left, right] = [2, 3].map((k) => 4 * ((STRIDE / 4) * k + 6)) as [number, number] // corners of the front
      return [i8[left]! + i8[right]!, i8[left + 1]! + i8[right + 1]!].map((v) => (v * SPREAD) / 127 / 2)
    }
    expect(front(90, 'civil').map((v) => v.toFixed(1))).toEqual([SQUARE.toFixed(1), '0.0']) // east
    expect(front(180, 'civil').map((v) => v.toFixed(1))).toEqual(['0.0', SQUARE.toFixed(1)])
    expect(front(90, 'military')[0]!.toFixed(1)).toBe('0.0') // upright
  })

  it('of a crowd hides only what is covered, and keeps it to be picked', () => {
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

  it('gives the plain shapes as dots where they are painted', () => {
    const tracks: TestTrack[] = Array.from({ length: 60 }, (_, i) => ({ id: i + 1, lat: 0.9 - 0.02 * i, lon: 0.01 * i, speed: 5, course: 6 * i, age: 1000, stale: 60 }))
    tracks.push({ id: 90, priority: 2 }, { id: 91, lat: 0.5, lon: -0.5 })
    const { packed: p } = packed(tracks, { ...screen, detail: 50, painted: true })
    expect([p.painted, p.urgent, p.dots.byteLength]).toEqual([true, 61, 61 * DOT_WORDS * 4])
    const [dots, vertices] = [new Uint32Array(p.dots), new Uint32Array(p.vertices)]
    for (let i = 0; i < p.urgent; i++) {
      expect(dots.subarray(i * DOT_WORDS, i * DOT_WORDS + 6)).toEqual(vertices.subarray(i * STRIDE, i * STRIDE + 6))
      const id = p.id[i]!
      const turn = id === 91 ? 0 : Math.round((6 * (id - 1) * TURNS) / 360) % TURNS
      expect(dots[i * DOT_WORDS + 6]! >>> 8, `${id}`).toBe(turn)
    }
    for (const o of [{ detail: 50 }, { detail: 100, painted: true }]) expect(packed(tracks, { ...screen, ...o }).packed.dots.byteLength).toBe(0)
  })
})

describe('density', () => {
  const view: Box = { west: fixedX(-1), east: fixedX(1), north: fixedY(1), south: fixedY(-1) }
  const scale = 1000 / fixedX(2)
  const heap = (n: number, more: TestTrack[] = []) => [
    ...Array.from({ length: n }, (_, i): TestTrack => ({ id: i + 1, lat: 0.3 + 0.0001 * (i % 50), lon: 0.2 })), ...more,
  ]

  it('stands for tracks that hide one another, but never for those that matter', () => {
    const more: TestTrack[] = [{ id: 90_001, lat: 0.3, lon: 0.2, priority: 1 }, { id: 90_002, lat: 0.3, lon: 0.2, flags: OWN }, { id: 90_003, lat: 0.3, lon: 0.2, distress: 2 }, { id: 90_004, lat: 0.3, lon: 0.2 }]
    const p = packed(heap(CROWD + 1, more), { view, scale, width: 1000, height: 1000, selected: 90_004 }).packed
    expect(p.density).not.toBeNull()
    expect([p.urgent, p.drawn, p.count]).toEqual([0, 4, CROWD + 5])
    expect(new Set(p.id.subarray(0, 4))).toEqual(new Set([90_001, 90_002, 90_003, 90_004]))
    const d = p.density!
    const where = Math.floor((fixedY(0.3) - d.y) / d.side) * d.columns + Math.floor((fixedX(0.2) - d.x) / d.side)
    expect(d.cells[where]).toBe(255)
    expect(d.cells.filter((c) => c > 0).length).toBeLessThan(4)
  })

  it('is not shown where it is not wanted, or where symbols have room', () => {
    expect(packed(heap(CROWD + 1), { view, scale, density: 'never' }).packed.density).toBeNull()
    expect(packed(heap(CROWD - 1), { view, scale }).packed.density).toBeNull()
  })

  it('does not come and go at its limit', () => {
    const memory = new PackMemory()
    const spread = (hidden: number): TestTrack[] => Array.from({ length: 5000 }, (_, i) => (i < hidden
      ? { id: i + 1, lat: 0.5, lon: 0.5 }
      : { id: i + 1, lat: 0.9 - 0.02 * (i % 90), lon: -0.9 + 0.02 * Math.floor(i / 90) }))
    const dense = (hidden: number) => {
      const p = new Picture()
      p.apply(frame({ snapshot: true, clock: CLOCK, motion: spread(hidden) }))
      return pack(p, { selected: 0, view, scale, width: 1000, height: 1000, maxLabels: 0, palette }, memory).density !== null
    }
    expect([2300, 2700, 2300, 1900, 2300].map(dense)).toEqual([false, true, true, false, false])
  })

  it('lies on a grid of the world, across 180 degrees too', () => {
    const at = (west: number) => {
      const p = new Picture()
      p.apply(frame({ snapshot: true, clock: CLOCK, motion: heap(10).map((t) => ({ ...t, lon: 180 })) }))
      return densityOf(p, { west: fixedX(west), east: fixedX(west + 2), north: fixedY(1), south: fixedY(-1) }, scale, () => true)
    }
    const [a, b] = [at(179), at(179.3)]
    expect(Math.abs((a.x - b.x) % a.side)).toBe(0)
    for (const d of [a, b]) expect(d.cells.filter((c) => c > 0)).toHaveLength(1)
  })
})

describe('symbols', () => {
  it('say domain and kind by shape, quality by outline, attention by ring and colour', () => {
    const base = { domain: 1, kind: 0, status: 1, flags: UNPROVEN, priority: 0, distress: 0, directed: true }
    const of = (more: Partial<typeof base>) => symbolOf({ ...base, ...more })
    expect(of({})).toEqual({ shape: 'drop', outline: 'plain', colour: 1, ring: 0 })
    expect(of({ kind: 1 }).shape).toBe('hull')
    expect(of({ kind: 1, directed: false }).shape).toBe('boat')
    expect([0, 1, 2, 3].map((domain) => of({ domain }).shape)).toEqual(['point', 'drop', 'vehicle', 'delta'])
    expect([of({ flags: 0 }), of({ status: 0 }), of({ status: 2 }), of({ flags: OWN }), of({ flags: TOLD, status: 0 }), of({ flags: FOREIGN | UNPROVEN, status: 0 })].map((s) => s.outline)).toEqual(['proven', 'tentative', 'coasting', 'own', 'told', 'foreign'])
    expect([0, 1, 2, 3, 4].map((priority) => of({ priority }).ring)).toEqual([0, 1, 1, 2, 2])
    expect([0, 1, 2, 3, 4].map((priority) => of({ priority }).colour)).toEqual([1, 5, 6, 7, 8])
    expect(of({ distress: 3, flags: OWN })).toMatchObject({ colour: 8, ring: 2, outline: 'own' })
  })
  it('have a cell each', () => {
    expect(CELLS).toBeLessThanOrEqual(512) // a byte and a flag
    for (let cell = 0; cell < CELLS; cell++) expect(cellOf({ ...ofCell(cell), colour: 0 })).toBe(cell)
    expect(SHAPES.length).toBeGreaterThan(10)
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

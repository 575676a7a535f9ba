import { describe, expect, it } from 'vitest'
import type { ShedTile } from './api'
import { language } from './i18n.svelte'
import { explain, middle, outlines } from './shedding'

const nowhere = { last: '2026-03-01T04:00:00Z', what: [{ kind: 'names', minute: 3 }] } satisfies ShedTile
const tile = (more: Partial<ShedTile> = {}): ShedTile => ({
  corners: [[-69.1, -16.2], [-69, -16.2], [-69, -16.1], [-69.1, -16.1]], last: '2026-03-01T04:00:00Z',
  what: [{ kind: 'pairs', minute: 1234 }, { kind: 'gates', minute: 1 }], ...more,
})

describe('what is shed', () => {
  it('is told with its count, what it means and what to do, in both languages', () => {
    language.now = 'es'
    const [pairs, gates] = explain([tile()], 5)
    expect(pairs!.places[0]!.what).toBe('1.234 pares de traza y eco sin pesar')
    expect(gates!.places[0]!.what).toMatch(/^1 par /)
    language.now = 'en'
    expect(explain([tile()], 5)[0]!.places[0]!.what).toBe('1,234 pairs of track and plot not weighed')
    for (const kind of ['pairs', 'gates', 'bearings', 'names', 'late', 'tracks'] as const) {
      const [e] = explain([tile({ what: [{ kind, minute: 2 }] })], 5)
      for (const text of [e!.places[0]!.what, e!.means, e!.todo]) expect(text, kind).toMatch(/^\S.*\S$/)
    }
  })
  it('stands under what it means, the worst places in an order that stays', () => {
    const at = (lon: number, minute: number) => tile({ corners: [[lon, -16], [lon + 1, -16], [lon + 1, -15], [lon, -15]], what: [{ kind: 'names', minute }, { kind: 'gates', minute: 1 }] })
    const [names, gates] = explain([at(-63, 9), at(-66, 3), at(-65, 1), at(-64, 20)], 3)
    expect(names).toMatchObject({ kind: 'names', minute: 33 })
    expect(names!.places.map((p) => p.tile.corners![0]![0])).toEqual([-63, -64, -66])
    expect(gates).toMatchObject({ kind: 'gates', minute: 4 })
  })
  it('is marked where it has a place', () => {
    const { features } = outlines([tile(), nowhere], 'incompleta')
    expect(features.map((f) => f.geometry.type)).toEqual(['Polygon', 'Point'])
    const ring = (features[0]!.geometry as GeoJSON.Polygon).coordinates[0]!
    expect(ring).toHaveLength(5)
    expect(ring[4]).toEqual(ring[0])
    expect(features[1]!.properties).toEqual({ word: 'incompleta' })
    expect(middle(nowhere)).toBeNull()
    expect(middle(tile())!.lon).toBeCloseTo(-69.05)
  })
  it('does not go round the earth on the date line', () => {
    const x = tile({ corners: [[179.98, 1], [-179.98, 1], [-179.98, 1.04], [179.98, 1.04]] })
    const ring = (outlines([x], '')!.features[0]!.geometry as GeoJSON.Polygon).coordinates[0]!
    expect(Math.max(...ring.map((p) => p[0]!)) - Math.min(...ring.map((p) => p[0]!))).toBeLessThan(0.1)
    expect(Math.abs(middle(x)!.lon)).toBeCloseTo(180)
  })
})

import { describe, expect, it } from 'vitest'
import type { Map as BaseMap } from 'maplibre-gl'
import { extent, placeOf, scaleBar } from './extent'

const map = (west: number, east: number, lng: number, zoom: number, lat = 0) => ({
  getBounds: () => ({ getWest: () => west, getEast: () => east, getSouth: () => -10, getNorth: () => 10 }),
  getCenter: () => ({ lng, lat }), getZoom: () => zoom,
}) as unknown as BaseMap

describe('extent', () => {
  it('goes over the date line without a jump in longitude', () => {
    expect(extent(map(170, 200, 185, 3))).toEqual({ bbox: [170, -10, -160, 10], zoom: 3 })
    expect(placeOf(map(170, 200, 185, 3))).toEqual({ lat: 0, lon: -175, zoom: 3 })
    expect(extent(map(-541, -530, -535, 5)).bbox).toEqual([179, -10, -170, 10])
  })
  it('is the whole world where the map shows more than that', () => {
    expect(extent(map(-250, 150, -50, 2)).bbox).toEqual([-180, -10, 180, 10])
  })
})

describe('scaleBar', () => {
  it('has a round length that fits, and is as long as it says', () => {
    for (const [zoom, lat] of [[2, 0], [7.3, -16], [12.1, 60], [17.9, 80]] as const) {
      const { width, metres } = scaleBar(map(0, 1, 0, zoom, lat))
      expect(width).toBeGreaterThan(30)
      expect(width).toBeLessThanOrEqual(110)
      expect(metres / width).toBeCloseTo((40075016.686 * Math.cos((lat * Math.PI) / 180)) / 512 / 2 ** zoom, 6)
    }
  })
})

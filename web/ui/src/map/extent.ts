// What of the world a map shows.

import type { Map as BaseMap } from 'maplibre-gl'
import { roundBelow } from '../lib/distance'
import { metresPerPixel } from '../lib/mercator'
import type { Place } from '../lib/view'

const SCALE_PIXELS = 110

const wrap = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180

export function extent(map: BaseMap): { bbox: [number, number, number, number]; zoom: number } {
  const b = map.getBounds()
  const west = b.getWest()
  const span = b.getEast() - west
  return {
    bbox: span >= 360 ? [-180, b.getSouth(), 180, b.getNorth()] : [wrap(west), b.getSouth(), wrap(west + span), b.getNorth()],
    zoom: map.getZoom(),
  }
}

export function placeOf(map: BaseMap): Place {
  const c = map.getCenter()
  return { lat: c.lat, lon: wrap(c.lng), zoom: map.getZoom() }
}

/** A bar of a round length: CSS pixels, and the metres that it stands for. */
export function scaleBar(map: BaseMap): { width: number; metres: number } {
  const perPixel = metresPerPixel(map.getZoom(), map.getCenter().lat)
  const metres = roundBelow(perPixel * SCALE_PIXELS, 'km')
  return { width: metres / perPixel, metres }
}

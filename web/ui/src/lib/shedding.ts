// Where the tracker leaves something out to keep up: what it means and what to
// do, and what the map marks of it.

import type { Feature, FeatureCollection } from 'geojson'
import type { ShedTile } from './api'
import type { LatLon } from './coordinates'
import * as format from './format'
import { t } from './i18n.svelte'

export interface Explained { what: string; means: string; todo: string }

/** What was left out in a tile, those with most first. */
export const explain = (tile: ShedTile): Explained[] => tile.what.map(({ kind, minute }) => ({
  what: t(`shed.what.${kind}`, { n: format.count(minute) }), means: t(`shed.means.${kind}`), todo: t(`shed.todo.${kind}`),
}))

/** The middle of a tile; null: it has no place. */
export function middle(tile: ShedTile): LatLon | null {
  const [a, , c] = tile.corners ?? []
  if (!a || !c) return null
  const across = ((c[0] - a[0] + 540) % 360) - 180 // it may lie on the date line
  return { lat: (a[1] + c[1]) / 2, lon: ((a[0] + across / 2 + 540) % 360) - 180 }
}

/** A tile's name, as long as it is there. */
export const nameOf = (tile: ShedTile): string => (tile.corners ?? []).join(' ')

/** What the map marks: the outlines, and a word in the middle of each. */
export function outlines(tiles: ShedTile[], word: string): FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: tiles.flatMap((tile): Feature[] => {
      const at = middle(tile)
      if (!at || !tile.corners) return []
      const first = tile.corners[0]!
      // Towards the first corner, so that one on the date line does not go round the earth.
      const ring = [...tile.corners, first].map(([lon, lat]): [number, number] => [first[0] + ((lon - first[0] + 540) % 360) - 180, lat])
      return [
        { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } },
        { type: 'Feature', properties: { word }, geometry: { type: 'Point', coordinates: [at.lon, at.lat] } },
      ]
    }),
  }
}

// Where the tracker leaves something out to keep up: what it means and what to
// do, and what the map marks of it.

import type { Feature, FeatureCollection } from 'geojson'
import type { ShedKind, ShedTile } from './api'
import type { LatLon } from './coordinates'
import * as format from './format'
import { t } from './i18n.svelte'

export interface Explained {
  kind: ShedKind
  means: string
  todo: string
  /** Where and how much, in the order of places: what is read stays where it is. */
  places: { tile: ShedTile; what: string }[]
  minute: number
}

/** What was left out, that with most first, in at most so many tiles of each kind: those with most. */
export function explain(tiles: ShedTile[], most: number): Explained[] {
  const kinds = new Map<ShedKind, { tile: ShedTile; minute: number }[]>()
  for (const tile of tiles) for (const { kind, minute } of tile.what) kinds.set(kind, [...(kinds.get(kind) ?? []), { tile, minute }])
  return [...kinds].map(([kind, all]) => ({
    kind, means: t(`shed.means.${kind}`), todo: t(`shed.todo.${kind}`), minute: all.reduce((n, { minute }) => n + minute, 0),
    places: all.toSorted((a, b) => b.minute - a.minute).slice(0, most).toSorted((a, b) => nameOf(a.tile).localeCompare(nameOf(b.tile)))
      .map(({ tile, minute }) => ({ tile, what: t(`shed.what.${kind}`, { n: format.count(minute) }) })),
  })).toSorted((a, b) => b.minute - a.minute)
}

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

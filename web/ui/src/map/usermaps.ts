// The user's own maps as MapLibre sources and layers. They are read from our
// own server by ranges of their PMTiles file; no address in them is followed.

import { addProtocol, type LayerSpecification, type SourceSpecification } from 'maplibre-gl'
import { Protocol } from 'pmtiles'
import type { UserMap } from '../lib/api'
import type { MapColours } from './style'

let protocol: Protocol | null = null

/** Teaches MapLibre to read PMTiles, once a page. */
export function readPMTiles() {
  if (protocol) return
  protocol = new Protocol()
  addProtocol('pmtiles', protocol.tile)
}

const sourceOf = (m: UserMap) => `user-${m.id}`

export function userSources(maps: UserMap[]): Record<string, SourceSpecification> {
  return Object.fromEntries(maps.map((m) => {
    const common = {
      tiles: [`pmtiles://${location.origin}/maps/${m.id}.pmtiles/{z}/{x}/{y}`], minzoom: m.min_zoom, maxzoom: m.max_zoom,
      bounds: m.bounds, attribution: m.attribution,
    }
    const source: SourceSpecification =
      m.kind === 'vector' ? { type: 'vector', ...common }
      : m.kind === 'raster' ? { type: 'raster', tileSize: 256, ...common }
      : { type: 'raster-dem', tileSize: 256, encoding: m.encoding ?? 'terrarium', ...common }
    return [sourceOf(m), source]
  }))
}

/** Pictures lie lowest, relief over them, drawn maps over both. */
export function userLayers(maps: UserMap[], c: MapColours): LayerSpecification[] {
  const of = (kind: UserMap['kind']) => maps.filter((m) => m.kind === kind)
  return [
    ...of('raster').map((m): LayerSpecification => ({ id: sourceOf(m), type: 'raster', source: sourceOf(m), paint: { 'raster-fade-duration': 0 } })),
    ...of('elevation').map((m): LayerSpecification => ({
      id: sourceOf(m), type: 'hillshade', source: sourceOf(m),
      paint: {
        'hillshade-exaggeration': 0.35, 'hillshade-shadow-color': c['map-shade'], 'hillshade-highlight-color': c['map-light'],
        'hillshade-accent-color': c['map-shade'],
      },
    })),
    ...of('vector').flatMap((m) => vectorLayers(m, c)),
  ]
}

/** What a layer of a vector map is, by the names that the usual schemas give (OpenMapTiles, Protomaps, Shortbread). */
const meanings: [RegExp, Meaning][] = [
  [/^(water|ocean|lakes?|sea|bathymetry|water_polygons|natural_water)/i, 'water'],
  [/^(waterways?|water_lines|rivers?|streams?)/i, 'river'],
  [/^(roads?|transportation|streets?|highways?|paths?|tracks?|caminos?|v[ií]as?|carreteras?|rail(way)?s?|transit|ferries)(?!.*(label|name))/i, 'road'],
  [/^(boundar(y|ies)|admin|borders?|l[ií]mites?)/i, 'border'],
  [/^(places?|pois?|points?_of|localidades?|poblados?|.*(labels?|names?|nombres?))/i, 'place'],
  [/^(earth|land|landcover|landuse|land_|parks?|buildings?|natural|aeroway|aerodrome|dam|pier|bridges?)/i, 'land'],
]
type Meaning = 'water' | 'river' | 'road' | 'border' | 'place' | 'land' | 'other'

export const meaning = (layer: string): Meaning => meanings.find(([pattern]) => pattern.test(layer))?.[1] ?? 'other'

function vectorLayers(m: UserMap, c: MapColours): LayerSpecification[] {
  const order: Meaning[] = ['land', 'water', 'river', 'border', 'road', 'other', 'place']
  return (m.layers ?? [])
    .map((layer) => ({ layer, is: meaning(layer) }))
    .sort((a, b) => order.indexOf(a.is) - order.indexOf(b.is))
    .flatMap(({ layer, is }) => drawn(m, layer, is, c))
}

function drawn(m: UserMap, layer: string, is: Meaning, c: MapColours): LayerSpecification[] {
  const base = (part: string) => ({ id: `${sourceOf(m)}-${layer}-${part}`, source: sourceOf(m), 'source-layer': layer })
  const polygons = ['==', ['geometry-type'], 'Polygon'] as never
  const lines = ['==', ['geometry-type'], 'LineString'] as never
  const points = ['==', ['geometry-type'], 'Point'] as never
  const line = (colour: string, near: number, more: object = {}): LayerSpecification => ({
    ...base('line'), type: 'line', filter: lines,
    paint: { 'line-color': colour, 'line-width': ['interpolate', ['linear'], ['zoom'], 6, 0.4, 14, near], ...more },
  })
  const fill = (colour: string, opacity: number): LayerSpecification => ({
    ...base('fill'), type: 'fill', filter: polygons, paint: { 'fill-color': colour, 'fill-opacity': opacity, 'fill-antialias': false },
  })
  const names = (): LayerSpecification => ({
    ...base('name'), type: 'symbol', filter: points,
    layout: {
      'text-field': ['coalesce', ['get', 'name:es'], ['get', 'name_es'], ['get', 'name'], ['get', 'nombre'], ''], 'text-font': ['sans-serif'],
      'text-size': 11, 'text-max-width': 8,
    },
    paint: { 'text-color': c['map-town'], 'text-halo-color': c['map-halo'], 'text-halo-width': 1.2 },
  })
  switch (is) {
    case 'land':
      return [fill(c['map-grid'], 0.4)]
    case 'water':
      return [fill(c['map-water'], 1), line(c['map-river'], 1.6)]
    case 'river':
      return [line(c['map-river'], 1.8)]
    case 'border':
      return [line(c['map-border-far'], 1.2, { 'line-dasharray': [3, 2] })]
    case 'road':
      return [line(c['map-road'], 2.2)]
    case 'place':
      return [names()]
    case 'other':
      return [
        fill(c['map-grid'], 0.35), line(c['map-road'], 1.2),
        { ...base('point'), type: 'circle', filter: points, minzoom: 9, paint: { 'circle-radius': 2, 'circle-color': c['map-town'] } },
      ]
  }
}

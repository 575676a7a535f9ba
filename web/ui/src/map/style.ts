// The base map as a MapLibre style: only files of our own server, and text
// drawn by the browser's own fonts.

import type { GeoJSONSourceSpecification, LayerSpecification, Map as BaseMap, StyleSpecification } from 'maplibre-gl'
import type { UserMap } from '../lib/api'
import type { Layer } from '../lib/layers'
import { areaLayers, chosenLayers } from './areas'
import { coverageLayers, sensorLayers } from './coverage'
import { reliefLayers, reliefSource } from './relief'
import { shedLayers } from './shedding'
import { userLayers, userSources } from './usermaps'

/** Names of the CSS tokens that the map takes its colours from. */
export const mapTokens = [
  'map-land', 'map-water', 'map-shore', 'map-river', 'map-border', 'map-border-far', 'map-grid', 'map-town', 'map-halo',
  'map-area', 'map-lane', 'map-border-near', 'map-road', 'map-shade', 'map-light', 'map-measure', 'map-seen', 'soft', 'own', 'high',
] as const
export type MapColours = Record<(typeof mapTokens)[number], string>

const file = (name: string): GeoJSONSourceSpecification => ({ type: 'geojson', data: `/basemap/${name}.geojson`, tolerance: 0.5 })

const empty = { type: 'FeatureCollection' as const, features: [] }

/** Meridians and parallels, so that places without a map have bearings too. */
function grid() {
  const lines: { type: 'Feature'; properties: { step: number }; geometry: { type: 'LineString'; coordinates: number[][] } }[] = []
  const add = (step: number, coordinates: number[][]) =>
    lines.push({ type: 'Feature', properties: { step }, geometry: { type: 'LineString', coordinates } })
  for (let lon = -180; lon < 180; lon++) add(lon % 10 ? 1 : 10, [[lon, -80], [lon, 0], [lon, 80]])
  for (let lat = -80; lat <= 80; lat++) add(lat % 10 ? 1 : 10, Array.from({ length: 37 }, (_, i) => [i * 10 - 180, lat]))
  return { type: 'FeatureCollection' as const, features: lines }
}

/** The ground: below the user's own maps. */
function ground(c: MapColours): LayerSpecification[] {
  return [
    // The lines of the shores smooth the edges.
    { id: 'land', type: 'background', paint: { 'background-color': c['map-land'] } },
    { id: 'water', type: 'fill', source: 'water', paint: { 'fill-color': c['map-water'], 'fill-antialias': false } },
    { id: 'lake', type: 'fill', source: 'titicaca', filter: ['==', ['get', 'kind'], 'lake'], paint: { 'fill-color': c['map-water'], 'fill-antialias': false } },
  ]
}

function lines(c: MapColours): LayerSpecification[] {
  return [
    { id: 'grid10', type: 'line', source: 'grid', filter: ['==', ['get', 'step'], 10], paint: { 'line-color': c['map-grid'], 'line-width': 0.6 } },
    { id: 'grid1', type: 'line', source: 'grid', minzoom: 6, paint: { 'line-color': c['map-grid'], 'line-width': 0.4 } },
    {
      id: 'rivers', type: 'line', source: 'rivers',
      paint: { 'line-color': c['map-river'], 'line-width': ['interpolate', ['linear'], ['zoom'], 5, 0.4, 10, 1.4] },
    },
    { id: 'shore', type: 'line', source: 'titicaca', paint: { 'line-color': c['map-shore'], 'line-width': 1 } },
    { id: 'water-shore', type: 'line', source: 'water', paint: { 'line-color': c['map-shore'], 'line-width': 0.7 } },
    {
      id: 'world-coast', type: 'line', source: 'world', filter: ['==', ['get', 'kind'], 'coast'],
      paint: { 'line-color': c['map-shore'], 'line-width': 0.8 },
    },
    {
      id: 'world-border', type: 'line', source: 'world', filter: ['==', ['get', 'kind'], 'border'],
      paint: { 'line-color': c['map-border-far'], 'line-width': 0.8, 'line-dasharray': [3, 2] },
    },
    {
      // For orientation; the lines that rules judge by are areas, below.
      id: 'borders', type: 'line', source: 'borders',
      paint: {
        'line-color': c['map-border'], 'line-dasharray': [5, 2, 1, 2],
        'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.8, 10, 1.8],
      },
    },
  ]
}

const towns = (c: MapColours): LayerSpecification => ({
  id: 'towns', type: 'symbol', source: 'towns', minzoom: 4,
  filter: ['>=', ['get', 'population'], ['step', ['zoom'], 300000, 6, 80000, 7, 20000, 8, 5000, 9, 1000, 10, 0]],
  layout: {
    'text-field': ['get', 'name'], 'text-font': ['sans-serif'],
    'text-size': ['interpolate', ['linear'], ['get', 'population'], 1000, 10.5, 500000, 13.5],
    'text-max-width': 8, 'symbol-sort-key': ['-', 0, ['get', 'population']],
  },
  paint: { 'text-color': c['map-town'], 'text-halo-color': c['map-halo'], 'text-halo-width': 1.2 },
})

/** `relief` is the address of the heights' TileJSON; empty: none. */
export function style(c: MapColours, maps: UserMap[] = [], relief = ''): StyleSpecification {
  return {
    version: 8,
    sources: {
      grid: { type: 'geojson', data: grid(), tolerance: 0 },
      world: file('world'),
      water: file('water'),
      rivers: file('rivers'),
      titicaca: file('titicaca'),
      borders: file('borders'),
      towns: file('towns'),
      areas: { type: 'geojson', data: empty },
      chosen: { type: 'geojson', data: empty },
      coverage: { type: 'geojson', data: empty },
      shed: { type: 'geojson', data: empty },
      ...userSources(maps),
      ...reliefSource(relief),
    },
    layers: [...ground(c), ...reliefLayers(relief, c), ...userLayers(maps, c), ...lines(c), ...coverageLayers(c), ...areaLayers(c), ...chosenLayers(c), ...shedLayers(c), ...sensorLayers(c), towns(c)],
  }
}

/** The MapLibre layers that a layer of the address has; the track layer draws the others. */
const parts: Partial<Record<Layer, string[]>> = {
  towns: ['towns'], rivers: ['rivers'], grid: ['grid10', 'grid1'],
  areas: ['area-fill', 'area-line', 'area-buffer', 'area-idle', 'area-borders', 'lanes', 'area-names'],
  relief: ['relief'],
  coverage: ['coverage', 'sensors'], // what is lost is always shown
}

/** Shows and hides what was chosen. */
export function applyLayers(map: BaseMap, shown: ReadonlySet<Layer>) {
  for (const [layer, ids] of Object.entries(parts) as [Layer, string[]][])
    for (const id of ids) {
      const to = shown.has(layer) ? 'visible' : 'none'
      if (map.getLayer(id) && (map.getLayoutProperty(id, 'visibility') ?? 'visible') !== to) map.setLayoutProperty(id, 'visibility', to)
    }
}

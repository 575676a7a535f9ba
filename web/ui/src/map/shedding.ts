// Tiles in which the tracker leaves something out: an outline of its own kind of
// dashes with a word in it, over the areas, so that nobody takes what is there for
// all there is.

import type { LayerSpecification } from 'maplibre-gl'
import type { MapColours } from './style'

export const shedLayers = (c: MapColours): LayerSpecification[] => [
  { id: 'shed-halo', type: 'line', source: 'shed', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': c['map-halo'], 'line-width': 5, 'line-opacity': 0.7 } },
  { id: 'shed', type: 'line', source: 'shed', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': c.high, 'line-width': 2, 'line-dasharray': [4, 1.5, 1, 1.5] } },
  {
    id: 'shed-words', type: 'symbol', source: 'shed', minzoom: 8, filter: ['has', 'word'],
    layout: { 'text-field': ['get', 'word'], 'text-font': ['sans-serif'], 'text-size': 11.5, 'text-max-width': 8, 'text-allow-overlap': true },
    paint: { 'text-color': c.high, 'text-halo-color': c['map-halo'], 'text-halo-width': 1.4 },
  },
]

// Relief as shade, below all else that is drawn, from the tiles of heights of
// our own server. It costs software rendering much, so it is shown on demand.

import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import type { MapColours } from './style'

export const reliefSource = (tiles: string): Record<string, SourceSpecification> =>
  tiles ? { relief: { type: 'raster-dem', url: new URL(tiles, location.origin).href } } : {}

export const reliefLayers = (tiles: string, c: MapColours): LayerSpecification[] =>
  !tiles ? [] : [{
    id: 'relief', type: 'hillshade', source: 'relief', layout: { visibility: 'none' },
    paint: { 'hillshade-exaggeration': 0.4, 'hillshade-shadow-color': c['map-shade'], 'hillshade-highlight-color': c['map-light'], 'hillshade-accent-color': c['map-shade'] },
  }]

// How areas look: each kind has a pattern of its own, so that colour is not
// needed to tell them apart; what does not hold now is paler and dashed.

import type { LayerSpecification, Map as BaseMap } from 'maplibre-gl'
import type { MapColours } from './style'

export const areaKinds = [
  'border', 'border-strip', 'legal-post', 'ferry-lane', 'fishing-zone', 'anchorage', 'no-look', 'corridor', 'watched',
] as const
export type AreaKind = (typeof areaKinds)[number]

const TILE = 16 // CSS pixels of a pattern's tile
const RATIO = 2

/** What repeats in an area of a kind, in a tile of 16 by 16. */
const patterns: Partial<Record<AreaKind, (c: CanvasRenderingContext2D) => void>> = {
  'border-strip': hatch(1),
  'no-look': (c) => {
    hatch(1)(c)
    hatch(-1)(c)
  },
  'fishing-zone': (c) => {
    c.beginPath()
    for (const y of [4, 12]) {
      c.moveTo(0, y)
      c.bezierCurveTo(4, y - 4, 4, y - 4, 8, y)
      c.bezierCurveTo(12, y + 4, 12, y + 4, 16, y)
    }
    c.stroke()
  },
  anchorage: (c) => {
    c.beginPath()
    c.moveTo(8, 4)
    c.lineTo(8, 12)
    c.moveTo(5.5, 6)
    c.lineTo(10.5, 6)
    c.moveTo(4.5, 9.5)
    c.quadraticCurveTo(8, 14.5, 11.5, 9.5)
    c.stroke()
  },
  corridor: (c) => {
    c.beginPath()
    for (const y of [4, 12]) {
      c.moveTo(1, y)
      c.lineTo(9, y)
    }
    c.stroke()
  },
  watched: (c) => {
    for (const [x, y] of [[4, 4], [12, 12]] as const) {
      c.beginPath()
      c.arc(x, y, 1.3, 0, 7)
      c.fill()
    }
  },
  'legal-post': (c) => {
    for (const [x, y] of [[4, 4], [12, 12]] as const) c.strokeRect(x - 1.4, y - 1.4, 2.8, 2.8)
  },
}

function hatch(way: 1 | -1) {
  return (c: CanvasRenderingContext2D) => {
    c.beginPath()
    for (const at of [-16, -8, 0, 8, 16]) {
      c.moveTo(at, way > 0 ? 16 : 0)
      c.lineTo(at + 16, way > 0 ? 0 : 16)
    }
    c.stroke()
  }
}

/** One tile of a kind's pattern. */
export function patternTile(kind: string, colour: string, ratio = RATIO): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = TILE * ratio
  const c = canvas.getContext('2d')!
  c.scale(ratio, ratio)
  c.strokeStyle = c.fillStyle = colour
  c.lineWidth = 1
  c.lineCap = 'round'
  patterns[kind as AreaKind]?.(c)
  return c.getImageData(0, 0, canvas.width, canvas.height)
}

/** The pattern of coverage that a lost feed leaves open. */
export function lostTile(colour: string, ratio = RATIO): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = TILE * ratio
  const c = canvas.getContext('2d')!
  c.scale(ratio, ratio)
  c.strokeStyle = colour
  c.lineWidth = 1.6
  hatch(-1)(c)
  return c.getImageData(0, 0, canvas.width, canvas.height)
}

/** Gives the map the patterns in the colours of the theme. */
export function areaImages(map: BaseMap, c: MapColours) {
  for (const kind of areaKinds) put(map, `area-${kind}`, patternTile(kind, c['map-area']))
  put(map, 'lost', lostTile(c.high))
}

function put(map: BaseMap, name: string, image: ImageData) {
  if (map.hasImage(name)) map.updateImage(name, image)
  else map.addImage(name, image, { pixelRatio: RATIO })
}

const zones: unknown = ['all', ['==', ['geometry-type'], 'Polygon'], ['!=', ['get', 'kind'], 'ferry-lane']]

export function areaLayers(c: MapColours): LayerSpecification[] {
  const holds = ['!=', ['get', 'idle'], true]
  return [
    {
      id: 'area-fill', type: 'fill', source: 'areas', filter: ['all', zones, holds] as never,
      paint: { 'fill-pattern': ['concat', 'area-', ['get', 'kind']], 'fill-opacity': 0.5 },
    },
    {
      id: 'area-line', type: 'line', source: 'areas',
      filter: ['all', holds, ['!', ['in', ['get', 'kind'], ['literal', ['ferry-lane', 'border']]]], ['!=', ['get', 'part'], 'buffer']] as never,
      paint: { 'line-color': c['map-area'], 'line-width': 1.3, 'line-opacity': 0.9 },
    },
    {
      // What does not hold now: its schedule or its validity says so.
      id: 'area-idle', type: 'line', source: 'areas', filter: ['==', ['get', 'idle'], true],
      paint: { 'line-color': c['map-area'], 'line-width': 1, 'line-opacity': 0.55, 'line-dasharray': [1, 3] },
    },
    {
      id: 'area-buffer', type: 'line', source: 'areas', filter: ['==', ['get', 'part'], 'buffer'],
      paint: { 'line-color': c['map-lane'], 'line-width': 0.8, 'line-opacity': 0.7, 'line-dasharray': [1, 2] },
    },
    {
      id: 'area-borders', type: 'line', source: 'areas', filter: ['==', ['get', 'kind'], 'border'],
      paint: { 'line-color': c['map-border-near'], 'line-width': 1.6 },
    },
    {
      id: 'lanes', type: 'line', source: 'areas', filter: ['all', holds, ['==', ['get', 'kind'], 'ferry-lane'], ['!=', ['get', 'part'], 'buffer']] as never,
      paint: { 'line-color': c['map-lane'], 'line-width': 1.4, 'line-dasharray': [2, 2] },
    },
    {
      id: 'area-names', type: 'symbol', source: 'areas', minzoom: 8, filter: ['has', 'label'],
      layout: { 'text-field': ['get', 'label'], 'text-font': ['sans-serif'], 'text-size': 11, 'text-max-width': 9 },
      paint: { 'text-color': c['map-area'], 'text-halo-color': c['map-halo'], 'text-halo-width': 1.2 },
    },
  ]
}

// How areas look: each kind has a pattern of its own, so that colour is not
// needed to tell them apart; what does not hold now is paler and dashed.

import type { Feature, FeatureCollection, Geometry, Polygon, Position } from 'geojson'
import type { LayerSpecification, Map as BaseMap } from 'maplibre-gl'
import type { Area } from '../lib/api'
import { areaKinds, pointsOf, ribbon, type AreaKind } from '../lib/areas'
import type { LatLon } from '../lib/coordinates'
import { ring } from '../lib/geodesic'
import { holds } from '../lib/schedule'
import type { MapColours } from './style'

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

const own: unknown = ['!=', ['get', 'part'], 'buffer'] // the shape itself, not its margin
const zones: unknown = ['all', ['==', ['geometry-type'], 'Polygon'], own]

export function areaLayers(c: MapColours): LayerSpecification[] {
  const holds = ['!=', ['get', 'idle'], true]
  return [
    {
      id: 'area-fill', type: 'fill', source: 'areas', filter: ['all', zones, holds] as never,
      paint: { 'fill-pattern': ['concat', 'area-', ['get', 'kind']], 'fill-opacity': 0.5 },
    },
    {
      id: 'area-line', type: 'line', source: 'areas',
      filter: ['all', holds, ['!', ['in', ['get', 'kind'], ['literal', ['ferry-lane', 'border']]]], own] as never,
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
      id: 'area-borders', type: 'line', source: 'areas', filter: ['all', ['==', ['get', 'kind'], 'border'], own] as never,
      paint: { 'line-color': c['map-border-near'], 'line-width': 1.6 },
    },
    {
      id: 'lanes', type: 'line', source: 'areas', filter: ['all', holds, ['==', ['get', 'kind'], 'ferry-lane'], own] as never,
      paint: { 'line-color': c['map-lane'], 'line-width': 1.4, 'line-dasharray': [2, 2] },
    },
    {
      id: 'area-names', type: 'symbol', source: 'areas', minzoom: 8, filter: ['has', 'label'],
      layout: { 'text-field': ['get', 'label'], 'text-font': ['sans-serif'], 'text-size': 11, 'text-max-width': 9 },
      paint: { 'text-color': c['map-area'], 'text-halo-color': c['map-halo'], 'text-halo-width': 1.2 },
    },
  ]
}

/** The area that is looked at, over all others. */
export function chosenLayers(c: MapColours): LayerSpecification[] {
  return [
    { id: 'chosen-fill', type: 'fill', source: 'chosen', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': c['map-measure'], 'fill-opacity': 0.1 } },
    { id: 'chosen-halo', type: 'line', source: 'chosen', paint: { 'line-color': c['map-halo'], 'line-width': 6, 'line-opacity': 0.7 } },
    { id: 'chosen-line', type: 'line', source: 'chosen', paint: { 'line-color': c['map-measure'], 'line-width': 2.5 } },
  ]
}

const lonLat = (p: LatLon): Position => [p.lon, p.lat]
const closed = (ps: LatLon[]): Polygon => ({ type: 'Polygon', coordinates: [[...ps, ps[0]!].map(lonLat)] })

export const circle = (middle: Position, radius: number): Polygon => ({
  type: 'Polygon', coordinates: [ring({ lat: middle[1]!, lon: middle[0]! }, radius, 48).map(lonLat)],
})

/** As far as an area reaches around its line or point; null: it has no margin. */
function margin({ geometry, properties }: Area): Polygon | null {
  if (properties.buffer_m <= 0 || geometry.type === 'Polygon') return null
  const { points } = pointsOf(geometry)
  return geometry.type === 'Point' ? circle(lonLat(points[0]!), properties.buffer_m) : closed(ribbon(points, properties.buffer_m))
}

const collection = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features })

/** Areas as the map draws them at a time: posts become circles of their margin, lanes get an outline of theirs, and all but borders a name at one point. */
export function drawable(areas: Area[], now: number): FeatureCollection {
  return collection(areas.flatMap((a): Feature[] => {
    const { id, properties: { kind, name, schedule } } = a
    const around = margin(a)
    const shape = a.geometry.type === 'Point' && around ? around : (a.geometry as Geometry)
    const properties = { id, kind, ...(holds(schedule, now) ? {} : { idle: true }) }
    return [
      { type: 'Feature', properties, geometry: shape },
      ...(around && around !== shape ? [{ type: 'Feature' as const, properties: { ...properties, part: 'buffer' }, geometry: around }] : []),
      ...(kind === 'border' ? [] : [{ type: 'Feature' as const, properties: { id, label: name }, geometry: { type: 'Point' as const, coordinates: middle(shape) } }]),
    ]
  }))
}

/** One area, to be marked. */
export const marked = (a: Area | null): FeatureCollection =>
  collection(a ? [a.geometry as Geometry, margin(a)].filter((g) => g !== null).map((geometry) => ({ type: 'Feature', properties: {}, geometry })) : [])

/** The positions of a shape. */
export const positions = (g: Geometry): Position[] =>
  g.type === 'Point' ? [g.coordinates] : g.type === 'LineString' ? g.coordinates : g.type === 'Polygon' ? g.coordinates.flat() : []

/** Of the box around a zone; the vertex halfway along a line. */
function middle(g: Geometry): Position {
  const all = positions(g)
  if (g.type === 'LineString') return all[Math.floor(all.length / 2)]!
  const between = (k: number) => (Math.min(...all.map((p) => p[k]!)) + Math.max(...all.map((p) => p[k]!))) / 2
  return [between(0), between(1)]
}

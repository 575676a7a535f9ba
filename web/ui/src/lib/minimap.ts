// The small map of a card: a few shapes on a plane, drawn as SVG. Around one
// place the earth is flat enough: x east and y south, metres.

import type { Areas } from './api'

export interface LatLon { lat: number; lon: number }

const METRES_A_DEGREE = 111_195

export interface Plane {
  x(p: LatLon): number
  y(p: LatLon): number
}

export function planeAt(middle: LatLon): Plane {
  const east = METRES_A_DEGREE * Math.cos((middle.lat * Math.PI) / 180)
  return { x: (p) => (p.lon - middle.lon) * east, y: (p) => (middle.lat - p.lat) * METRES_A_DEGREE }
}

/** The places north, south, east and west of one, so many metres away. */
export function around({ lat, lon }: LatLon, metres: number): LatLon[] {
  const north = metres / METRES_A_DEGREE
  const east = north / Math.cos((lat * Math.PI) / 180)
  return [{ lat: lat + north, lon }, { lat: lat - north, lon }, { lat, lon: lon + east }, { lat, lon: lon - east }]
}

export interface Box { x: number; y: number; width: number; height: number }

/** The box of this shape (width to height) that holds the points with room around them, and is no smaller than `least` metres. */
export function boxOf(points: LatLon[], plane: Plane, shape: number, least: number): Box {
  const xs = points.map(plane.x)
  const ys = points.map(plane.y)
  const [west, east, north, south] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const height = Math.max(1.3 * (south - north), (1.3 * (east - west)) / shape, least / Math.max(shape, 1))
  return { x: (west + east) / 2 - (height * shape) / 2, y: (north + south) / 2 - height / 2, width: height * shape, height }
}

type Ring = number[][]

/** A line as SVG path. */
export const pathOf = (ring: Ring, plane: Plane): string =>
  ring.map(([lon, lat], i) => {
    const p = { lat: lat!, lon: lon! }
    return `${i ? 'L' : 'M'}${plane.x(p).toFixed(0)} ${plane.y(p).toFixed(0)}`
  }).join('')

interface Shape { geometry: { type: string; coordinates: unknown } }

/** The lines of a feature. */
export function ringsOf({ geometry: g }: Shape): Ring[] {
  switch (g.type) {
    case 'LineString':
      return [g.coordinates as Ring]
    case 'Polygon':
    case 'MultiLineString':
      return g.coordinates as Ring[]
    case 'MultiPolygon':
      return (g.coordinates as Ring[][]).flat()
    default:
      return []
  }
}

export const shapeOf = (f: Shape, plane: Plane): string => ringsOf(f).map((r) => pathOf(r, plane) + (f.geometry.type.includes('Polygon') ? 'Z' : '')).join('')

/** The greatest of 1, 2, 5, 10… metres that is no longer than `longest`. */
export function roundLength(longest: number): number {
  const power = 10 ** Math.floor(Math.log10(longest))
  return [5, 2, 1].map((k) => k * power).find((l) => l <= longest)!
}

let shore: Promise<Shape[]> | undefined

/** Lakes of the base map, read once. */
export function lakes(): Promise<Shape[]> {
  shore ??= Promise.all(['titicaca', 'water'].map(async (name) => ((await (await fetch(`/basemap/${name}.geojson`)).json()) as { features: Shape[] }).features))
    .then((all) => all.flat().filter((f) => f.geometry.type.includes('Polygon')))
    .catch(() => {
      shore = undefined // asked again by the next card
      return []
    })
  return shore
}

export type AreaFeature = Areas['features'][number]

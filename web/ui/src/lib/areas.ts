// What the screens ask of areas: how a kind is drawn, whether a version is in
// force, what a version changed, which area an address names.

import { timeOf, type Area, type AreaGeometry } from './api'
import type { LatLon } from './coordinates'
import { direct, inverse } from './geodesic'

export const areaKinds = [
  'border', 'border-strip', 'legal-post', 'ferry-lane', 'fishing-zone', 'anchorage', 'no-look', 'corridor', 'watched',
] as const
export type AreaKind = (typeof areaKinds)[number]

export const isKind = (s: string): s is AreaKind => (areaKinds as readonly string[]).includes(s)

export type Shape = 'line' | 'point' | 'polygon'

/** What areas of a kind are drawn as. */
export const shapeOf = (kind: AreaKind): Shape =>
  kind === 'border' || kind === 'ferry-lane' ? 'line' : kind === 'legal-post' ? 'point' : 'polygon'

/** Points that a shape needs, and as many as the server takes. */
export const leastPoints = { line: 2, point: 1, polygon: 3 } as const
export const mostPoints = { line: 4999, point: 1, polygon: 4998 } as const // a ring's first comes again

export const standings = ['in-force', 'planned', 'ended'] as const
export type Standing = (typeof standings)[number]

/** How a version stands at a time, ms since 1970. */
export function standing({ properties: p }: Area, now: number): Standing {
  const until = timeOf(p.until)
  if (until !== null && now >= until) return 'ended'
  const from = timeOf(p.from)
  return from !== null && now < from ? 'planned' : 'in-force'
}

/** The time for which standings are told: whole minutes, so that lists stay still, but at once for what was changed last. */
export const told = (now: number, areas: readonly Area[]): number =>
  Math.max(Math.floor(now / 60_000) * 60_000, ...areas.map((a) => timeOf(a.properties.known) ?? 0))

/** What an address chooses on the screen of areas: an id, or a form. No id has a colon. */
export type Choice = { what: 'list' } | { what: 'see' | 'edit'; id: string } | { what: 'new'; kind: AreaKind } | { what: 'import' }

export function readChoice(area: string): Choice {
  const [verb, rest] = area.includes(':') ? [area.slice(0, area.indexOf(':')), area.slice(area.indexOf(':') + 1)] : ['', area]
  if (verb === 'new') return { what: 'new', kind: isKind(rest) ? rest : 'watched' }
  if (verb === 'edit' && rest) return { what: 'edit', id: rest }
  if (verb === 'import') return { what: 'import' }
  return rest && !verb ? { what: 'see', id: rest } : { what: 'list' }
}

const pair = (p: unknown): LatLon => ({ lat: (p as number[])[1]!, lon: (p as number[])[0]! })

/** The points of a shape that are drawn, a ring's first only once, and its holes as they are. */
export function pointsOf(g: AreaGeometry): { points: LatLon[]; holes: LatLon[][] } {
  if (g.type === 'Point') return { points: [pair(g.coordinates)], holes: [] }
  if (g.type === 'LineString') return { points: (g.coordinates as unknown[]).map(pair), holes: [] }
  const rings = (g.coordinates as unknown[][]).map((r) => r.slice(0, -1).map(pair))
  return { points: rings[0] ?? [], holes: rings.slice(1) }
}

const lonLat = (p: LatLon): [number, number] => [p.lon, p.lat]

export function geometryOf(shape: Shape, points: LatLon[], holes: LatLon[][] = []): AreaGeometry {
  if (shape === 'point') return { type: 'Point', coordinates: lonLat(points[0]!) }
  if (shape === 'line') return { type: 'LineString', coordinates: points.map(lonLat) }
  return { type: 'Polygon', coordinates: [points, ...holes].map((r) => [...r, r[0]!].map(lonLat)) }
}

export const fields = [
  'name', 'kind', 'shape', 'buffer_m', 'schedule', 'owner', 'left', 'right', 'source', 'dated', 'accuracy_m', 'demonstration', 'from', 'until',
] as const
export type Field = (typeof fields)[number]

/** What a version says otherwise than the one before. Its begin is its own: only the end of a version is a change. */
export function differences(before: Area, after: Area): Field[] {
  const value = (a: Area, f: Field): unknown => {
    if (f === 'shape') return a.geometry.coordinates
    if (f === 'schedule') return a.properties.schedule?.windows?.length ? a.properties.schedule : null
    const v = a.properties[f]
    return f === 'until' || f === 'dated' ? timeOf(v as string) : (v ?? '')
  }
  return fields.filter((f) => f !== 'from' && JSON.stringify(value(before, f)) !== JSON.stringify(value(after, f)))
}

const SPHERE = 6371007 // m, of the sphere with the earth's surface

/** Surface inside a ring, m2, on the sphere: good to half a percent. */
export function surface(points: LatLon[]): number {
  const rad = Math.PI / 180
  let sum = 0
  points.forEach((p, i) => {
    const q = points[(i + 1) % points.length]!
    const d = (((q.lon - p.lon + 540) % 360) - 180) * rad
    sum += d * (2 + Math.sin(p.lat * rad) + Math.sin(q.lat * rad))
  })
  return Math.abs(sum / 2) * SPHERE ** 2
}

/** Length of a line, m. */
export const length = (points: LatLon[]): number => points.slice(1).reduce((sum, p, i) => sum + inverse(points[i]!, p).metres, 0)

/** The outline of what lies within so many metres of a line: both sides, with flat ends. */
export function ribbon(points: LatLon[], metres: number): LatLon[] {
  const side = (way: 1 | -1) => points.map((p, i) => {
    const before = i > 0 ? inverse(points[i - 1]!, p).bearing : null
    const after = i < points.length - 1 ? inverse(p, points[i + 1]!).bearing : null
    const turn = before !== null && after !== null ? ((after - before + 540) % 360) - 180 : 0
    const course = (before ?? after ?? 0) + turn / 2
    return direct(p, course + way * 90, metres / Math.max(0.5, Math.cos((turn / 2) * (Math.PI / 180)))) // a sharp corner is cut
  })
  return [...side(1), ...side(-1).toReversed()]
}

/** West, south, east, north of points; null: there are none. */
export function boundsOf(points: LatLon[]): [number, number, number, number] | null {
  if (!points.length) return null
  const lons = points.map((p) => p.lon)
  const lats = points.map((p) => p.lat)
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

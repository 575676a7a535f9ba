// Where a report will lie, before it is sent: what was typed, with the place
// that was chosen for its name.

import type { Place, Where } from './api'
import { write } from './coordinates'
import type { LatLon } from './coordinates'
import { direct } from './geodesic'
import type { HeardWhere } from './heard/where'
import { WITHIN_95 } from './sightings'

export interface Spot {
  where: Where
  position: LatLon
  /** From where the bearing was told. */
  from: LatLon | null
  /** One standard deviation along the error's long axis, m. */
  sd: number
}

// As the server has them: the errors of directions and distances by eye.
const BEARING_SD = 10 // degrees
const DISTANCE_SD = 0.2 // of the distance
const RADIUS = 200 // m, of a coordinate
const LEAST = 10 // m

/** The spot; null: there is none yet. `radius` 0: the usual one. */
export function spotOf(heard: HeardWhere, place: Place | null, radius: number): Spot | null {
  if (!heard.ok) return null
  const { origin } = heard
  const at = 'position' in origin ? origin.position : place?.position
  if (!at) return null
  const ref = 'position' in origin ? { position: origin.position } : { place: { kind: place!.kind, id: place!.id } }
  const told = radius ? { radius_m: radius } : {}
  if (heard.how === 'bearing') {
    const where: Where = { method: 'bearing', ...ref, bearing_deg: heard.bearing, distance_m: heard.metres, ...told }
    const sd = Math.hypot(Math.max(heard.metres * BEARING_SD * (Math.PI / 180), heard.metres * DISTANCE_SD), Math.max(radius, LEAST) / WITHIN_95)
    return { where, position: direct(at, heard.bearing, heard.metres), from: at, sd }
  }
  // A square of a grid is as large as its figures say: the circle around it.
  const square = 'position' in origin && origin.metres > RADIUS ? Math.round(origin.metres * Math.SQRT1_2) : 0
  const usual = 'position' in origin ? square || RADIUS : place!.radius_m
  const where: Where = {
    method: 'position' in origin ? 'coordinate' : 'place', ...ref, ...(square && !radius ? { radius_m: square } : told),
  }
  return { where, position: at, from: null, sd: Math.max(radius || usual, LEAST) / WITHIN_95 }
}

/** What to type for a place that was told before. */
export function whereText(w: Where, place: Place | undefined): string {
  const origin = place?.name ?? (w.position ? write(w.position, 'decimal') : '')
  return w.method === 'bearing' ? `${w.bearing_deg ?? 0}° ${w.distance_m ?? 0} m de ${origin}` : origin
}

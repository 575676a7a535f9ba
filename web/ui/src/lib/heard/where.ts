// Where something was seen, as it is said: a place by its name, a coordinate
// in any form, or a direction and a distance from either: "315 9 km de
// Copacabana", "3 NM al NE de Puno", "a 5 km al noreste de 16.1 S 69.05 W".

import { parse, type LatLon } from '../coordinates'
import { heardCourse, heardDistance } from './motion'

export type WhereRefusal =
  | 'empty'
  | 'direction' // a distance without a direction that can be understood
  | 'from' // direction and distance from nowhere

/** What is looked up by name, or lies at a coordinate. */
export type Origin = { name: string } | { position: LatLon; metres: number }

export type HeardWhere =
  | { ok: true; how: 'place'; origin: Origin }
  | { ok: true; how: 'bearing'; origin: Origin; bearing: number; metres: number }
  | { ok: false; why: WhereRefusal; coordinate?: never }
  | { ok: false; why: 'coordinate'; coordinate: Extract<ReturnType<typeof parse>, { ok: false }>['why'] }

const LENGTH = String.raw`\d{1,6}(?:[.,]\d{1,3})? ?(?:millas? n[aá]uticas?|nautical miles?|kil[oó]metros?|kilomet(?:re|er)s?|metros?|met(?:re|er)s?|millas?|miles?|mts?|km|nm|mn|m)`
const DIRECTION = String.raw`(?:rumbo |hacia el |al |to the |)(?:\d{1,3}(?:[.,]\d)? ?(?:°|º|grados?|degrees)?|[a-z]+(?:-[a-z]+)?)`
const FROM = String.raw`(?: |,|\/)+(?:de la |de el |del |de |desde |from |of |)`
const directionFirst = new RegExp(`^(?:a )?(${DIRECTION})(?: |,|/| a )+(${LENGTH})(?:$|${FROM}(.*)$)`, 'i')
const distanceFirst = new RegExp(`^(?:a )?(${LENGTH})(?: |,|/)+(${DIRECTION})(?:$|${FROM}(.*)$)`, 'i')
const startsWithLength = new RegExp(`^(?:a )?${LENGTH}(?: |,|/|$)`, 'i')

/** Figures, signs and hemispheres, or the beginning of a grid: no place has such a name. */
const figures = /^[\d\s.,;:/°º'′’"″”+\-nsewo]+$/i
const grid = /^\d{1,2} ?[a-z](?: ?[a-z]{2})? ?\d{4}/i

export function heardWhere(text: string): HeardWhere {
  const s = text.trim().replace(/\s+/g, ' ')
  if (!s) return { ok: false, why: 'empty' }
  for (const [pattern, course, length] of [[directionFirst, 1, 2], [distanceFirst, 2, 1]] as const) {
    const m = pattern.exec(s)
    const bearing = m && heardCourse(m[course]!)
    const metres = m && heardDistance(m[length]!)
    if (m && bearing !== null && metres !== null) return from(m[3] ?? '', bearing, metres)
  }
  if (startsWithLength.test(s)) return { ok: false, why: 'direction' }
  return origin(s, (o) => ({ ok: true, how: 'place', origin: o }))
}

function from(text: string, bearing: number, metres: number): HeardWhere {
  const s = text.trim()
  if (!s) return { ok: false, why: 'from' }
  return origin(s, (o) => ({ ok: true, how: 'bearing', origin: o, bearing, metres }))
}

/** A coordinate where it is one, and refused where it would be one; else a name. */
function origin(s: string, take: (o: Origin) => HeardWhere): HeardWhere {
  const p = parse(s)
  if (p.ok) return take({ position: { lat: p.lat, lon: p.lon }, metres: p.metres })
  if (/\d/.test(s) && (figures.test(s) || grid.test(s))) return { ok: false, why: 'coordinate', coordinate: p.why }
  return take({ name: s })
}

// Measuring: legs between places, each of which may be a track and then moves
// with it. Range and true bearing are geodesic.

import type { LatLon } from '../lib/coordinates'
import { distance, roundDistance, roundBelow, unitOf, type LengthUnit } from '../lib/distance'
import * as format from '../lib/format'
import { along, inverse, ring, direct } from '../lib/geodesic'
import type { Drawn } from './overlay'

/** An end of a leg. */
export interface End {
  at: LatLon
  /** Track that it sticks to; 0: none. */
  track: number
  domain: number
}

/** Where tracks are now. */
export type Where = (track: number) => LatLon | null

export class Ruler {
  ends: End[] = []
  /** No further point follows the pointer. */
  done = false

  add(e: End) {
    if (this.done) this.clear()
    this.ends.push(e)
  }

  undo() {
    this.done = false
    this.ends.pop()
  }

  clear() {
    this.ends = []
    this.done = false
  }

  /** The places of the ends now; a track that is gone stays where it was last. */
  places(where: Where): LatLon[] {
    return this.ends.map((e) => {
      const now = e.track ? where(e.track) : null
      if (now) e.at = now
      return e.at
    })
  }

  unit(): LengthUnit {
    return unitOf(this.ends.filter((e) => e.track).map((e) => e.domain))
  }

  /** Legs with their ranges and bearings; the last may lead to the pointer. */
  lines(where: Where, pointer: LatLon | null): Drawn[] {
    const places = this.places(where)
    const unit = this.unit()
    const all = !this.done && pointer && places.length ? [...places, pointer] : places
    const out: Drawn[] = []
    let sum = 0
    for (let i = 1; i < all.length; i++) {
      const [a, b] = [all[i - 1]!, all[i]!]
      const leg = inverse(a, b)
      sum += leg.metres
      const last = i === all.length - 1
      const whole = last && all.length > 2 ? ` Σ ${distance(sum, unit)}` : ''
      out.push({
        kind: last && !this.done ? 'draft' : 'measure', points: along(a, b),
        text: `${distance(leg.metres, unit)} ${format.course(leg.bearing)}${whole}`,
        ...(last ? {} : { at: direct(a, leg.bearing, leg.metres / 2) }),
      })
    }
    if (all.length === 1) out.push({ kind: 'measure', points: [all[0]!], text: '' })
    return out
  }

  /** The whole as text, for who hears the screen and for the clipboard. */
  summary(where: Where): string {
    return this.lines(where, null).map((l) => l.text).filter(Boolean).join('; ')
  }
}

/** Rings around a place, as far apart as fits: about four from the middle of the screen to its edge. */
export function rings(centre: LatLon, metresPerPixel: number, width: number, unit: LengthUnit): Drawn[] {
  const step = roundBelow((metresPerPixel * width) / 8, unit === 'both' ? 'NM' : unit)
  return [1, 2, 3, 4].map((k) => ({
    kind: 'ring' as const, points: ring(centre, k * step), at: direct(centre, 0, k * step), text: roundDistance(k * step, unit === 'both' ? 'NM' : unit),
  }))
}

import { describe, expect, it } from 'vitest'
import type { Place } from './api'
import { inverse } from './geodesic'
import { heardWhere } from './heard/where'
import { spotOf, whereText } from './spot'

const copacabana: Place = { kind: 'town', id: 'Copacabana/BO', name: 'Copacabana', position: { lat: -16.166, lon: -69.085 }, radius_m: 700 }

describe('the spot of a report', () => {
  it('is a place, with its own radius or that which was told', () => {
    const spot = spotOf(heardWhere('copacabana'), copacabana, 0)!
    expect(spot.where).toEqual({ method: 'place', place: { kind: 'town', id: 'Copacabana/BO' } })
    expect([spot.position, Math.round(spot.sd)]).toEqual([copacabana.position, 286])
    expect(spotOf(heardWhere('copacabana'), copacabana, 100)!.where.radius_m).toBe(100)
    expect(spotOf(heardWhere('copacabana'), null, 0)).toBeNull()
  })
  it('is a coordinate; a square of a grid as large as it is', () => {
    expect(spotOf(heardWhere('16.1 S 69.05 W'), null, 0)!.where).toEqual({ method: 'coordinate', position: { lat: -16.1, lon: -69.05 } })
    expect(spotOf(heardWhere('19KER8014'), copacabana, 0)!.where.radius_m).toBe(707)
  })
  it('lies on a bearing and at a distance', () => {
    const spot = spotOf(heardWhere('315 9 km de copacabana'), copacabana, 0)!
    expect(spot.where).toEqual({ method: 'bearing', place: { kind: 'town', id: 'Copacabana/BO' }, bearing_deg: 315, distance_m: 9000 })
    const leg = inverse(spot.from!, spot.position)
    expect([Math.round(leg.metres), Math.round(leg.bearing)]).toEqual([9000, 315])
    expect(Math.round(spot.sd)).toBe(1800) // a fifth of the distance is more than ten degrees
  })
  it('is none of what is not understood', () => expect(spotOf(heardWhere('9 km copacabana'), copacabana, 0)).toBeNull())
  it('is typed again as it was told', () => {
    for (const text of ['315 9 km de Copacabana', 'Copacabana', '-16.1, -69.05']) {
      const spot = spotOf(heardWhere(text), copacabana, 0)!
      const again = whereText(spot.where, spot.where.place ? copacabana : undefined)
      expect(spotOf(heardWhere(again), copacabana, 0)!.where, again).toEqual(spot.where)
    }
  })
})

import { describe, expect, it } from 'vitest'
import { light, sunAltitude } from './sun'

describe('the sun', () => {
  it.each([
    // Where it culminates in the zenith at the June solstice, and stands at 23.44 degrees at the pole.
    ['2026-06-21T12:02:00Z', 23.436, 0, 90, 0.3],
    ['2026-06-21T08:24:00Z', 90, 0, 23.44, 0.02],
    ['2026-12-21T20:50:00Z', -90, 0, 23.44, 0.02],
    // Sunrise and sunset over Copacabana, 16.17 S 69.09 W, by hour angle (97.02 degrees) and equation of time (13.8 min).
    ['2026-11-22T09:54:29Z', -16.17, -69.09, -0.833, 0.15],
    ['2026-11-22T22:50:38Z', -16.17, -69.09, -0.833, 0.15],
  ])('stands at %s over %f, %f at %f degrees', (at, lat, lon, altitude, within) => {
    expect(Math.abs(sunAltitude(Date.parse(at), lat, lon) - altitude)).toBeLessThan(within)
  })
  it('makes day, dusk and night', () => {
    const over = (at: string) => light(Date.parse(at), -16.17, -69.09)
    expect(['2026-11-22T16:00:00Z', '2026-11-22T23:10:00Z', '2026-11-23T04:00:00Z', '2026-11-22T09:30:00Z'].map(over)).toEqual(['day', 'dusk', 'night', 'dusk'])
  })
})

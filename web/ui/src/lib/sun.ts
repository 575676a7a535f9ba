// How high the sun stands: the low-precision formulae of the Astronomical
// Almanac (section C), good to a hundredth of a degree, here for choosing a
// theme.

const rad = Math.PI / 180

/** Altitude of the sun's centre at a place, degrees, without refraction. */
export function sunAltitude(ms: number, lat: number, lon: number): number {
  const n = ms / 86_400_000 - 10_957.5 // days since 2000-01-01 12:00
  const mean = (280.46 + 0.9856474 * n) * rad
  const anomaly = (357.528 + 0.9856003 * n) * rad
  const ecliptic = mean + (1.915 * Math.sin(anomaly) + 0.02 * Math.sin(2 * anomaly)) * rad
  const tilt = (23.439 - 0.0000004 * n) * rad
  const ascension = Math.atan2(Math.cos(tilt) * Math.sin(ecliptic), Math.cos(ecliptic))
  const declination = Math.asin(Math.sin(tilt) * Math.sin(ecliptic))
  const sidereal = (280.46061837 + 360.98564736629 * n) * rad
  const hour = sidereal + lon * rad - ascension
  return Math.asin(Math.sin(lat * rad) * Math.sin(declination) + Math.cos(lat * rad) * Math.cos(declination) * Math.cos(hour)) / rad
}

/** Light outside: day until the sun's rim is gone, night when the horizon at sea is no longer seen (nautical dusk). */
export function light(ms: number, lat: number, lon: number): 'day' | 'dusk' | 'night' {
  const altitude = sunAltitude(ms, lat, lon)
  return altitude > -0.833 ? 'day' : altitude > -12 ? 'dusk' : 'night'
}

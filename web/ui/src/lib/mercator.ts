// Web Mercator in 32-bit integers: the world is 2^32 units wide, so a unit is
// at most 9.3 mm, and differences of integers wrap across the antimeridian by
// themselves. The WebGL layer subtracts the map's centre in integers and loses
// nothing, however far it is zoomed in.

export const WORLD = 4294967296
const EARTH = 40075016.686 // m, circumference of the sphere of the projection
const LIMIT = 85.051129

/** From degrees of longitude. */
export const fixedX = (lon: number): number => Math.round((lon / 360) * WORLD) | 0

/** From degrees of latitude; grows to the south. */
export function fixedY(lat: number): number {
  const phi = (Math.max(-LIMIT, Math.min(LIMIT, lat)) * Math.PI) / 180
  const y = -Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI)
  return Math.max(-0x80000000, Math.min(0x7fffffff, Math.round(y * WORLD)))
}

export const lonOf = (x: number): number => (x / WORLD) * 360

export const latOf = (y: number): number => (Math.atan(Math.sinh((-y / WORLD) * 2 * Math.PI)) * 180) / Math.PI

/** Units a metre on the ground has at a latitude in degrees. */
export const unitsPerMetre = (lat: number): number => WORLD / (EARTH * Math.max(0.01, Math.cos((lat * Math.PI) / 180)))

/** CSS pixels a unit has at MapLibre's zoom (world of 512 pixels at 0). */
export const pixelsPerUnit = (zoom: number): number => (512 * 2 ** zoom) / WORLD

/** Metres a CSS pixel has at a latitude in degrees. */
export const metresPerPixel = (zoom: number, lat: number): number => 1 / (pixelsPerUnit(zoom) * unitsPerMetre(lat))

// Distances and bearings on the WGS84 ellipsoid (T. Vincenty, Survey Review 23,
// 1975): exact to a millimetre but for places almost opposite on the Earth,
// where its iteration does not end and the sphere's answer is taken (to 0.5 %).

import type { LatLon } from './coordinates'

const A = 6378137 // m
const F = 1 / 298.257223563
const B = A * (1 - F)
const SPHERE = 6371008.8 // m, mean radius
const rad = (deg: number) => (deg * Math.PI) / 180
const deg = (r: number) => (r * 180) / Math.PI
const bearing = (r: number) => (deg(r) + 360) % 360

export interface Leg {
  metres: number
  /** True, at the start, degrees from 0 to under 360. */
  bearing: number
}

/** The shortest way between two places. */
export function inverse(from: LatLon, to: LatLon): Leg {
  const L = rad(((((to.lon - from.lon + 180) % 360) + 360) % 360) - 180)
  const u1 = Math.atan((1 - F) * Math.tan(rad(from.lat)))
  const u2 = Math.atan((1 - F) * Math.tan(rad(to.lat)))
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)]
  let lambda = L
  for (let i = 0; i < 60; i++) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)]
    const sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl)
    if (sinSigma === 0 && Math.abs(L) < 1e-12) return { metres: 0, bearing: 0 }
    const cosSigma = s1 * s2 + c1 * c2 * cl
    const sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = sinSigma ? (c1 * c2 * sl) / sinSigma : 0
    const cos2Alpha = 1 - sinAlpha ** 2
    const cos2m = cos2Alpha > 1e-16 ? cosSigma - (2 * s1 * s2) / cos2Alpha : 0
    const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha))
    const before = lambda
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2m + C * cosSigma * (2 * cos2m ** 2 - 1)))
    if (Math.abs(lambda) > Math.PI + 0.01) break
    if (Math.abs(lambda - before) > 1e-12) continue
    const k = (cos2Alpha * (A * A - B * B)) / (B * B)
    const [a, b] = [1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k))), (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)))]
    const turn = b * sinSigma * (cos2m + (b / 4) * (cosSigma * (2 * cos2m ** 2 - 1) - (b / 6) * cos2m * (4 * sinSigma ** 2 - 3) * (4 * cos2m ** 2 - 3)))
    return { metres: B * a * (sigma - turn), bearing: bearing(Math.atan2(c2 * sl, c1 * s2 - s1 * c2 * cl)) }
  }
  return onSphere(from, to)
}

function onSphere(from: LatLon, to: LatLon): Leg {
  const [p1, p2, dl] = [rad(from.lat), rad(to.lat), rad(to.lon - from.lon)]
  const y = Math.sin(dl) * Math.cos(p2)
  const x = Math.cos(p1) * Math.sin(p2) - Math.sin(p1) * Math.cos(p2) * Math.cos(dl)
  return {
    metres: SPHERE * Math.atan2(Math.hypot(x, y), Math.sin(p1) * Math.sin(p2) + Math.cos(p1) * Math.cos(p2) * Math.cos(dl)),
    bearing: bearing(Math.atan2(y, x)),
  }
}

/** Where one comes to on a bearing (true degrees) after so many metres. */
export function direct(from: LatLon, bearingDeg: number, metres: number): LatLon {
  const alpha = rad(bearingDeg)
  const u1 = Math.atan((1 - F) * Math.tan(rad(from.lat)))
  const [s1, c1] = [Math.sin(u1), Math.cos(u1)]
  const sigma1 = Math.atan2(s1 / c1, Math.cos(alpha))
  const sinAlpha = c1 * Math.sin(alpha)
  const cos2Alpha = 1 - sinAlpha ** 2
  const k = (cos2Alpha * (A * A - B * B)) / (B * B)
  const a = 1 + (k / 16384) * (4096 + k * (-768 + k * (320 - 175 * k)))
  const b = (k / 1024) * (256 + k * (-128 + k * (74 - 47 * k)))
  let sigma = metres / (B * a)
  let cos2m = 0
  for (let i = 0; i < 30; i++) {
    cos2m = Math.cos(2 * sigma1 + sigma)
    const [ss, cs] = [Math.sin(sigma), Math.cos(sigma)]
    const turn = b * ss * (cos2m + (b / 4) * (cs * (2 * cos2m ** 2 - 1) - (b / 6) * cos2m * (4 * ss ** 2 - 3) * (4 * cos2m ** 2 - 3)))
    const next = metres / (B * a) + turn
    const step = Math.abs(next - sigma)
    sigma = next
    if (step < 1e-13) break
  }
  const [ss, cs] = [Math.sin(sigma), Math.cos(sigma)]
  const x = s1 * ss - c1 * cs * Math.cos(alpha)
  const lat = Math.atan2(s1 * cs + c1 * ss * Math.cos(alpha), (1 - F) * Math.hypot(sinAlpha, x))
  const lambda = Math.atan2(ss * Math.sin(alpha), c1 * cs - s1 * ss * Math.cos(alpha))
  const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha))
  const L = lambda - (1 - C) * F * sinAlpha * (sigma + C * ss * (cos2m + C * cs * (2 * cos2m ** 2 - 1)))
  return { lat: deg(lat), lon: ((from.lon + deg(L) + 540) % 360) - 180 }
}

/** Places along the shortest way, ends included, for drawing it. */
export function along(from: LatLon, to: LatLon, most = 64): LatLon[] {
  const leg = inverse(from, to)
  const n = Math.max(1, Math.min(most, Math.ceil(leg.metres / 20_000)))
  const inner = Array.from({ length: n - 1 }, (_, i) => direct(from, leg.bearing, (leg.metres * (i + 1)) / n))
  return [from, ...inner, to]
}

/** Places at one distance all around, the first again at the end. */
export function ring(centre: LatLon, metres: number, corners = 72): LatLon[] {
  return Array.from({ length: corners + 1 }, (_, i) => direct(centre, (360 * (i % corners)) / corners, metres))
}

// How sure a place is, and where a track will be: the tracker's own model
// (constant velocity, white-noise acceleration; fuse/motion.go) applied to the
// covariance that the API gives.

import type { Track } from './api'
import { fixedX, fixedY, unitsPerMetre } from './mercator'

/** An ellipse on the map that holds the true position with 86 %: two standard deviations each way. */
export interface Ellipse {
  x: number // mercator units
  y: number
  /** Half axes, m. */
  long: number
  short: number
  /** Of the long axis, degrees clockwise from north. */
  turn: number
}

export interface Prediction extends Ellipse {
  /** Seconds after the position. */
  after: number
}

/** Spectral density of the acceleration, m2/s3, as fuse/motion.go has it. */
const noise: Record<Track['domain'], number> = { water: 0.1, land: 1, air: 20, unknown: 1 }
/** Seconds ahead that are shown. */
const ahead: Record<Track['domain'], number[]> = { water: [120, 300, 600], land: [60, 180, 300], air: [30, 60, 120], unknown: [60, 180, 300] }

const SIGMAS = 2

/** The ellipse of a covariance of east and north, m2. */
export function axes(ee: number, nn: number, en: number): { long: number; short: number; turn: number } {
  const middle = (ee + nn) / 2
  const apart = Math.hypot((ee - nn) / 2, en)
  // From the east counter-clockwise, then from the north clockwise.
  const angle = 0.5 * Math.atan2(2 * en, ee - nn)
  return {
    long: SIGMAS * Math.sqrt(Math.max(0, middle + apart)), short: SIGMAS * Math.sqrt(Math.max(0, middle - apart)),
    turn: (((90 - (angle * 180) / Math.PI) % 180) + 180) % 180,
  }
}

/** A track's place some seconds after its state's time, or null where the API gives no covariance. */
export function after(t: Track, seconds: number): Prediction | null {
  const p = t.state.cov
  if (p?.length !== 4) return null
  const { lat, lon } = t.state.position
  const k = unitsPerMetre(lat)
  const s = seconds
  const q = (noise[t.domain] * s ** 3) / 3
  const term = (i: number, j: number) => p[i]![j]! + s * (p[i]![j + 2]! + p[i + 2]![j]!) + s * s * p[i + 2]![j + 2]!
  return {
    after: s, x: fixedX(lon) + t.state.east_mps * s * k, y: fixedY(lat) - t.state.north_mps * s * k,
    ...axes(term(0, 0) + q, term(1, 1) + q, term(0, 1)),
  }
}

/** Where a track is expected, step by step; nothing for what stands still. */
export function predictions(t: Track): Prediction[] {
  if (Math.hypot(t.state.east_mps, t.state.north_mps) < 0.2) return []
  return ahead[t.domain].map((s) => after(t, s)).filter((p) => p !== null)
}

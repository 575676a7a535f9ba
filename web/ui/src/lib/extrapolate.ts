// Where a track is now: the rule of docs/protocol.md, as the shader of the
// track layer has it, for picking, labels and details.

import type { Packed } from './pack'

export interface Place {
  x: number // mercator units
  y: number
  stale: boolean
}

/** Seconds of motion to add at `now`, both from the same reference. */
export function motionSeconds(time: number, stale: number, now: number): number {
  return Math.max(0, Math.min(now, stale) - time)
}

/** `now` is the server's clock in ms since 1970. */
export function placeAt(p: Packed, i: number, now: number): Place {
  const t = (now - p.ref) / 1000
  const stale = p.time[2 * i + 1]!
  const dt = motionSeconds(p.time[2 * i]!, stale, t)
  return {
    x: p.place[2 * i]! + p.velocity[2 * i]! * dt,
    y: p.place[2 * i + 1]! + p.velocity[2 * i + 1]! * dt,
    stale: t > stale,
  }
}

/** Difference of two mercator x that goes the shorter way around the world. */
export const wrapped = (dx: number): number => dx - 4294967296 * Math.round(dx / 4294967296)

// Which track is under the pointer. A scan of the arrays: 50,000 tracks take
// about half a millisecond, once a click, so there is no index to keep.

import { motionSeconds, wrapped } from './extrapolate'
import type { Packed } from './pack'

/**
 * The index of the nearest track within `reach` units of a place at `now`, or
 * -1. Of equally near ones the one drawn on top wins, and one that asks for
 * attention wins over a nearer one in reach.
 */
export function pick(p: Packed, x: number, y: number, reach: number, now: number): number {
  const t = (now - p.ref) / 1000
  let best = -1
  let bestScore = reach * reach
  for (let i = 0; i < p.count; i++) {
    const dt = motionSeconds(p.time[2 * i]!, p.time[2 * i + 1]!, t)
    const dy = p.place[2 * i + 1]! + p.velocity[2 * i + 1]! * dt - y
    if (dy > reach || dy < -reach) continue
    const dx = wrapped(p.place[2 * i]! + p.velocity[2 * i]! * dt - x)
    const d2 = dx * dx + dy * dy
    if (d2 > reach * reach) continue
    const urgent = p.look[4 * i + 3] === 255
    const score = urgent ? d2 / 4 : d2
    if (score <= bestScore) {
      best = i
      bestScore = score
    }
  }
  return best
}

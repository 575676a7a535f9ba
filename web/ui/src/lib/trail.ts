// Where tracks were: kept in the worker while the page is open, and begun with
// what the history says. Where nothing was observed a line is dotted.

import { timeOf, type PastPoint } from './api'
import { fixedX, fixedY } from './mercator'
import type { Picture } from './picture'

/** A point of a trail. */
export interface TrailPoint {
  x: number // mercator units
  y: number
  time: number // ms since 1970
  /** Nothing was observed on the way here from the point before. */
  unseen: boolean
}

const EVERY = 8000 // ms between points
const KEEP = 15 * 60_000 // ms that the page itself remembers
const MOST = 240 // points a trail
/** With more tracks than this only those that are asked for are remembered. */
export const FEW_TRACKS = 1500
/** Longest time between observations, as a share of the stale limit, that still counts as observed. */
const GAP = 1 / 3

/** Longest time between two points of the history that still counts as observed, ms. */
const HISTORY_GAP = 90_000

/** What the history says. */
export function fromHistory(points: PastPoint[]): TrailPoint[] {
  // Late data writes a past anew: of a time what comes last counts.
  const byTime = new Map(points.map((p) => [timeOf(p.time) ?? 0, p]))
  return [...byTime]
    .sort(([a], [b]) => a - b)
    .map(([time, p], i, all) => ({
      x: fixedX(p.position.lon), y: fixedY(p.position.lat), time,
      unseen: i > 0 && (p.status === 'coasting' || time - all[i - 1]![0] > HISTORY_GAP),
    }))
}

interface Trail { points: TrailPoint[]; seen: number; begun: boolean }

export class Trails {
  private readonly byId = new Map<number, Trail>()

  /** Takes the picture in. `wanted` are remembered however many tracks there are. */
  take(p: Picture, wanted: ReadonlySet<number>) {
    const c = p.columns
    const all = p.size <= FEW_TRACKS
    for (const id of this.byId.keys()) if (p.slot(id) < 0 || (!all && !wanted.has(id))) this.byId.delete(id)
    const add = (s: number) => {
      const id = c.id[s]!
      let t = this.byId.get(id)
      if (!t) this.byId.set(id, (t = { points: [], seen: c.seen[s]!, begun: false }))
      const last = t.points.at(-1)
      const time = c.time[s]!
      if (last && time - last.time < EVERY) return
      const seen = c.seen[s]!
      const unseen = last !== undefined && (seen <= t.seen || seen - t.seen > Math.max(15, c.stale[s]! * GAP) * 1000)
      t.points.push({ x: c.x[s]!, y: c.y[s]!, time, unseen })
      t.seen = seen
      const oldest = t.begun ? -Infinity : p.clock - KEEP
      while (t.points.length > MOST || t.points[0]!.time < oldest) t.points.shift()
    }
    if (all) for (let s = 0; s < p.size; s++) add(s)
    else for (const id of wanted) {
      const s = p.slot(id)
      if (s >= 0) add(s)
    }
  }

  /** Puts what the history says before what the page saw itself. */
  begin(id: number, history: TrailPoint[]) {
    const t = this.byId.get(id)
    if (!t) return
    const own = t.begun ? [] : t.points
    const last = history.at(-1)?.time ?? -Infinity
    t.points = [...history, ...own.filter((q) => q.time > last)].slice(-MOST)
    t.begun = true
  }

  of(id: number): TrailPoint[] {
    return this.byId.get(id)?.points ?? []
  }

  clear() {
    this.byId.clear()
  }
}

/**
 * Segments of trails for the map: seven 32-bit words, four vertices each.
 *
 *   0, 1  i32   one end, mercator units
 *   2, 3  i32   the other
 *   4     f32   units along the trail at this end
 *   5     u8x4  red, green, blue, alpha
 *   6     u8x4  1 at the other end; 1 on the left; 1 dotted
 */
export const SEGMENT_WORDS = 7

export function segments(trails: { points: TrailPoint[]; rgb: number[]; to: { x: number; y: number } }[], fade: number): ArrayBuffer {
  let n = 0
  for (const t of trails) n += t.points.length
  const buffer = new ArrayBuffer(n * 4 * SEGMENT_WORDS * 4)
  const i32 = new Int32Array(buffer)
  const f32 = new Float32Array(buffer)
  const u8 = new Uint8Array(buffer)
  let w = 0
  for (const { points, rgb, to } of trails) {
    let length = 0
    for (let i = 0; i < points.length; i++) {
      const a = points[i]!
      const b = points[i + 1]
      const [bx, by] = b ? [b.x, b.y] : [to.x | 0, to.y | 0]
      const far = Math.hypot((bx - a.x) | 0, by - a.y)
      // Older parts are paler.
      const alpha = Math.round(255 * Math.max(0.25, 1 - (fade * (points.length - 1 - i)) / points.length))
      for (let k = 0; k < 4; k++) {
        i32[w] = a.x
        i32[w + 1] = a.y
        i32[w + 2] = bx
        i32[w + 3] = by
        f32[w + 4] = length + (k & 1 ? far : 0)
        const byte = 4 * (w + 5)
        for (let c = 0; c < 3; c++) u8[byte + c] = rgb[c]!
        u8[byte + 3] = alpha
        u8[byte + 4] = k & 1
        u8[byte + 5] = k >> 1
        u8[byte + 6] = b?.unseen ? 1 : 0
        w += SEGMENT_WORDS
      }
      length += far
    }
  }
  return buffer
}

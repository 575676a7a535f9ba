// Where a track is now: the rule of docs/protocol.md as the shader of the track
// layer has it, for picking, labels and details.

import { AIR_FLAG, LAND_FLAG, STRIDE, type Packed } from './pack'

export interface Place {
  x: number // mercator units
  y: number
  stale: boolean
}

/** Reads the vertex buffer of a picture. */
export class Places {
  readonly packed: Packed
  private readonly i32: Int32Array
  private readonly f32: Float32Array

  constructor(p: Packed) {
    this.packed = p
    this.i32 = new Int32Array(p.vertices)
    this.f32 = new Float32Array(p.vertices)
  }

  /** Where track i is at `now`, the server's clock in ms since 1970. */
  at(i: number, now: number): Place {
    const w = i * STRIDE
    const t = (now - this.packed.ref) / 1000
    const stale = this.f32[w + 4]!
    const dt = Math.max(0, Math.min(t, stale))
    return { x: this.i32[w]! + this.f32[w + 2]! * dt, y: this.i32[w + 1]! + this.f32[w + 3]! * dt, stale: t > stale }
  }

  /** Where a track is in the buffer; -1: nowhere. */
  indexOf(id: number): number {
    return this.packed.id.indexOf(id)
  }

  /** Tracks inside a box at `now`, the first drawn last; at most so many. */
  inside(west: number, north: number, east: number, south: number, now: number, most: number): number[] {
    const wide = east - west
    const out: number[] = []
    for (let i = this.packed.count - 1; i >= 0 && out.length < most; i--) {
      const p = this.at(i, now)
      if (p.y < north || p.y > south) continue
      const dx = p.x - west
      if (dx - 4294967296 * Math.floor(dx / 4294967296) <= wide) out.push(this.packed.id[i]!)
    }
    return out
  }

  /** Where track i moves, as far as the map knows: 1 water, 2 land, 3 air. */
  domain(i: number): number {
    const flags = new Uint8Array(this.packed.vertices, 4 * (i * STRIDE + 6) + 3, 1)[0]!
    return flags & AIR_FLAG ? 3 : flags & LAND_FLAG ? 2 : 1
  }

  /** How far track i goes in a second, mercator units. */
  velocity(i: number): [x: number, y: number] {
    return [this.f32[i * STRIDE + 2]!, this.f32[i * STRIDE + 3]!]
  }

  /**
   * The nearest track within `reach` units of a place, or -1. One that asks
   * for attention wins over others in reach; of equals the one drawn on top.
   * It looks at all: 50,000 take about half a millisecond, once a click.
   */
  pick(x: number, y: number, reach: number, now: number): number {
    const { count, urgent, drawn, ref } = this.packed
    const t = (now - ref) / 1000
    let best = -1
    let bestScore = Infinity
    for (let i = 0; i < count; i++) {
      const w = i * STRIDE
      const dt = Math.max(0, Math.min(t, this.f32[w + 4]!))
      const dy = this.i32[w + 1]! + this.f32[w + 3]! * dt - y
      if (dy > reach || dy < -reach) continue
      const dx = wrapped(this.i32[w]! + this.f32[w + 2]! * dt - x)
      const d2 = dx * dx + dy * dy
      if (d2 > reach * reach) continue
      const score = i >= urgent && i < drawn ? d2 / 4 : d2
      if (score <= bestScore) {
        best = i
        bestScore = score
      }
    }
    return best
  }
}

/** A difference of two mercator x, the shorter way around the world. */
export const wrapped = (dx: number): number => dx - 4294967296 * Math.round(dx / 4294967296)

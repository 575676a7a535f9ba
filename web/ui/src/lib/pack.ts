// From the picture to what the map draws: flat arrays that go to the main
// thread as they are, and the few tracks that get a label.

import { attention, title, type Picture } from './picture'
import { OWN } from './wire'

/** Times in the arrays are seconds from `ref`, so that float32 keeps milliseconds. */
export interface Packed {
  count: number
  ref: number // ms since 1970, server clock
  id: Float64Array
  place: Int32Array // x, y: mercator units
  velocity: Float32Array // x, y: mercator units a second
  time: Float32Array // of the position, and when it goes stale
  look: Uint8Array // shape, colour, alpha, size
  labels: MapLabel[]
  /** Units a second of the fastest track: how often it is worth drawing. */
  fastest: number
}

export interface MapLabel {
  index: number // in the arrays
  text: string
  /** 0: name only; 1: asks for attention; 2: selected. */
  rank: number
  priority: number
  distress: boolean
}

/** Shapes of the symbols; the layer's shader draws them. */
export const Shape = { point: 0, boat: 1, plane: 2, square: 3, drone: 4, kite: 5 } as const

/** Colours of the symbols, in the order of the layer's palette. */
export const Colour = { unknown: 0, water: 1, land: 2, air: 3, own: 4, low: 5, medium: 6, high: 7, top: 8 } as const

/** Shape by obs.Kind. */
const shapeOfKind = [
  Shape.point, Shape.boat, Shape.plane, Shape.drone, Shape.plane, Shape.drone,
  Shape.square, Shape.point, Shape.square, Shape.kite, Shape.kite,
] as const

/** Shape by track.Domain, where the kind is unknown. */
const shapeOfDomain = [Shape.point, Shape.boat, Shape.square, Shape.plane] as const

export interface Box { west: number; south: number; east: number; north: number } // mercator units; west > east wraps

export interface PackOptions {
  selected: number // id; 0: none
  view: Box | null
  maxLabels: number
}

/** Attention comes last, so that it is drawn over the rest. */
export function pack(p: Picture, o: PackOptions): Packed {
  const n = p.size
  const c = p.columns
  const ref = p.clock
  const out: Packed = {
    count: n, ref, id: new Float64Array(n), place: new Int32Array(2 * n), velocity: new Float32Array(2 * n),
    time: new Float32Array(2 * n), look: new Uint8Array(4 * n), labels: [], fastest: 0,
  }
  let low = 0
  let high = n
  const chosen: MapLabel[] = []
  const named: MapLabel[] = []
  let fastest2 = 0
  for (let s = 0; s < n; s++) {
    const priority = c.priority[s]!
    const distress = c.distress[s]! > 0
    const selected = c.id[s] === o.selected
    const urgent = attention(priority, c.distress[s]!)
    const i = urgent || selected ? --high : low++
    const vx = c.vx[s]!
    const vy = c.vy[s]!
    const v2 = vx * vx + vy * vy
    if (v2 > fastest2) fastest2 = v2
    out.id[i] = c.id[s]!
    out.place[2 * i] = c.x[s]!
    out.place[2 * i + 1] = c.y[s]!
    out.velocity[2 * i] = vx
    out.velocity[2 * i + 1] = vy
    out.time[2 * i] = (c.time[s]! - ref) / 1000
    out.time[2 * i + 1] = (p.staleAt(s) - ref) / 1000
    out.look[4 * i] = shapeOf(c.kind[s]!, c.domain[s]!)
    out.look[4 * i + 1] = colour(c.domain[s]!, c.flags[s]!, priority, distress)
    out.look[4 * i + 2] = c.status[s] === 0 ? 150 : 255
    out.look[4 * i + 3] = c.status[s] === 0 ? 200 : urgent || selected ? 255 : 230
    if (urgent || selected)
      chosen.push({ index: i, text: title(c.id[s]!, p.labels[s]!), rank: selected ? 2 : 1, priority, distress })
    else if (o.view && named.length < o.maxLabels && within(o.view, c.x[s]!, c.y[s]!))
      named.push({ index: i, text: title(c.id[s]!, p.labels[s]!), rank: 0, priority, distress })
  }
  // All of the named, or none: labels that come and go by chance mislead.
  out.labels = named.length < o.maxLabels ? [...chosen, ...named] : chosen
  out.labels.sort((a, b) => b.rank - a.rank || b.priority - a.priority).splice(o.maxLabels)
  out.fastest = Math.sqrt(fastest2)
  return out
}

export const buffersOf = (p: Packed): ArrayBuffer[] =>
  [p.id, p.place, p.velocity, p.time, p.look].map((a) => a.buffer as ArrayBuffer)

export const shapeOf = (kind: number, domain: number): number =>
  kind > 0 && kind < shapeOfKind.length ? shapeOfKind[kind]! : (shapeOfDomain[domain] ?? Shape.point)

function colour(domain: number, flags: number, priority: number, distress: boolean): number {
  if (distress) return Colour.top
  if (priority > 0) return Colour.low - 1 + Math.min(priority, 4)
  if (flags & OWN) return Colour.own
  return domain <= 3 ? domain : Colour.unknown
}

function within(b: Box, x: number, y: number): boolean {
  if (y < b.north || y > b.south) return false
  return b.west <= b.east ? x >= b.west && x <= b.east : x >= b.west || x <= b.east
}

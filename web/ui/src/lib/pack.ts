// From the picture to what the map draws: one vertex buffer that goes to the
// main thread and to the graphics as it is, and the few tracks with a label.

import { attention, title, type Picture } from './picture'
import { CORNERS, shapeOf } from './symbol'
import { OWN } from './wire'

/**
 * A vertex is seven 32-bit words, a track four vertices: the corners left,
 * front, right and back of its symbol.
 *
 *   0, 1  i32   x, y: mercator units at `ref`
 *   2, 3  f32   mercator units a second
 *   4     f32   seconds from `ref` until it goes stale and stands still
 *   5     u8x4  red, green, blue, alpha
 *   6     i8x2  corner: east and south, turned into the course, in SPREAD/127 of the symbol's size
 */
export const WORDS = 7
export const CORNERS_PER_TRACK = 4
export const STRIDE = WORDS * CORNERS_PER_TRACK
/** The farthest corner of a symbol, in its sizes. */
export const SPREAD = 1.3

export interface Packed {
  count: number
  /** Tracks from here on ask for attention or are selected: they are drawn last. */
  urgent: number
  /** Tracks from here on are not drawn: in a crowd, others of their colour cover them. */
  drawn: number
  ref: number // ms since 1970, server clock
  id: Float64Array
  vertices: ArrayBuffer
  labels: MapLabel[]
  /** Tracks inside the view: the more, the smaller their symbols. */
  seen: number
  /** Units that the fastest track moves in a second of the user's time: how often it is worth drawing. */
  fastest: number
}

export interface MapLabel {
  index: number
  text: string
  /** 0: name only; 1: asks for attention; 2: selected. */
  rank: number
  priority: number
  distress: boolean
  air: boolean
}

/** Colours of the symbols, in the order of the palette. */
export const Colour = { unknown: 0, water: 1, land: 2, air: 3, own: 4, low: 5, medium: 6, high: 7, top: 8 } as const

export interface Box { west: number; south: number; east: number; north: number } // mercator units; west > east wraps

export interface PackOptions {
  selected: number // id; 0: none
  view: Box | null
  scale: number // CSS pixels a unit
  maxLabels: number
  /** Red, green, blue from 0 to 255 for each Colour. */
  palette: Uint8Array
  /** How fast the picture's clock runs: 1 live, 0 in a replay that stands. */
  rate?: number
  /** A track that is not stale moves on so long past its limit, ms: between two frames of a fast replay. */
  grace?: number
}

export function pack(p: Picture, o: PackOptions): Packed {
  const n = p.size
  const c = p.columns
  const ref = p.clock
  const grace = (o.grace ?? 0) / 1000
  const order = drawingOrder(p, o)
  const out: Packed = {
    count: n, urgent: order.urgent, drawn: order.drawn, ref, id: new Float64Array(n), vertices: new ArrayBuffer(n * STRIDE * 4), labels: [], seen: 0, fastest: 0,
  }
  const i32 = new Int32Array(out.vertices)
  const f32 = new Float32Array(out.vertices)
  const u8 = new Uint8Array(out.vertices)
  const i8 = new Int8Array(out.vertices)
  const chosen: MapLabel[] = []
  const named: MapLabel[] = []
  let fastest2 = 0
  for (let i = 0; i < n; i++) {
    const s = order.slots[i]!
    const vx = c.vx[s]!
    const vy = c.vy[s]!
    const v2 = vx * vx + vy * vy
    const valid = (p.staleAt(s) - ref) / 1000
    const left = valid > 0 ? valid + grace : valid
    if (v2 > fastest2 && left > 0) fastest2 = v2
    // The shader moves all from one time on: bring each there.
    const since = Math.max(0, Math.min((ref - c.time[s]!) / 1000, left + (ref - c.time[s]!) / 1000))
    const x = (c.x[s]! + vx * since) | 0
    const y = c.y[s]! + vy * since
    const rgb = 3 * colourOf(c.domain[s]!, c.flags[s]!, c.priority[s]!, c.distress[s]! > 0)
    const tentative = c.status[s] === 0
    const v = Math.sqrt(v2)
    const ahead = v > 0 ? vx / v : 0 // east, south
    const down = v > 0 ? vy / v : -1
    const size = (tentative ? 95 : 127) / SPREAD
    const corners = CORNERS[shapeOf(c.kind[s]!, c.domain[s]!)]!
    for (let k = 0; k < CORNERS_PER_TRACK; k++) {
      const w = i * STRIDE + k * WORDS
      i32[w] = x
      i32[w + 1] = y
      f32[w + 2] = vx
      f32[w + 3] = vy
      f32[w + 4] = left
      const b = 4 * (w + 5)
      u8[b] = o.palette[rgb]!
      u8[b + 1] = o.palette[rgb + 1]!
      u8[b + 2] = o.palette[rgb + 2]!
      u8[b + 3] = tentative ? 150 : 255
      const [right, forward] = corners[k]!
      i8[b + 4] = Math.round(size * (ahead * forward - down * right))
      i8[b + 5] = Math.round(size * (down * forward + ahead * right))
    }
    out.id[i] = c.id[s]!
    const seen = !o.view || within(o.view, c.x[s]!, c.y[s]!)
    if (seen) out.seen++
    if (i >= order.urgent && i < order.drawn) chosen.push(labelOf(p, s, i, o.selected))
    else if (seen && named.length < o.maxLabels) named.push(labelOf(p, s, i, o.selected))
  }
  // All of the named, or none: labels that come and go by chance mislead.
  out.labels = named.length < o.maxLabels ? [...chosen, ...named] : chosen
  out.labels.sort((a, b) => b.rank - a.rank || b.priority - a.priority).splice(o.maxLabels)
  out.fastest = Math.sqrt(fastest2) * (o.rate ?? 1)
  return out
}

interface Order {
  slots: Uint32Array
  urgent: number
  drawn: number
}

/** Slots in the order of drawing: what asks for attention last. */
function drawingOrder(p: Picture, o: PackOptions): Order {
  const n = p.size
  const c = p.columns
  const calm = (s: number) => !attention(c.priority[s]!, c.distress[s]!) && c.id[s] !== o.selected
  if (n > CROWD && o.view) return crowdOrder(p, o, o.view, calm)
  const slots = new Uint32Array(n)
  let urgent = 0
  for (let s = 0; s < n; s++) if (calm(s)) slots[urgent++] = s
  let at = urgent
  for (let s = 0; s < n; s++) if (!calm(s)) slots[at++] = s
  return { slots, urgent, drawn: n }
}

const TILE = 64 // pixels
const TILES = 48 // across and down: a view of 2,000 pixels and what is sent around it
const CELL = 3 // pixels
const CELLS = (TILES * TILE) / CELL

/**
 * A crowd is ordered by tiles of the screen, which halves the time that
 * software rendering takes: neighbours share its caches, and its threads do
 * not wait for one another. Of calm tracks of one colour within three pixels
 * of one another one is drawn: the others would be under it.
 */
function crowdOrder(p: Picture, o: PackOptions, view: Box, calm: (s: number) => boolean): Order {
  const n = p.size
  const c = p.columns
  const taken = new Uint16Array(CELLS * CELLS) // a bit for each colour
  const tile = new Int16Array(n) // -1: urgent, -2: hidden
  const starts = new Uint32Array(TILES * TILES + 1)
  const margin = (TILES * TILE) / 4
  const tileOf = (pixels: number) => Math.max(0, Math.min(TILES - 1, Math.floor(pixels / TILE)))
  let urgent = 0
  let hidden = 0
  for (let s = 0; s < n; s++) {
    if (!calm(s)) {
      tile[s] = -1
      continue
    }
    const x = ((c.x[s]! - view.west) | 0) * o.scale + margin
    const y = (c.y[s]! - view.north) * o.scale + margin
    const cx = Math.floor(x / CELL)
    const cy = Math.floor(y / CELL)
    if (cx >= 0 && cy >= 0 && cx < CELLS && cy < CELLS) {
      const bit = 1 << colourOf(c.domain[s]!, c.flags[s]!, 0, false)
      if (taken[cy * CELLS + cx]! & bit) {
        tile[s] = -2
        hidden++
        continue
      }
      taken[cy * CELLS + cx]! |= bit
    }
    tile[s] = tileOf(y) * TILES + tileOf(x)
    starts[tile[s]! + 1]!++
    urgent++
  }
  for (let k = 1; k < starts.length; k++) starts[k]! += starts[k - 1]!
  const slots = new Uint32Array(n)
  let late = urgent
  let last = n - hidden
  for (let s = 0; s < n; s++) {
    if (tile[s] === -1) slots[late++] = s
    else if (tile[s] === -2) slots[last++] = s
    else slots[starts[tile[s]!]!++] = s
  }
  return { slots, urgent, drawn: n - hidden }
}

/** More tracks than this are a crowd: drawn as plain triangles, in order of place. */
export const CROWD = 4000

const labelOf = (p: Picture, s: number, index: number, selected: number): MapLabel => ({
  index, text: title(p.columns.id[s]!, p.labels[s]!),
  rank: p.columns.id[s] === selected ? 2 : attention(p.columns.priority[s]!, p.columns.distress[s]!) ? 1 : 0,
  priority: p.columns.priority[s]!, distress: p.columns.distress[s]! > 0, air: p.columns.domain[s] === 3,
})

function colourOf(domain: number, flags: number, priority: number, distress: boolean): number {
  if (distress) return Colour.top
  if (priority > 0) return Colour.low - 1 + Math.min(priority, 4)
  if (flags & OWN) return Colour.own
  return domain <= 3 ? domain : Colour.unknown
}

function within(b: Box, x: number, y: number): boolean {
  if (y < b.north || y > b.south) return false
  return b.west <= b.east ? x >= b.west && x <= b.east : x >= b.west || x <= b.east
}

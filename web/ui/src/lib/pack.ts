// From the picture to what the map draws: one vertex buffer that goes to the
// main thread and to the graphics as it is, the names with their places, and
// where there is no room for symbols how dense the tracks lie.

import { DOT_WORDS, TURNS } from './crowd'
import { densityOf, type Density } from './density'
import { attention, title, type Picture } from './picture'
import { Placer, spread, type Candidate } from './place'
import { CELLS as SYMBOLS, CORNERS, cellAt, cellTable, colourOf, ofCell, turns, type SymbolSet } from './symbol'
import { NO_COURSE, OWN } from './wire'

/**
 * A vertex is seven 32-bit words, a track four vertices: the corners of the
 * square that its symbol is drawn in (left and right of the back, left and
 * right of the front), or where many calm ones are drawn plainly the left,
 * front, right and back corner of a shape.
 *
 *   0, 1  i32   x, y: mercator units at `ref`
 *   2, 3  f32   mercator units a second
 *   4     f32   seconds from `ref` until it goes stale and stands still
 *   5     u8x4  red, green, blue, alpha
 *   6     i8x2  corner: east and south, turned into the course, in SPREAD/127 of the symbol's size
 *         u8    cell of the symbol in the atlas
 *         u8    1: the square is a wide one, with rings; 2: in the air; 4: on land; 8: 256 more to the cell
 */
export const WORDS = 7
export const CORNERS_PER_TRACK = 4
export const STRIDE = WORDS * CORNERS_PER_TRACK
/** Half a side of a symbol's square, in its sizes: calm, and with rings around it. */
export const SQUARE = 1.2
export const WIDE = 1.75
/** The farthest corner of a symbol, in its sizes. */
export const SPREAD = WIDE * Math.SQRT2
export const WIDE_FLAG = 1
export const AIR_FLAG = 2
export const LAND_FLAG = 4
export const FAR_FLAG = 8

export interface Packed {
  count: number
  /** Tracks from here on ask for attention, are ours or are selected: they are drawn last, and always. */
  urgent: number
  /** Tracks from here on are not drawn: in a crowd, others of their colour cover them; or the density shows them. */
  drawn: number
  ref: number // ms since 1970, server clock
  id: Float64Array
  vertices: ArrayBuffer
  labels: MapLabel[]
  /** Where there are more tracks than room for symbols. */
  density: Density | null
  set: SymbolSet
  /** Calm tracks are plain shapes, without outline: there are many of them. */
  plain: boolean
  /** The plain shapes are painted from `dots` (crowd.ts), and not from the vertices. */
  painted: boolean
  dots: ArrayBuffer
  /** Tracks inside the view: the more, the smaller their symbols. */
  seen: number
  /** Units that the fastest track moves in a second of the user's time: how often it is worth drawing. */
  fastest: number
  /** Segments of trails, as trail.ts packs them. */
  trails: ArrayBuffer
}

/** A track that has more than its symbol. */
export interface MapLabel {
  index: number
  /** Empty: no room for a name. */
  text: string
  /** From the symbol to the left end and the middle line of the name, CSS pixels. */
  dx: number
  dy: number
  /** What it has its name for: an entry of Rank. */
  rank: number
  priority: number
  distress: boolean
  own: boolean
}

/** Why a track is named, the lesser first. */
export const Rank = { few: 0, pointer: 1, named: 2, own: 3, group: 4, selected: 5, alert: 6 } as const

export interface Box { west: number; south: number; east: number; north: number } // mercator units; west > east wraps

export interface PackOptions {
  selected: number // id; 0: none
  /** Tracks chosen together, or followed. */
  group?: ReadonlySet<number>
  view: Box | null
  scale: number // CSS pixels a unit
  /** Of the view, CSS pixels. */
  width: number
  height: number
  /** Of the symbols, CSS pixels. */
  radius?: (seen: number) => number
  /** Where the pointer is, CSS pixels of the view. */
  pointer?: { x: number; y: number } | null
  maxLabels: number
  /** Names of what does not ask for attention too. */
  names?: boolean
  /** Red, green, blue from 0 to 255 for each Colour. */
  palette: Uint8Array
  set?: SymbolSet
  density?: DensityMode
  /** With more tracks in view than this the calm ones are drawn as plain shapes. */
  detail?: number
  /** The plain shapes are painted by the processor. */
  painted?: boolean
  measure?: (text: string) => number
  /** How fast the picture's clock runs: 1 live, 0 in a replay that stands. */
  rate?: number
  /** A track that is not stale moves on so long past its limit, ms: between two frames of a fast replay. */
  grace?: number
}

export type DensityMode = 'auto' | 'never'

/** What packing remembers from one picture to the next, so that nothing flickers. */
export class PackMemory {
  readonly placer = new Placer()
  dense = false
  plain = false
}

/** More tracks than this are a crowd: drawn as plain triangles, in order of place. */
export const CROWD = 4000
/** Share of `detail` down to which plain shapes stay. */
const PLAIN_STAYS = 0.8
/** With so few in view every track is named. */
export const FEW = 40
const NEAR_POINTER = 48 // CSS pixels

export function pack(p: Picture, o: PackOptions, memory = new PackMemory()): Packed {
  const n = p.size
  const c = p.columns
  const ref = p.clock
  const grace = (o.grace ?? 0) / 1000
  const set = o.set ?? 'civil'
  const order = drawingOrder(p, o, memory)
  const out: Packed = {
    count: n, urgent: order.urgent, drawn: order.drawn, ref, id: new Float64Array(n), vertices: new ArrayBuffer(n * STRIDE * 4), labels: [],
    density: order.density, set, plain: order.plain, painted: order.plain && o.painted === true, dots: new ArrayBuffer(0), seen: 0, fastest: 0,
    trails: new ArrayBuffer(0),
  }
  const i32 = new Int32Array(out.vertices)
  const f32 = new Float32Array(out.vertices)
  const u8 = new Uint8Array(out.vertices)
  const i8 = new Int8Array(out.vertices)
  const seen: number[] = [] // places in the order
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
    const directed = c.course[s] !== NO_COURSE
    const domain = c.domain[s]!
    const rgb = 3 * colourOf(domain, c.flags[s]!, c.priority[s]!, c.distress[s]!)
    const plain = order.plain && i < order.urgent
    const ring = c.distress[s] || c.priority[s]! > 2 ? 2 : c.priority[s] ? 1 : 0
    const cell = cellTable[cellAt(c.kind[s]!, domain, c.status[s]!, c.flags[s]!, ring, directed ? 1 : 0)]!
    let ahead = 0 // east, south
    let down = -1
    if (directed && (plain || (set === 'civil' && turning[cell]))) {
      const a = (c.course[s]! * Math.PI) / 18000
      ahead = Math.sin(a)
      down = -Math.cos(a)
    }
    const wide = ring > 0 || set === 'military'
    const half = wide ? WIDE : SQUARE
    const shape = plain ? CORNERS[domain] ?? CORNERS[0]! : null
    const alpha = plain && c.status[s] === 0 ? 150 : 255
    const flags = (wide ? WIDE_FLAG : 0) | (domain === 3 ? AIR_FLAG : domain === 2 ? LAND_FLAG : 0) | (cell > 255 ? FAR_FLAG : 0)
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
      u8[b + 3] = alpha
      const corner = shape?.[k]
      const right = corner ? corner[0] : k & 1 ? half : -half
      const forward = corner ? corner[1] : k & 2 ? half : -half
      i8[b + 4] = Math.round(((ahead * forward - down * right) * 127) / SPREAD)
      i8[b + 5] = Math.round(((down * forward + ahead * right) * 127) / SPREAD)
      u8[b + 6] = cell & 255
      u8[b + 7] = flags
    }
    out.id[i] = c.id[s]!
    if (!o.view || within(o.view, c.x[s]!, c.y[s]!)) seen.push(i)
  }
  if (out.painted) out.dots = dots(out.vertices, order, c.course, c.domain)
  out.seen = seen.length
  out.fastest = Math.sqrt(fastest2) * (o.rate ?? 1)
  out.labels = labels(p, o, memory, order, seen, i32)
  return out
}

/** The calm tracks, as they are painted: crowd.ts. */
function dots(vertices: ArrayBuffer, order: Order, course: ArrayLike<number>, domain: ArrayLike<number>): ArrayBuffer {
  const from = new Uint32Array(vertices)
  const out = new Uint32Array(order.urgent * DOT_WORDS)
  for (let i = 0; i < order.urgent; i++) {
    const s = order.slots[i]!
    const w = i * DOT_WORDS
    for (let k = 0; k < 6; k++) out[w + k] = from[i * STRIDE + k]! // as in a vertex
    const turn = course[s] === NO_COURSE ? 0 : Math.round((course[s]! * TURNS) / 36_000) % TURNS
    out[w + 6] = (domain[s]! < CORNERS.length ? domain[s]! : 0) | (turn << 8)
  }
  return out.buffer
}

interface Order {
  slots: Uint32Array
  urgent: number
  drawn: number
  plain: boolean
  density: Density | null
}

/** Slots in the order of drawing: what asks for attention last. */
function drawingOrder(p: Picture, o: PackOptions, memory: PackMemory): Order {
  const n = p.size
  const c = p.columns
  const group = o.group?.size ? o.group : null
  const calm = (s: number) =>
    !attention(c.priority[s]!, c.distress[s]!) && !(c.flags[s]! & OWN) && c.id[s] !== o.selected && !group?.has(c.id[s]!)
  if (n > CROWD && o.view) return crowdOrder(p, o, o.view, calm, memory)
  memory.dense = false
  const slots = new Uint32Array(n)
  let urgent = 0
  for (let s = 0; s < n; s++) if (calm(s)) slots[urgent++] = s
  let at = urgent
  for (let s = 0; s < n; s++) if (!calm(s)) slots[at++] = s
  memory.plain = n > CROWD || inView(p, o) > (o.detail ?? CROWD) * (memory.plain ? PLAIN_STAYS : 1)
  return { slots, urgent, drawn: n, plain: memory.plain, density: null }
}

function inView(p: Picture, o: PackOptions): number {
  if (!o.view) return p.size
  let seen = 0
  for (let s = 0; s < p.size; s++) if (within(o.view, p.columns.x[s]!, p.columns.y[s]!)) seen++
  return seen
}

const TILE = 64 // pixels
const TILES = 48 // across and down: a view of 2,000 pixels and what is sent around it
const CELL = 3 // pixels
const CELLS = (TILES * TILE) / CELL
/** Share of hidden tracks from which the density is shown instead, and down to which it stays. */
const DENSE = 0.5
const SPARSE = 0.4

/**
 * A crowd is ordered by tiles of the screen, which halves the time that
 * software rendering takes: neighbours share its caches, and its threads do
 * not wait for one another. Of calm tracks of one colour within three pixels
 * of one another one is drawn: the others would be under it. Where that hides
 * most of them, the density is drawn in place of all calm ones.
 */
function crowdOrder(p: Picture, o: PackOptions, view: Box, calm: (s: number) => boolean, memory: PackMemory): Order {
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
      const bit = 1 << colourOf(c.domain[s]!, c.flags[s]!, 0, 0)
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
  const share = hidden / Math.max(1, hidden + urgent)
  memory.dense = o.density !== 'never' && share > (memory.dense ? SPARSE : DENSE)
  const slots = new Uint32Array(n)
  if (memory.dense) {
    let first = 0
    let last = n
    for (let s = 0; s < n; s++) slots[tile[s] === -1 ? first++ : --last] = s
    return { slots, urgent: 0, drawn: first, plain: true, density: densityOf(p, o.view!, o.scale, calm) }
  }
  for (let k = 1; k < starts.length; k++) starts[k]! += starts[k - 1]!
  let late = urgent
  let last = n - hidden
  for (let s = 0; s < n; s++) {
    if (tile[s] === -1) slots[late++] = s
    else if (tile[s] === -2) slots[last++] = s
    else slots[starts[tile[s]!]!++] = s
  }
  return { slots, urgent, drawn: n - hidden, plain: true, density: null }
}

/** Width of text where nobody measures it. */
const roughly = (text: string) => 6.4 * text.length

/** Names for what matters, and for others where there is room. */
function labels(p: Picture, o: PackOptions, memory: PackMemory, order: Order, seen: number[], i32: Int32Array): MapLabel[] {
  const c = p.columns
  const few = seen.length <= FEW
  const candidates: (Candidate & { index: number; slot: number })[] = []
  const radius = o.radius?.(seen.length) ?? 8
  const symbols = new Float32Array(Math.min(seen.length, 4000) * 2)
  const spare = o.maxLabels * 6 // named ones that are considered
  let named = 0
  for (const i of seen) if (isNamed(p, order.slots[i]!)) named++
  // Of a crowd of them the same few everywhere: half, a quarter, an eighth.
  const thin = 2 ** 32 / 2 ** Math.max(0, Math.ceil(Math.log2(named / spare)))
  const consider = (i: number, inView: boolean) => {
    const s = order.slots[i]!
    const urgent = i >= order.urgent && i < order.drawn
    const x = o.view ? ((i32[i * STRIDE]! - o.view.west) | 0) * o.scale : 0
    const y = o.view ? (i32[i * STRIDE + 1]! - o.view.north) * o.scale : 0
    const rank = rankOf(p, s, o, x, y, few)
    if (rank < 0) return
    if (!urgent && rank === Rank.named && spread(c.id[s]!) >= thin) return
    // What is ours or asks for attention may be far away: it is told, not named.
    if (!inView && !urgent) return
    candidates.push({ id: c.id[s]!, rank: 10 * rank + c.priority[s]!, x, y, text: title(c.id[s]!, p.labels[s]!), must: rank >= Rank.group, index: i, slot: s })
  }
  let k = 0
  for (const i of seen) {
    if (2 * k < symbols.length && i < order.drawn) {
      symbols[2 * k] = ((i32[i * STRIDE]! - (o.view?.west ?? 0)) | 0) * o.scale
      symbols[2 * k + 1] = (i32[i * STRIDE + 1]! - (o.view?.north ?? 0)) * o.scale
      k++
    }
    // With the density instead of symbols, only what is drawn has a name.
    if (i < order.drawn) consider(i, true)
  }
  const inside = new Set(seen.filter((i) => i >= order.urgent))
  for (let i = order.urgent; i < order.drawn; i++) if (!inside.has(i)) consider(i, false)
  const placed = memory.placer.place(candidates, symbols.subarray(0, 2 * k), {
    width: o.width, height: o.height, radius, measure: o.measure ?? roughly, most: o.maxLabels,
  })
  const spots = new Map(placed.map((q) => [q.candidate, q]))
  return candidates
    .map((q, i): MapLabel => {
      const spot = spots.get(i)
      return {
        index: q.index, text: spot ? q.text : '', dx: spot?.dx ?? 0, dy: spot?.dy ?? 0,
        rank: Math.floor(q.rank / 10), priority: c.priority[q.slot]!, distress: c.distress[q.slot]! > 0,
        own: (c.flags[q.slot]! & OWN) > 0,
      }
    })
    .filter((l) => l.text || l.rank >= Rank.own)
    .sort((a, b) => b.rank - a.rank || b.priority - a.priority)
    .slice(0, o.maxLabels)
}

function isNamed(p: Picture, slot: number): boolean {
  const l = p.labels[slot]!
  return l.name !== undefined || l.callsign !== undefined
}

function rankOf(p: Picture, s: number, o: PackOptions, x: number, y: number, few: boolean): number {
  const c = p.columns
  const id = c.id[s]!
  if (attention(c.priority[s]!, c.distress[s]!)) return Rank.alert
  if (id === o.selected) return Rank.selected
  if (o.group?.has(id)) return Rank.group
  if (c.flags[s]! & OWN) return Rank.own
  if (o.names === false) return -1
  if (isNamed(p, s)) return Rank.named
  if (o.pointer && Math.abs(x - o.pointer.x) < NEAR_POINTER && Math.abs(y - o.pointer.y) < NEAR_POINTER) return Rank.pointer
  return few ? Rank.few : -1
}

/** Whether a symbol is turned into the course, by cell. */
const turning = Uint8Array.from({ length: SYMBOLS }, (_, cell) => (turns(ofCell(cell).shape) ? 1 : 0))

function within(b: Box, x: number, y: number): boolean {
  if (y < b.north || y > b.south) return false
  return b.west <= b.east ? x >= b.west && x <= b.east : x >= b.west || x <= b.east
}

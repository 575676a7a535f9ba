// Where names stand: none covers another, the important ones first, and a name
// that stood somewhere stays there while it can, so that nothing flickers.
//
// Places are tried in order of preference: right of the symbol, left, above
// and below, and for what must have a name farther out, with a leader line.
// Of the places that are free one that covers fewer symbols is better.

export interface Candidate {
  id: number
  /** Higher goes first. */
  rank: number
  /** Of the symbol, CSS pixels of the screen. */
  x: number
  y: number
  text: string
  /** Looks for a place farther out when none is free near the symbol. */
  must: boolean
}

export interface Placed {
  candidate: number // index
  /** From the symbol's middle to the left end of the text, and to its middle line. */
  dx: number
  dy: number
}

export interface PlaceOptions {
  width: number
  height: number
  /** Of the symbols, CSS pixels. */
  radius: number
  /** Width of a text, CSS pixels. */
  measure: (text: string) => number
  /** Most names in all. */
  most: number
}

const HALF = 8 // height of a name above and below its middle
const GAP = 5 // between symbol and name
const FAR = [34, 62, 96]
const DENSE = 128 // pixels of a tile
const MOST_A_TILE = 4 // calm names
const CELL = 12 // pixels of the grid of symbols

type Spot = (w: number, r: number) => [dx: number, dy: number]
const NEAR: Spot[] = [
  (_, r) => [r + GAP, 0],
  (w, r) => [-r - GAP - w, 0],
  (w, r) => [-w / 2, -r - HALF - 1],
  (w, r) => [-w / 2, r + HALF + 1],
  (_, r) => [r, -r - 5],
  (_, r) => [r, r + 5],
]
const OUT: Spot[] = FAR.flatMap((far) =>
  [30, -30, 150, -150, 75, -75, 105, -105].map((deg): Spot => {
    const [c, s] = [Math.cos((deg * Math.PI) / 180), Math.sin((deg * Math.PI) / 180)]
    return (w, r) => [(r + far) * c - (c < 0 ? w : 0), -(r + far) * s]
  }))

/** An order of tracks that has nothing to do with where they are: a crowd is named all over. */
export const spread = (id: number): number => Math.imul(id, 0x9e3779b1) >>> 0

/** Keeps where names stood. */
export class Placer {
  private before = new Map<number, number>() // spot by id

  /** Places names. `symbols` are x, y of all symbols near the screen. */
  place(candidates: Candidate[], symbols: Float32Array, o: PlaceOptions): Placed[] {
    const crowd = new Crowd(symbols, o)
    const taken = new Boxes(o)
    const kept = (c: Candidate) => (this.before.has(c.id) ? 1 : 0)
    const order = candidates.map((_, i) => i).sort((a, b) => {
      const [p, q] = [candidates[a]!, candidates[b]!]
      return q.rank - p.rank || kept(q) - kept(p) || spread(p.id) - spread(q.id)
    })
    const out: Placed[] = []
    const now = new Map<number, number>()
    for (const i of order) {
      if (out.length >= o.most) break
      const c = candidates[i]!
      if (c.x < -60 || c.y < -30 || c.x > o.width + 60 || c.y > o.height + 30) continue
      if (!c.must && taken.dense(c.x, c.y)) continue
      const w = o.measure(c.text)
      const spot = this.spot(c, w, crowd, taken, o.radius)
      if (spot < 0) continue
      const [dx, dy] = at(spot)(w, o.radius)
      taken.add(c.x + dx, c.y + dy, w, c.must)
      now.set(c.id, spot)
      out.push({ candidate: i, dx, dy })
    }
    this.before = now
    return out
  }

  private spot(c: Candidate, w: number, crowd: Crowd, taken: Boxes, r: number): number {
    const free = (k: number) => {
      const [dx, dy] = at(k)(w, r)
      return taken.free(c.x + dx, c.y + dy, w)
    }
    const last = this.before.get(c.id)
    if (last !== undefined && free(last)) return last
    let best = -1
    let fewest = Infinity
    for (let k = 0; k < NEAR.length; k++) {
      if (!free(k)) continue
      const [dx, dy] = at(k)(w, r)
      const covers = crowd.under(c.x + dx, c.y + dy, w) + k / 8
      if (covers < fewest) {
        fewest = covers
        best = k
      }
    }
    if (best >= 0 || !c.must) return best
    for (let k = NEAR.length; k < NEAR.length + OUT.length; k++) if (free(k)) return k
    return -1
  }
}

const at = (k: number): Spot => (k < NEAR.length ? NEAR[k]! : OUT[k - NEAR.length]!)

/** Boxes that are taken, by rows of the screen. */
class Boxes {
  private readonly rows: number[][]
  private readonly tiles = new Map<number, number>()
  private readonly height: number

  constructor(o: PlaceOptions) {
    this.height = 4 * HALF
    this.rows = Array.from({ length: Math.ceil((o.height + 400) / this.height) + 2 }, () => [])
  }

  private row(y: number): number {
    return Math.max(0, Math.min(this.rows.length - 1, Math.floor((y + 200) / this.height)))
  }

  free(x: number, y: number, w: number): boolean {
    for (let k = this.row(y - HALF); k <= this.row(y + HALF); k++) {
      const boxes = this.rows[k]!
      for (let i = 0; i < boxes.length; i += 3) {
        const [bx, by, bw] = [boxes[i]!, boxes[i + 1]!, boxes[i + 2]!]
        if (x < bx + bw + 4 && bx < x + w + 4 && Math.abs(y - by) < 2 * HALF) return false
      }
    }
    return true
  }

  add(x: number, y: number, w: number, must: boolean) {
    for (let k = this.row(y - HALF); k <= this.row(y + HALF); k++) this.rows[k]!.push(x, y, w)
    if (must) return
    const t = this.tile(x, y)
    this.tiles.set(t, (this.tiles.get(t) ?? 0) + 1)
  }

  dense(x: number, y: number): boolean {
    return (this.tiles.get(this.tile(x, y)) ?? 0) >= MOST_A_TILE
  }

  private tile(x: number, y: number): number {
    return Math.floor(x / DENSE) + 1000 * Math.floor(y / DENSE)
  }
}

/** Where symbols are, to a cell. */
class Crowd {
  private readonly columns: number
  private readonly cells: Uint8Array

  constructor(symbols: Float32Array, o: PlaceOptions) {
    this.columns = Math.ceil(o.width / CELL) + 1
    const rows = Math.ceil(o.height / CELL) + 1
    this.cells = new Uint8Array(this.columns * rows)
    for (let i = 0; i < symbols.length; i += 2) {
      const x = Math.floor(symbols[i]! / CELL)
      const y = Math.floor(symbols[i + 1]! / CELL)
      if (x >= 0 && y >= 0 && x < this.columns && y < rows && this.cells[y * this.columns + x]! < 255) this.cells[y * this.columns + x]!++
    }
  }

  /** Symbols that a name would cover. */
  under(x: number, y: number, w: number): number {
    let n = 0
    const first = Math.max(0, Math.floor(x / CELL))
    const last = Math.min(this.columns - 1, Math.floor((x + w) / CELL))
    for (const row of [Math.floor((y - 5) / CELL), Math.floor((y + 5) / CELL)]) {
      if (row < 0) continue
      for (let k = first; k <= last; k++) n += this.cells[row * this.columns + k] ?? 0
    }
    return n
  }
}

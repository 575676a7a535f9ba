// How dense tracks lie, for views with more of them than there is room for
// symbols. The cells lie on a grid of the world, so that nothing swims when
// the map moves.

import type { Box } from './pack'
import type { Picture } from './picture'

export interface Density {
  /** North-west corner, mercator units. */
  x: number
  y: number
  /** Side of a cell, units. */
  side: number
  columns: number
  rows: number
  /** Row by row from the north: 0 nothing, 255 as dense as it is told. */
  cells: Uint8Array
}

const PIXELS = 8 // least side of a cell
const MOST = 400 // cells across or down
/** So many tracks in a cell are as dense as it is told. */
export const FULL = 64

/** Counts the tracks that `counts` takes, in the view and a quarter around it. */
export function densityOf(p: Picture, view: Box, scale: number, counts: (slot: number) => boolean): Density {
  const side = 2 ** Math.ceil(Math.log2(PIXELS / scale))
  const wide = view.east >= view.west ? view.east - view.west : view.east - view.west + 4294967296
  const high = view.south - view.north
  const down = (v: number) => Math.floor(v / side) * side
  const x = down(view.west - wide / 4)
  const y = down(view.north - high / 4)
  const columns = Math.min(MOST, Math.ceil((wide * 1.5) / side) + 1)
  const rows = Math.min(MOST, Math.ceil((high * 1.5) / side) + 1)
  const counted = new Uint16Array(columns * rows)
  const c = p.columns
  for (let s = 0; s < p.size; s++) {
    if (!counts(s)) continue
    const column = Math.floor(((c.x[s]! - x) >>> 0) / side)
    const row = Math.floor((c.y[s]! - y) / side)
    if (column >= columns || row < 0 || row >= rows) continue
    const at = row * columns + column
    if (counted[at]! < 65535) counted[at]!++
  }
  const cells = Uint8Array.from(counted, (n) => (n === 0 ? 0 : Math.min(255, Math.round((255 * Math.log2(1 + n)) / Math.log2(1 + FULL)))))
  return { x: x | 0, y, side, columns, rows, cells }
}

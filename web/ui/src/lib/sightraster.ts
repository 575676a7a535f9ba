// What is seen from a place, by the least height at which a target shows in
// each pixel: another height of the target is another threshold, and no new
// work for the server.

import type { Viewshed } from './api'
import { WORLD, fixedX, fixedY, latOf } from './mercator'

const PER_METRE = 10
const UNKNOWN = 65535

/** Heights that the slider offers, metres. */
export const HEIGHTS: readonly number[] = [0, 0.5, 1, 1.5, 1.7, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 700, 1000, 1500, 2000, 3000]

/** Targets that people think of, with their heights in metres. */
export const TARGETS = { man: 1.7, truck: 3, boat: 1.5, drone: 120 } as const
export type Target = keyof typeof TARGETS

/** The slider's step nearest to a height. */
export const stepOf = (metres: number): number =>
  HEIGHTS.reduce((best, h, i) => (Math.abs(h - metres) < Math.abs(HEIGHTS[best]! - metres) ? i : best), 0)

/** Areas in square metres. */
export interface Areas { seen: number; perhaps: number; known: number }

/** Red, green, blue from 0 to 255. */
export type Rgb = [number, number, number]

export class SightRaster {
  readonly viewshed: Viewshed
  private readonly values: Uint16Array
  /** Their standard deviations. */
  private readonly doubts: Uint16Array
  /** Ground area of a pixel in each row, m². */
  private readonly area: Float64Array

  constructor(viewshed: Viewshed, values: Uint16Array) {
    const { width, height, bounds: [west, south, east, north] } = viewshed.raster
    if (values.length !== 2 * width * height) throw new Error(`a raster of ${width} by ${height} has ${values.length} values`)
    this.viewshed = viewshed
    this.values = values.subarray(0, width * height)
    this.doubts = values.subarray(width * height)
    const x0 = fixedX(west), y0 = fixedY(north)
    const w = (((fixedX(east) - x0) | 0) >>> 0) / width
    const h = (fixedY(south) - y0) / height
    const metre = (2 * Math.PI * 6378137) / WORLD // a unit at the equator
    this.area = Float64Array.from({ length: height }, (_, row) => w * h * (metre * Math.cos((latOf(y0 + (row + 0.5) * h) * Math.PI) / 180)) ** 2)
  }

  /**
   * Colours an image for a target's height: what is seen, in stripes what is
   * in doubt by one standard deviation, nothing elsewhere. Where the ground
   * itself shows it may be hidden as well: by how much it stands out is not known.
   */
  paint(image: Uint32Array, target: number, colour: Rgb): Areas {
    const { values, doubts, area } = this
    const { width, height } = this.viewshed.raster
    const [r, g, b] = colour
    const full = ((0x59 << 24) | (b << 16) | (g << 8) | r) >>> 0
    const half = ((0x59 << 24) | (b << 16) | (g << 8) | r) >>> 0
    const most = Math.round(target * PER_METRE)
    const out: Areas = { seen: 0, perhaps: 0, known: 0 }
    for (let y = 0; y < height; y++) {
      let seen = 0, perhaps = 0, known = 0
      for (let x = 0, i = y * width; x < width; x++, i++) {
        const v = values[i]!
        let to = 0
        if (v !== UNKNOWN) {
          known++
          const doubt = doubts[i] === UNKNOWN ? 0 : doubts[i]!
          if (v === 0 || v + doubt <= most) {
            seen++
            to = full
          } else if (v - doubt <= most) {
            perhaps++
            if ((x + y) & 2) to = half
          }
        }
        image[i] = to
      }
      out.seen += seen * area[y]!
      out.perhaps += perhaps * area[y]!
      out.known += known * area[y]!
    }
    return out
  }

  /** The least height at which a target shows at a place, metres; null: not known. */
  at(lat: number, lon: number): number | null {
    const { width, height, bounds: [west, south, east, north] } = this.viewshed.raster
    const y0 = fixedY(north), x0 = fixedX(west)
    const x = Math.floor((((fixedX(lon) - x0) | 0) / (((fixedX(east) - x0) | 0) >>> 0)) * width)
    const y = Math.floor(((fixedY(lat) - y0) / (fixedY(south) - y0)) * height)
    if (x < 0 || y < 0 || x >= width || y >= height) return null
    const v = this.values[y * width + x]!
    return v === UNKNOWN ? null : v / PER_METRE
  }
}

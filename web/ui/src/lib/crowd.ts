// Plain shapes of many tracks, drawn by the processor. Where WebGL is drawn by
// the processor too (SwiftShader), a triangle of a few pixels costs it a
// microsecond: 40,000 take 40 ms of processor time a frame. Here each track is
// a stamp, a small mask made once for its shape, course and place within the
// pixel, and as many take a few milliseconds, with smooth edges.

import { CORNERS } from './symbol'

/**
 * A dot is seven 32-bit words:
 *
 *   0, 1  i32   x, y: mercator units at the picture's reference time
 *   2, 3  f32   mercator units a second
 *   4     f32   seconds from the reference time until it goes stale and stands still
 *   5     u8x4  red, green, blue, alpha
 *   6     u8    shape: an index of CORNERS
 *         u8    course, in TURNS of a circle
 */
export const DOT_WORDS = 7
export const TURNS = 32
/** Alpha of what is stale. */
export const FADED = 0.4

/** Where the image looks, and when; what is in pixels is in pixels of the image. */
export interface CrowdView {
  x: number // centre, mercator units
  y: number
  scale: number // pixels a unit
  width: number
  height: number
  radius: number // of a shape
  now: number // s from the picture's reference time
}

/** So far from its place a shape of this radius may reach, pixels: so wide a border of the image stays empty of places. */
export const reachOf = (radius: number): number => Math.ceil(radius * 1.3) + 1

const SAMPLES = 4 // of a pixel, across and down
const FINE = 2 // places within a pixel, across and down, that small shapes are told apart by
const SMALL = 6 // pixels

export class Painter {
  private i32 = new Int32Array(0)
  private f32 = new Float32Array(0)
  private u32 = new Uint32Array(0)
  private u8 = new Uint8Array(0)
  private stamps = new Stamps(1, 1)

  show(dots: ArrayBuffer) {
    this.i32 = new Int32Array(dots)
    this.f32 = new Float32Array(dots)
    this.u32 = new Uint32Array(dots)
    this.u8 = new Uint8Array(dots)
  }

  /** Draws all into an image of width times height pixels, red in the lowest byte. */
  paint(v: CrowdView, image: Uint32Array) {
    const radius = stepped(v.radius)
    if (this.stamps.radius !== radius || this.stamps.width !== v.width) this.stamps = new Stamps(radius, v.width)
    const { stamps, i32, f32, u32, u8 } = this
    const edge = reachOf(radius)
    const right = v.width - edge
    const bottom = v.height - edge
    image.fill(0)
    for (let w = 0; w < i32.length; w += DOT_WORDS) {
      const stale = f32[w + 4]!
      const dt = Math.max(0, Math.min(v.now, stale))
      const x = (((i32[w]! - v.x) | 0) + f32[w + 2]! * dt) * v.scale + v.width / 2
      const y = (i32[w + 1]! - v.y + f32[w + 3]! * dt) * v.scale + v.height / 2
      if (!(x >= edge && x < right && y >= edge && y < bottom)) continue
      const stamp = stamps.of(u8[4 * w + 24]!, u8[4 * w + 25]!, x, y)
      const ink = u32[w + 5]!
      const rgb = ink & 0xffffff
      const alpha = v.now > stale ? (ink >>> 24) * FADED : ink >>> 24
      const at = (y | 0) * v.width + (x | 0)
      const { offsets, cover } = stamps
      const end = stamps.ends[stamp]!
      for (let k = stamps.starts[stamp]!; k < end; k++) {
        const p = at + offsets[k]!
        const a = (cover[k]! * alpha) >> 8
        if (image[p]! >>> 24 <= a) image[p] = rgb | (a << 24) // the smooth edge of one does not eat into another
      }
    }
  }
}

/** Radii go in steps, so that stamps are not made anew for each pixel of a zoom. */
const stepped = (radius: number): number => (radius < SMALL ? Math.round(radius * 4) / 4 : Math.round(radius * 2) / 2)

/** Masks of one size for images of one width. They are made when they are first needed. */
class Stamps {
  readonly radius: number
  readonly width: number
  /** Where the pixels of each stamp start and end. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** From the pixel of the place to each pixel, and how much of it is covered, 1 to 256. */
  offsets = new Int32Array(4096)
  cover = new Uint16Array(4096)
  private readonly fine: number
  private used = 0

  constructor(radius: number, width: number) {
    this.radius = radius
    this.width = width
    this.fine = radius < SMALL ? FINE : 1
    this.starts = new Int32Array(CORNERS.length * TURNS * this.fine * this.fine).fill(-1)
    this.ends = new Int32Array(this.starts.length)
  }

  /** Which stamp a shape has at a place. */
  of(shape: number, turn: number, x: number, y: number): number {
    const { fine } = this
    const east = ((x - Math.floor(x)) * fine) | 0
    const south = ((y - Math.floor(y)) * fine) | 0
    const stamp = ((shape * TURNS + turn) * fine + south) * fine + east
    if (this.starts[stamp]! < 0) this.make(stamp, shape, turn, (east + 0.5) / fine, (south + 0.5) / fine)
    return stamp
  }

  private make(stamp: number, shape: number, turn: number, x: number, y: number) {
    const a = (turn * 2 * Math.PI) / TURNS
    const corners = CORNERS[shape]!.map(([right, forward]) => [
      x + this.radius * (Math.sin(a) * forward + Math.cos(a) * right),
      y + this.radius * (Math.sin(a) * right - Math.cos(a) * forward),
    ] as const)
    const reach = reachOf(this.radius)
    this.starts[stamp] = this.used
    for (let row = -reach; row <= reach; row++) for (let column = -reach; column <= reach; column++) {
      let hit = 0
      for (let k = 0; k < SAMPLES * SAMPLES; k++)
        if (inside(corners, column + ((k % SAMPLES) + 0.5) / SAMPLES, row + (Math.floor(k / SAMPLES) + 0.5) / SAMPLES)) hit++
      if (hit) this.add(row * this.width + column, (256 * hit) / (SAMPLES * SAMPLES))
    }
    this.ends[stamp] = this.used
  }

  private add(offset: number, cover: number) {
    if (this.used === this.offsets.length) {
      const [offsets, covers] = [this.offsets, this.cover]
      this.offsets = new Int32Array(2 * this.used)
      this.cover = new Uint16Array(2 * this.used)
      this.offsets.set(offsets)
      this.cover.set(covers)
    }
    this.offsets[this.used] = offset
    this.cover[this.used++] = cover
  }
}

function inside(corners: (readonly [number, number])[], x: number, y: number): boolean {
  let odd = false
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[i]!
    const [bx, by] = corners[j]!
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd
  }
  return odd
}

import { describe, expect, it } from 'vitest'
import { DOT_WORDS, FADED, Painter, TURNS, type CrowdView } from './crowd'
import { CORNERS } from './symbol'

interface Dot { x: number; y: number; vx?: number; vy?: number; stale?: number; ink?: number; shape?: number; turn?: number }

const WHITE = 0xffffffff
const view: CrowdView = { x: 0, y: 0, scale: 1, width: 60, height: 40, radius: 5, now: 0 }

function paint(dots: Dot[], v: Partial<CrowdView> = {}): { at: (x: number, y: number) => number; alpha: number; middle: [number, number] } {
  const buffer = new ArrayBuffer(dots.length * DOT_WORDS * 4)
  dots.forEach((d, i) => {
    const w = i * DOT_WORDS
    new Int32Array(buffer).set([d.x, d.y], w)
    new Float32Array(buffer).set([d.vx ?? 0, d.vy ?? 0, d.stale ?? 100], w + 2)
    new Uint32Array(buffer).set([d.ink ?? WHITE, (d.shape ?? 1) | ((d.turn ?? 0) << 8)], w + 5)
  })
  const o = { ...view, ...v }
  const image = new Uint32Array(o.width * o.height).fill(0x12345678)
  const painter = new Painter()
  painter.show(buffer)
  painter.paint(o, image)
  let alpha = 0
  let [x, y] = [0, 0]
  image.forEach((pixel, k) => {
    const a = (pixel >>> 24) / 255
    alpha += a
    x += a * ((k % o.width) + 0.5)
    y += a * (Math.floor(k / o.width) + 0.5)
  })
  return { at: (px, py) => image[py * o.width + px]!, alpha, middle: [x / alpha, y / alpha] }
}

/** Of a polygon. */
function areaOf(corners: [number, number][]): number {
  let twice = 0
  corners.forEach(([x, y], i) => {
    const [u, v] = corners[(i + 1) % corners.length]!
    twice += x * v - u * y
  })
  return Math.abs(twice) / 2
}

describe('the painted crowd', () => {
  it('covers what the shape covers, at every size, course and place', () => {
    CORNERS.forEach((corners, shape) => {
      for (const radius of [2.25, 5, 9.5]) for (const turn of [0, 5, 16]) for (const x of [0, 0.3, 0.8]) {
        const { alpha } = paint([{ x: 10 * x, y: 0, shape, turn }], { scale: 0.1, radius })
        const area = areaOf(corners) * radius * radius
        expect(Math.abs(alpha - area) / area, `${shape} ${radius} ${turn} ${x}`).toBeLessThan(0.12)
      }
    })
  })

  it('points into the course', () => {
    const tips: [number, number, number][] = [[0, 0, -4], [TURNS / 4, 4, 0], [TURNS / 2, 0, 4], [(3 * TURNS) / 4, -4, 0]]
    for (const [turn, east, south] of tips) {
      const p = paint([{ x: 0, y: 0, turn }])
      expect(p.at(30 + east, 20 + south), `${turn}`).not.toBe(0)
      expect(p.at(30 - 1.25 * east, 20 - 1.25 * south), `${turn}`).toBe(0)
    }
  })

  it('moves with its velocity until it is stale, then stands and is faded', () => {
    const dot = { x: 0, y: 0, vx: 2, vy: -1, stale: 5, shape: 0, ink: 0xff112233 }
    const start = paint([dot])
    const moved = paint([dot], { now: 4 })
    expect(moved.middle[0] - start.middle[0]).toBeCloseTo(8, 0)
    expect(moved.middle[1] - start.middle[1]).toBeCloseTo(-4, 0)
    expect(moved.alpha).toBeCloseTo(start.alpha, 0)
    expect(moved.at(38, 16) & 0xffffff).toBe(0x112233)
    const stale = paint([dot], { now: 50 })
    expect(stale.middle[0] - start.middle[0]).toBeCloseTo(10, 0)
    expect(stale.alpha / start.alpha).toBeCloseTo(FADED, 1)
  })

  it('is drawn over the antimeridian, and nothing beside the image', () => {
    const near = paint([{ x: 0x7fffffff - 3, y: 0 }], { x: -0x80000000 })
    expect(near.middle[0]).toBeCloseTo(26.5, 0)
    for (const far of [{ x: 1000, y: 0 }, { x: 0, y: -1000 }, { x: 29, y: 0 }, { x: 0, y: 19 }]) expect(paint([far]).alpha).toBe(0)
  })

  it('keeps what lies under a smooth edge', () => {
    const under = paint([{ x: 0, y: 0, ink: 0xff0000ff }])
    const both = paint([{ x: 0, y: 0, ink: 0xff0000ff }, { x: 4, y: 0, ink: 0xff00ff00 }])
    expect(both.alpha).toBeGreaterThan(under.alpha)
    expect(both.at(30, 20)).toBe(0xff0000ff)
    expect(both.at(34, 20)).toBe(0xff00ff00)
  })
})

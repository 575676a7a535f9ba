import { describe, expect, it } from 'vitest'
import { littleEndian, type Viewshed } from './api'
import { HEIGHTS, SightRaster, stepOf, TARGETS } from './sightraster'

/** Four by four pixels around a place; the observer is in the middle. */
function viewshed(): Viewshed {
  return {
    asked: { observer: { lat: 0, lon: -69 }, mast_m: 10, radius_m: 2000, rays: 'optical' }, refraction: { k: 0.13, k_low: 0.13, k_high: 0.13 }, eye_m: 4000,
    cells: 16, values: '/x', raster: { width: 4, height: 4, bounds: [-69.02, -0.02, -68.98, 0.02], pixel_m: 1113 },
    elevation: { name: 'x', source: '', datum: 'EGM96', sd_m: 3, datum_sd_m: 0, synthetic: true, resolution_m: 1000, bounds: [-70, -1, -68, 1], optimism: 1, warn: true },
  }
}
const values = Uint16Array.of(
  65535, 0, 0, 65535,
  0, 17, 18, 30,
  0, 1200, 65534, 31,
  65535, 0, 0, 65535,
)
/** With the same doubt everywhere, in tenths of a metre. */
const raster = (doubt = 0) => new SightRaster(viewshed(), Uint16Array.of(...values, ...values.map((v) => (v === 65535 ? v : doubt))))
const paint = (target: number, doubt = 0) => {
  const image = new Uint32Array(16)
  return { areas: raster(doubt).paint(image, target, [1, 2, 3]), image }
}
const square = 1113.195 ** 2

describe('a viewshed', () => {
  it('is held against any height of a target', () => {
    for (const [target, pixels] of [[0, 6], [1.7, 7], [1.8, 8], [3, 9], [3.1, 10], [119.9, 10], [120, 11], [3000, 11], [6553.4, 12]] as const) {
      const { areas, image } = paint(target)
      expect(areas.seen / square, `${target} m`).toBeCloseTo(pixels, 2)
      expect(image.filter((v) => v !== 0).length).toBe(pixels)
      expect(areas.known / square).toBeCloseTo(12, 2)
      expect(areas.perhaps).toBe(0)
    }
  })
  it('tells what is in doubt', () => {
    const { areas } = paint(2.6, 5) // 1.7 and 1.8 are seen, 3 and 3.1 may be
    expect(areas.seen / square).toBeCloseTo(8, 2)
    expect(areas.perhaps / square).toBeCloseTo(2, 2)
    const more = paint(1.7, 14).areas // 1.7 may be hidden, 3.1 may be seen; the ground that shows is seen
    expect(more.seen / square).toBeCloseTo(6, 2)
    expect(more.perhaps / square).toBeCloseTo(4, 2)
  })
  it('says what a place needs', () => {
    const r = raster()
    expect(r.at(0.005, -69.005)).toBe(1.7)
    expect(r.at(-0.005, -69.005)).toBe(120)
    expect(r.at(0.019, -69.019)).toBeNull()
    expect(r.at(1, -69)).toBeNull()
  })
  it('is refused where its values are not all there', () => {
    expect(() => new SightRaster(viewshed(), values)).toThrow(/16/)
  })
})

it('has steps for all targets, in order', () => {
  expect([...HEIGHTS].sort((a, b) => a - b)).toEqual([...HEIGHTS])
  for (const h of Object.values(TARGETS)) expect(HEIGHTS[stepOf(h)]).toBe(h)
})

it('reads values low byte first', () => expect([...littleEndian(Uint8Array.of(1, 2, 255, 255).buffer)]).toEqual([513, 65535]))

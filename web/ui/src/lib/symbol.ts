import { shapeOf } from './pack'

/** Corners (right, forward) of each shape, as a strip of two triangles; Shape of pack.ts indexes them. */
export const CORNERS: [number, number][][] = [
  [[-0.6, 0], [0, 0.6], [0, -0.6], [0.6, 0]], // point
  [[-0.55, -0.85], [0, 1], [0, -0.55], [0.55, -0.85]], // boat
  [[-1, -0.75], [0, 1], [0, -0.2], [1, -0.75]], // plane
  [[-0.6, -0.6], [-0.6, 0.6], [0.6, -0.6], [0.6, 0.6]], // square
  [[-0.8, -0.9], [0, 0.8], [0, 0.15], [0.8, -0.9]], // drone
  [[-0.5, 0], [0, 1], [0, -1], [0.5, 0]], // kite
]

/** The outline of a track's symbol as points of an SVG polygon, north up. */
export function symbolOf(kind: number, domain: number, radius: number): string {
  const c = CORNERS[shapeOf(kind, domain)]!
  return [c[0]!, c[1]!, c[3]!, c[2]!].map(([x, y]) => `${x * radius},${-y * radius}`).join(' ')
}

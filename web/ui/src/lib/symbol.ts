// Symbols of tracks: the same on the map and in the lists.

/** Indexes of CORNERS. */
export const Shape = { point: 0, boat: 1, plane: 2, square: 3, drone: 4, kite: 5 } as const

/** Left, front, right and back corner (right, forward) of each shape. Without the back, as in a crowd, it is a triangle. */
export const CORNERS: [number, number][][] = [
  [[-0.6, 0], [0, 0.6], [0.6, 0], [0, -0.6]], // point
  [[-0.55, -0.85], [0, 1], [0.55, -0.85], [0, -0.55]], // boat
  [[-1, -0.75], [0, 1], [1, -0.75], [0, -0.2]], // plane
  [[-0.8, 0], [0, 0.8], [0.8, 0], [0, -0.8]], // square, on its corner
  [[-0.8, -0.9], [0, 0.8], [0.8, -0.9], [0, 0.15]], // drone
  [[-0.5, 0], [0, 1], [0.5, 0], [0, -1]], // kite
]

/** By obs.Kind. */
const shapeOfKind = [
  Shape.point, Shape.boat, Shape.plane, Shape.drone, Shape.plane, Shape.drone,
  Shape.square, Shape.point, Shape.square, Shape.kite, Shape.kite,
] as const

/** By track.Domain, where the kind is unknown. */
const shapeOfDomain = [Shape.point, Shape.boat, Shape.square, Shape.plane] as const

export const shapeOf = (kind: number, domain: number): number =>
  kind > 0 && kind < shapeOfKind.length ? shapeOfKind[kind]! : (shapeOfDomain[domain] ?? Shape.point)

/** The outline of a track's symbol as points of an SVG polygon, north up. */
export const symbolOf = (kind: number, domain: number, radius: number): string =>
  CORNERS[shapeOf(kind, domain)]!.map(([x, y]) => `${x * radius},${-y * radius}`).join(' ')

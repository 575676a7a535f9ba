// What a track looks like: one function for the map, the lists, the cards and
// the legend. The shape says where it moves and what it is, the outline how
// well it is known, the fill whether it asks for attention. Nothing is said by
// colour alone: rings, dots and dashes say it too.

import { FOREIGN, OWN, TOLD, UNPROVEN } from './wire'

/** Sets of symbols: our own, and MIL-STD-2525 / APP-6 drawn by milsymbol. */
export type SymbolSet = 'civil' | 'military'

/** Outlines of tracks seen from above, north up, within a circle of 1; y grows to the south. */
const shapes = {
  /** Where it moves is not known. */
  point: { turns: true, path: 'M0,-1L.4,-.45A.6,.6,0,1,1,-.4,-.45Z' },
  /** Something on the water, of no known kind: a radar's echo. */
  drop: { turns: true, path: 'M0,-1C.34,-.55,.56,-.2,.56,.22A.56,.56,0,0,1,-.56,.22C-.56,-.2,-.34,-.55,0,-1Z' },
  hull: { turns: true, path: 'M0,-1C.42,-.6,.54,-.22,.54,.12L.44,.86L-.44,.86L-.54,.12C-.54,-.22,-.42,-.6,0,-1Z' },
  /** A boat without a course: from the side. */
  boat: { turns: false, path: 'M-.9,.18L.9,.18C.78,.62,.6,.78,.4,.78L-.4,.78C-.6,.78,-.78,.62,-.9,.18ZM-.06,-.85L.68,.02L-.06,.02Z' },
  /** Something in the air, of no known kind. */
  delta: { turns: true, path: 'M0,-1L.86,.74L0,.36L-.86,.74Z' },
  plane: {
    turns: true,
    path: 'M0,-1C.12,-.86,.15,-.66,.15,-.4L1,.2L1,.42L.15,.16L.12,.6L.4,.82L.4,.98L0,.86L-.4,.98L-.4,.82L-.12,.6L-.15,.16L-1,.42L-1,.2L-.15,-.4C-.15,-.66,-.12,-.86,0,-1Z',
  },
  rotorcraft: {
    turns: true,
    path: 'M-.1,-.1L-.82,-.66L-.7,-.8L0,-.26L.7,-.8L.82,-.66L.1,-.1L.74,.38L.62,.54L.12,.18L.09,.74L.3,.82L.3,1L-.3,1L-.3,.82L-.09,.74L-.12,.18L-.62,.54L-.74,.38Z',
  },
  glider: { turns: true, path: 'M0,-.8C.1,-.6,.1,-.4,.1,-.22L1.05,-.1L1.05,.1L.1,.12L.06,.66L.34,.78L.34,.92L-.34,.92L-.34,.78L-.06,.66L-.1,.12L-1.05,.1L-1.05,-.1L-.1,-.22C-.1,-.4,-.1,-.6,0,-.8Z' },
  drone: {
    turns: true,
    path: 'M0,-.62L.24,-.3A.36,.36,0,1,1,.42,-.1L.3,0L.42,.1A.36,.36,0,1,1,.14,.38L0,.26L-.14,.38A.36,.36,0,1,1,-.42,.1L-.3,0L-.42,-.1A.36,.36,0,1,1,-.24,-.3Z',
  },
  /** Something in the air without a course. */
  aloft: { turns: false, path: 'M-1,-.16L-.5,-.16A.52,.52,0,0,1,.5,-.16L1,-.16L1,.16L.5,.16A.52,.52,0,0,1,-.5,.16L-1,.16Z' },
  vehicle: { turns: false, path: 'M-.72,-.72L.72,-.72L.72,.72L-.72,.72Z' },
  walker: { turns: false, path: 'M0,-.9A.34,.34,0,0,1,.2,-.28L.44,.86L-.44,.86L-.2,-.28A.34,.34,0,0,1,0,-.9Z' },
  station: { turns: false, path: 'M0,-.95L.85,.75L-.85,.75Z' },
  aid: { turns: false, path: 'M0,-.95L.7,0L0,.95L-.7,0Z' },
  beacon: {
    turns: false,
    path: 'M0,-1L.25,-.6L.71,-.71L.6,-.25L1,0L.6,.25L.71,.71L.25,.6L0,1L-.25,.6L-.71,.71L-.6,.25L-1,0L-.6,-.25L-.71,-.71L-.25,-.6Z',
  },
} as const

export type Shape = keyof typeof shapes
export const SHAPES = Object.keys(shapes) as Shape[]
export const pathOf = (shape: Shape): string => shapes[shape].path

/** How well a track is known. */
export const OUTLINES = [
  'plain', // confirmed; nobody proves who sends
  'proven', // confirmed, from a proven sender: a light rim
  'tentative', // dashed and hollow
  'coasting', // dotted and half filled: predicted, not observed lately
  'own', // a light rim and a dot
  'told', // small and hollow, in a speech bubble: only people told of it
  'foreign', // small, between brackets: quoted from another's tracks
] as const
export type Outline = (typeof OUTLINES)[number]

/** What is around tracks that nobody of ours has seen, drawn as the shapes are: a speech bubble, brackets. */
export const FRAMES: Partial<Record<Outline, string>> = {
  told: 'M0,-1A1,1,0,1,1,-.3,.954L-.95,1.08L-.8,.6A1,1,0,0,1,0,-1Z',
  foreign: 'M-.55,-1L-1,-1L-1,1L-.55,1M.55,-1L1,-1L1,1L.55,1',
}
/** Size of what is in it. */
export const IN_FRAME = 0.62

/** Rings around what asks for attention: none, one (low, medium), two (high, top, distress). */
export const RINGS = 3

/** Colours of the fill, in the order of the palette. */
export const Colour = { unknown: 0, water: 1, land: 2, air: 3, own: 4, low: 5, medium: 6, high: 7, top: 8 } as const
/** CSS tokens of the colours. */
export const colourTokens = ['track-unknown', 'track-water', 'track-land', 'track-air', 'own', 'low', 'medium', 'high', 'top'] as const

/** What the symbol of a track depends on. */
export interface Told {
  domain: number
  kind: number
  status: number
  flags: number
  priority: number
  distress: number
  /** Whether a course is known. */
  directed: boolean
}

export interface Symbol {
  shape: Shape
  outline: Outline
  colour: number
  ring: number
}

/** By obs.Kind; unknown and vessel depend on more. */
const shapeOfKind: (Shape | null)[] = [
  null, 'hull', 'plane', 'rotorcraft', 'glider', 'drone', 'vehicle', 'walker', 'station', 'aid', 'beacon',
]
const shapeOfDomain: Shape[] = ['point', 'drop', 'vehicle', 'delta']

function shapeOf(t: Told): Shape {
  const shape = shapeOfKind[t.kind] ?? shapeOfDomain[t.domain] ?? 'point'
  if (t.directed || !shapes[shape].turns) return shape
  return shape === 'hull' || shape === 'drop' ? 'boat' : t.domain === 3 && shape !== 'drone' ? 'aloft' : shape
}

function outlineOf(t: Told): Outline {
  if (t.flags & OWN) return 'own'
  if (t.flags & TOLD) return 'told'
  if (t.flags & FOREIGN) return 'foreign'
  if (t.status === 0) return 'tentative'
  if (t.status === 2) return 'coasting'
  return t.flags & UNPROVEN ? 'plain' : 'proven'
}

export function colourOf(domain: number, flags: number, priority: number, distress: number): number {
  if (distress) return Colour.top
  if (priority > 0) return Colour.low - 1 + Math.min(priority, 4)
  if (flags & OWN) return Colour.own
  return domain <= 3 ? domain : Colour.unknown
}

/** The symbol of a track. */
export const symbolOf = (t: Told): Symbol => ({
  shape: shapeOf(t), outline: outlineOf(t), colour: colourOf(t.domain, t.flags, t.priority, t.distress),
  ring: t.distress || t.priority > 2 ? 2 : t.priority > 0 ? 1 : 0,
})

/** Of a row of the lists. */
export const told = (r: { domain: number; kind: number; status: number; flags: number; priority: number; distress: number; course: number | null }): Told => ({
  ...r, directed: r.course !== null,
})

/** Number of a symbol without its colour: its place in the atlas of the map. */
export const cellOf = (s: Symbol): number => (SHAPES.indexOf(s.shape) * OUTLINES.length + OUTLINES.indexOf(s.outline)) * RINGS + s.ring
export const CELLS = SHAPES.length * OUTLINES.length * RINGS
export const ofCell = (cell: number): Omit<Symbol, 'colour'> => ({
  shape: SHAPES[Math.floor(cell / (OUTLINES.length * RINGS))]!, outline: OUTLINES[Math.floor(cell / RINGS) % OUTLINES.length]!, ring: cell % RINGS,
})
export const turns = (shape: Shape): boolean => shapes[shape].turns

/** Cells of all that symbols depend on, so that packing looks them up. */
export const cellTable = (() => {
  const table = new Uint16Array(16 * 4 * 4 * 32 * 4 * 2)
  for (let kind = 0; kind < 16; kind++) for (let domain = 0; domain < 4; domain++) for (let status = 0; status < 4; status++)
    for (let flags = 0; flags < 32; flags++) for (let ring = 0; ring < RINGS; ring++) for (let directed = 0; directed < 2; directed++)
      table[cellAt(kind, domain, status, flags, ring, directed)] = cellOf(symbolOf({
        kind, domain, status, flags, priority: 2 * ring, distress: 0, directed: directed > 0,
      }))
  return table
})()

export function cellAt(kind: number, domain: number, status: number, flags: number, ring: number, directed: number): number {
  return ((((((kind & 15) * 4 + (domain & 3)) * 4 + (status & 3)) * 32 + (flags & 31)) * 4 + ring) * 2) + directed
}

/**
 * Left, front, right and back corner (right, forward) of the plain shapes that
 * many tracks are drawn as, by domain. Without the back, as in a crowd, they
 * are triangles.
 */
export const CORNERS: [number, number][][] = [
  [[-0.6, 0], [0, 0.6], [0.6, 0], [0, -0.6]],
  [[-0.55, -0.85], [0, 1], [0.55, -0.85], [0, -0.55]],
  [[-0.8, 0], [0, 0.8], [0.8, 0], [0, -0.8]],
  [[-1, -0.75], [0, 1], [1, -0.75], [0, -0.2]],
]

// MIL-STD-2525D / APP-6D: the 20 digits of a symbol's identification code.
// Identity is "unknown", of what is ours "friend"; no rule makes anything
// hostile. Tentative tracks are "pending" (dashed), predicted ones "planned,
// anticipated" (dashed).

/** Symbol set and entity by shape. */
const entities: Record<Shape, string> = {
  point: '30000000', drop: '30000000', boat: '30000000', hull: '30140000', // sea surface; civilian
  delta: '01000000', aloft: '01000000', plane: '01120100', rotorcraft: '01120200', glider: '01120100', drone: '01120300',
  vehicle: '15160100', walker: '11110300', station: '20121203', aid: '30000000', beacon: '30000000',
}

export function sidcOf(s: Pick<Symbol, 'shape' | 'outline'>, exercise: boolean): string {
  const identity = s.outline === 'own' ? 3 : s.outline === 'tentative' || s.outline === 'told' ? 0 : 1
  const set = entities[s.shape].slice(0, 2)
  const status = s.outline === 'coasting' ? 1 : 0
  // version, context, identity, set, status, headquarters, echelon, entity, modifiers
  return `10${exercise ? 1 : 0}${identity}${set}${status}000${entities[s.shape].slice(2)}0000`
}

/** Of a symbol, CSS pixels: smaller where the map shows much, or many tracks. */
export function symbolRadius(c: { scale: number; width: number; height: number }, seen: number, set: SymbolSet = 'civil'): number {
  const zoom = Math.log2(c.scale * (4294967296 / 512))
  const apart = Math.sqrt((c.width * c.height) / Math.max(1, seen))
  const radius = Math.max(2.2, Math.min(9.5, 5 + (zoom - 6) * 1.1, 0.75 * apart))
  return set === 'military' ? Math.max(8, 1.1 * radius) : radius
}

/** Of names on the map: the worker measures them, the page draws them. */
export const NAME_FONT = '500 11.5px system-ui, sans-serif'

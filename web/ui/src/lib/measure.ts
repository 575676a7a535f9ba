// What a frame costs and how old the picture is that it shows. Kept only when
// the page is opened with ?measure; benchmarks read it. Then every frame is drawn
// anew, unless it says ?measure=first.

export interface Measures {
  frames: number
  /** Tracks in the picture, and how many of them have their own symbol. */
  tracks: number
  drawn: number
  /** Time of the last frames' drawing, ms of the page's thread. */
  draw: number[]
  /** From the server's clock in a frame to its first drawing, ms. */
  latency: number[]
  /** Time that the worker took to decode and apply, ms. */
  decode: number[]
  /** When the first pictures were on the screen, ms since the page was asked for, and their tracks. */
  first: { at: number; tracks: number }[]
  /** When the base map was all there; 0: it is not yet. */
  map: number
}

const FIRST = 200

const KEEP = 20_000

const asked = typeof location === 'undefined' ? null : new URLSearchParams(location.search).get('measure')
export const everyFrame = asked !== null && asked !== 'first'

export const measures: Measures | null =
  asked !== null
    ? { frames: 0, tracks: 0, drawn: 0, draw: [], latency: [], decode: [], first: [], map: 0 }
    : null

if (measures) (window as unknown as { atalaya: Measures }).atalaya = measures

/** A picture is drawn: the next frame begins when it is on the screen. */
export function noteFirst(tracks: number) {
  if (measures && measures.first.length < FIRST) requestAnimationFrame((at) => measures.first.push({ at, tracks }))
}

/** The base map is drawn with all its tiles. */
export function noteMap() {
  if (measures) measures.map ||= performance.now()
}

export function note(list: number[], value: number) {
  if (list.length < KEEP) list.push(value)
}

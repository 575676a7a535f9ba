// What a frame costs and how old the picture is that it shows. Kept only when
// the page is opened with ?measure; benchmarks read it.

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
}

const KEEP = 20_000

export const measures: Measures | null =
  typeof location !== 'undefined' && new URLSearchParams(location.search).has('measure')
    ? { frames: 0, tracks: 0, drawn: 0, draw: [], latency: [], decode: [] }
    : null

if (measures) (window as unknown as { atalaya: Measures }).atalaya = measures

export function note(list: number[], value: number) {
  if (list.length < KEEP) list.push(value)
}

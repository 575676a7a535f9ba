// What the worker and the page say to each other.

import type { ListPage, ListQuery } from './list'
import type { DensityMode, Packed } from './pack'
import type { TrackRow } from './picture'
import type { SymbolSet } from './symbol'
import type { TrailPoint } from './trail'

export type Link =
  | 'connecting'
  | 'live'
  | 'gap' // waiting for a snapshot; the picture is old
  | 'offline' // waiting to connect again
  | 'session' // signed out
  | 'version' // the page is older than the server

export interface View {
  bbox: [number, number, number, number] // west, south, east, north, degrees
  zoom: number
}

/** Which picture is shown: what is, or what was known at an earlier time. */
export type Mode = 'live' | 'replay'

/** A time of which no step was kept, ms since 1970. */
export interface Gap { from: number; to: number }

/** What is wanted of the replay; what is left out stays as it is. */
export interface Wish {
  at?: number // ms since 1970
  speed?: number // 1 to 60
  paused?: boolean
}

/** How the replay stands (docs/protocol.md). Times are ms since 1970. */
export interface Replay {
  /** Where it stood at the last word of the server; Live.time has it now. */
  at: number
  /** Where it is going, until that picture is here; null: it is. */
  going: number | null
  speed: number
  paused: boolean
  /** It reached the newest step, and stands. */
  end: boolean
  epoch: number
  /** When the last step closed that is in the picture. */
  known: number
  /** What can be replayed. */
  oldest: number
  newest: number
  /** Since then every step is kept; before, one picture in ten minutes. */
  detail: number
  coarse: boolean
  thinned: boolean
  /** The gap in which it stands. */
  gap: Gap | null
  gaps: Gap[]
  /** Why the last wish was refused, as the server's code; '': it was not. */
  trouble: string
}

/** The time of the picture: `clock` at the local time `at`, and on by `rate` until `until`. */
export interface Tempo { clock: number; at: number; rate: number; until: number }

/** The time of a picture at a local time, ms since 1970. */
export const timeAt = (t: Tempo, local: number): number => t.clock + (Math.min(local, t.until) - t.at) * t.rate

/** What the map shows now; it changes more often than what is subscribed. */
export interface Look extends View {
  width: number // CSS pixels
  height: number
  /** Where the pointer is, CSS pixels of the map. */
  pointer: { x: number; y: number } | null
  set: SymbolSet
  density: DensityMode
  /** With more tracks in view the calm ones are plain shapes. */
  detail: number
  /** Those are painted by the processor, which draws WebGL too. */
  painted: boolean
  trails: boolean
  /** Names of what does not ask for attention too. */
  names: boolean
}

export type ToWorker =
  | { type: 'start'; url: string }
  | { type: 'stop' }
  | { type: 'palette'; palette: Uint8Array }
  | { type: 'view'; view: View }
  | { type: 'look'; look: Look }
  | { type: 'select'; id: number }
  | { type: 'group'; ids: number[] } // tracks that are chosen together
  | { type: 'past'; id: number; points: TrailPoint[] } // what the history says of a track
  | { type: 'name'; id: number }
  | { type: 'list'; query: ListQuery }
  | { type: 'find'; text: string; count: number }
  | { type: 'replay'; wish: Wish }
  | { type: 'live' } // ends the replay

export interface Status {
  link: Link
  /** ms since 1970 by this computer's clock. */
  since: number
  exercise: boolean
  /** Server clock minus this computer's, ms. */
  offset: number
  /** Round trip of a ping, ms; -1: none yet. */
  roundTrip: number
  /** Deltas that the server left out because we were slow, since the start. */
  shed: number
  snapshots: number
  /** Tracks in the picture that is shown, and those that are still to come. */
  tracks: number
  missing: number
  bytes: number
  /** Server time up to which all that changed is in the live picture, ms since 1970; 0: there is none yet. */
  clock: number
  /** When the next attempt to connect comes, ms since 1970; 0: none planned. */
  retryAt: number
}

export type FromWorker =
  | { type: 'picture'; packed: Packed; selected: TrackRow | null; offset: number; decoded: number; mode: Mode; epoch: number; tempo: Tempo }
  | { type: 'replay'; replay: Replay | null; trouble: string }
  | { type: 'list'; page: ListPage }
  | { type: 'status'; status: Status }
  | { type: 'name'; id: number; text: string }
  | { type: 'group'; rows: TrackRow[] }
  | { type: 'found'; text: string; rows: TrackRow[] }
  | { type: 'select'; id: number } // the selected track went on as another
  | { type: 'text'; message: { type: string } & Record<string, unknown> }

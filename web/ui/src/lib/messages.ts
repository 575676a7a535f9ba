// What the worker and the page say to each other.

import type { ListPage, ListQuery } from './list'
import type { Packed } from './pack'
import type { TrackRow } from './picture'

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

export type ToWorker =
  | { type: 'start'; url: string }
  | { type: 'stop' }
  | { type: 'palette'; palette: Uint8Array }
  | { type: 'view'; view: View }
  | { type: 'select'; id: number }
  | { type: 'name'; id: number }
  | { type: 'list'; query: ListQuery }
  | { type: 'find'; text: string; count: number }

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
  bytes: number
  /** When the next attempt to connect comes, ms since 1970; 0: none planned. */
  retryAt: number
}

export type FromWorker =
  | { type: 'picture'; packed: Packed; selected: TrackRow | null; offset: number; decoded: number }
  | { type: 'list'; page: ListPage }
  | { type: 'status'; status: Status }
  | { type: 'name'; id: number; text: string }
  | { type: 'found'; text: string; rows: TrackRow[] }
  | { type: 'select'; id: number } // the selected track went on as another
  | { type: 'text'; message: { type: string } & Record<string, unknown> }

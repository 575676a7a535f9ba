// Tracks, what made them, and their past.

import { call, type Position, type Text } from './call'

export type Datum = 'none' | 'ellipsoid' | 'sea' | 'ground' | 'pressure'

export interface Claim { kind: string; value: string }

export interface Track {
  id: number
  revision: number
  status: 'tentative' | 'confirmed' | 'coasting' | 'ended'
  domain: 'unknown' | 'water' | 'land' | 'air'
  kind: string
  state: {
    time: string
    position: Position
    height: { metres: number; datum: Datum }
    east_mps: number
    north_mps: number
    climb_mps: number
    cov: number[][]
  }
  existence: number
  claims?: (Claim & { honest: number })[] | null
  sensors: string[] | null
  proven: boolean
  on_ground: boolean
  distress?: string
  born: string
  updated: string
  last_seq: number
}

export interface Contribution {
  observation: number // sequence; 0: a miss of the sensor
  sensor: string
  time: string
  distance2: number
  likelihood: number
  weight: number
  rivals: { track: number; weight: number }[]
  proven: boolean
  model: string
}

export interface TrackDetail { track: Track; own: boolean; lineage: Contribution[] }

/** Why a track is believed, as far as the screen uses it. */
export interface Account {
  from: string
  to: string
  belief?: object // absent: nothing is kept of that time
  sensors: { sensor: string; observations: number; misses: number; distance: number; weight: number }[]
  updates: { time: string; thinned: boolean; parts: AccountPart[] }[] // newest first
  moved: number // how many updates there were
  changes: { time: string; event: string; other?: number }[]
  models: string[]
  thinned: { what: 'observations' | 'lineages' | 'steps'; why: 'age' | 'room'; dropped: number; had: number }[]
  missing: number // updates whose lineage was thinned
  kept_from?: string // only since then every step is there
}

/** An observation and its part in an update; 0: the sensor looked and did not see it. */
export interface AccountPart {
  observation: number
  sensor: string
  time: string
  distance: number // standard deviations
  fit: 'miss' | 'expected' | 'usual' | 'off' | 'edge'
  weight: number
  rivals: { track: number; weight: number }[]
}

/** What a sensor saw, or a person told, as far as the screen uses it. */
export interface Observation { sensor: string; time: string; source: { feed: string; report?: string; grade?: string } }

export interface PastPoint { time: string; position: Position; sd_m: number; status: string }

/** What of the past can be replayed. */
export interface HistoryRange {
  oldest: string // the year 1: nothing is kept
  newest: string
  detail: string // since then every step is kept; before, one picture in ten minutes
  observations: string // since then all observations are kept
  gaps: { from: string; to: string }[] // of which no step was kept, since detail
}

/** Counts in one bin, by what began in it. */
export interface HistoryBin { findings: number; alerts: [low: number, medium: number, high: number, top: number] }

export interface HistoryEvents { from: string; bin_s: number; bins: HistoryBin[] }

export interface HistoryEvent {
  kind: 'alert' | 'finding'
  at: string // when it was raised, or known first
  id: string
  track: number
  priority: number
  rule: string
  why: Text
}

/** A track of the past that was found by what it was called. */
export interface HistoryTrack { track: Track; known: string; living: boolean }

/** Nothing: there is no further one. */
export interface HistoryNext { event?: HistoryEvent }

export const tracks = {
  track: (id: number) => call<TrackDetail>('GET', `/api/tracks/${id}`),
  /** Why it is believed: the ten minutes before a time, or now. */
  explanation: (id: number, updates: number, at?: Date) =>
    call<Account>('GET', `/api/tracks/${id}/explanation?${new URLSearchParams({ updates: String(updates), ...(at && { at: at.toISOString() }) })}`),
  observation: (seq: number) => call<Observation>('GET', `/api/observations/${seq}`),
  /** Where a track was; `knownAt`: as far as it was known then. */
  past: (id: number, from: Date, knownAt?: Date) =>
    call<{ points: PastPoint[] }>('GET', `/api/tracks/${id}/history?${new URLSearchParams({
      from: from.toISOString(), ...(knownAt && { to: knownAt.toISOString(), known_at: knownAt.toISOString() }),
    })}`),
  historyRange: () => call<HistoryRange>('GET', '/api/history/range'),
  /** How much happened when; bins are whole minutes, so there may be fewer. */
  historyEvents: (from: Date, to: Date, bins: number) =>
    call<HistoryEvents>('GET', `/api/history/events?${new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), bins: String(bins) })}`),
  /** Tracks by what they were called, also those that ended; `from`: how far back was looked. */
  historyTracks: (q: string, limit = 10) => call<{ tracks: HistoryTrack[]; from: string }>('GET', `/api/history/tracks?${new URLSearchParams({ q, limit: String(limit) })}`),
  /** The next or the previous one, from a time on. */
  historyNext: (after: string, kind: HistoryEvent['kind'], direction: 'next' | 'previous', priority = 1) =>
    call<HistoryNext>('GET', `/api/history/next?${new URLSearchParams({ after, kind, direction, priority: String(priority) })}`),
}

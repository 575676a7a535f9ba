// The system itself: feeds, health.

export type FeedState = 'starting' | 'up' | 'degraded' | 'silent' | 'refused'

/** Why a feed is in its state, with the numbers that tell it; an empty code: it is up. */
export interface Cause {
  code: '' | 'waiting' | 'cannot-run' | 'exercise-apart' | 'sensor-not-registered' | 'sender-not-allowed' | 'other-source' | 'recording-ended'
    | 'connection-fails' | 'connection-unstable' | 'nothing-comes' | 'nothing-readable' | 'many-bad' | 'clock-contradicts-ours' | 'late'
  sender?: string
  sensor?: string
  kind?: string
  count?: number
  share?: number // 0 to 1
  seconds?: number
  detail?: string
}

/** How much too much a sensor measures, with the standard deviation of that. */
export interface Offset { off: number; sd: number }

/** How far a sensor is known to be off; parts that are not known well enough are absent. */
export interface Registration {
  state: 'learning' | 'steady' | 'frozen'
  why?: 'contested' | 'dishonest' | 'apart' // it is frozen
  since?: string // it is frozen
  azimuth_deg?: Offset // clockwise
  range_m?: Offset
  time_ms?: Offset // ahead
  pairs: number
  refused: number
  last?: string // of the pairs
}

export interface Feed {
  feed: string
  sensor: string
  format: string
  source: string
  state: FeedState
  why: string // in English; `cause` is for the screens
  cause: Cause
  since: string
  last_frame: string
  good: number
  bad: Record<string, number> | null
  duplicate: number
  late: number
  clock_doubt: number
  refused: number
  lost: number
  bytes: number
  restarts: number
  sender_unproven: boolean
  clock_offset_s?: number
  registration?: Registration // absent: too little is known
  samples?: { at: string; kind: string; why: string; raw: string }[] // raw in base64
}

export interface System {
  now: string
  started: string
  version: string
  exercise: boolean
  step: number
  step_ms: number
  lag_ms: number
  waiting: number
  tracks: number
  inputs: number
  clients: number
  storage: { state: 'ok' | 'full' | 'failing'; since: string; reason?: string; lost_steps: number; used_bytes: number; free_bytes: number }
  owed_alerts: number
  clock: { synchronized: boolean; error_s: number; stepped_s: number; stepped_at: string; sensors_s?: number }
  memory_bytes: number
  shed_tiles: number
  shed?: ShedTile[] // the worst first
}

export type ShedKind = 'pairs' | 'gates' | 'bearings' | 'names' | 'late' | 'tracks'

/** A tile of ground in which the tracker left something out within the last minute. */
export interface ShedTile {
  corners?: [number, number][] // longitude, latitude, from the south-west counterclockwise; absent: of no place
  last: string
  what: { kind: ShedKind; minute: number }[]
}

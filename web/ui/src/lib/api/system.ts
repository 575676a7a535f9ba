// The system itself: feeds, health.

export type FeedState = 'starting' | 'up' | 'degraded' | 'silent' | 'refused'

export interface Feed {
  feed: string
  sensor: string
  format: string
  source: string
  state: FeedState
  why: string
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
}

// Sensors, feeds and things of ours as they are registered, and what a feed
// brings.

import type { Aircraft, Asset, AssetKind } from './assets'
import { call, paper, type Position } from './call'
import type { Version } from './rules'
import type { Feed } from './system'

export const SENSOR_KINDS = ['ais-receiver', 'adsb-receiver', 'radar', 'marine-radar', 'drone', 'camera', 'person', 'neighbour'] as const
export type SensorKind = (typeof SENSOR_KINDS)[number]

export const FEED_FORMATS = ['ais', 'beast', 'avr', 'sbs', 'asterix', 'nmea', 'mavlink', 'observations'] as const
export type FeedFormat = (typeof FEED_FORMATS)[number]

export interface Sensor {
  id: string
  name: string
  kind: SensorKind
  version: Version
  position: Position
  height: { metres: number; datum: string }
  moving: boolean
  position_sd_m: number
  range_sd_m: number
  bearing_sd_deg: number
  max_range_m: number // 0: not stated
  sector_from_deg?: number // clockwise from here; equal: all round
  sector_to_deg?: number
  detection: number
  time_offset_ns: number
  scan_period_ns: number
  sac: number
  sic: number
  system_id: number
  mount?: { tilt_deg: [number, number]; wide: { zoom: number; wide_deg: number }[] } // of a camera that can be turned
}

export interface RegisteredFeed {
  id: string
  sensor: string
  version: Version
  format: FeedFormat | 'reports'
  source: string
  allowed: string[]
  proven: boolean
  silent_after_ns: number
  editions?: Record<string, string>
  mavlink1: boolean
  repair: boolean
}

interface Validity { until?: string }

export interface SensorWish extends Validity {
  name: string
  kind: SensorKind
  position: Position
  height_m: number
  moving: boolean
  position_sd_m: number
  range_sd_m: number
  bearing_sd_deg: number
  max_range_m: number
  sector_from_deg: number
  sector_to_deg: number
  detection: number
  time_offset_s: number
  scan_period_s: number
  sac: number
  sic: number
  system_id: number
}

export interface FeedWish extends Validity {
  sensor: string
  format: FeedFormat
  source: string
  allowed: string[]
  proven: boolean
  silent_after_s: number
  editions?: Record<string, string>
  mavlink1: boolean
  repair: boolean
}

export interface AssetWish extends Validity, Aircraft { name: string; kind: AssetKind; claims: string[] }

export type Registered = Sensor | RegisteredFeed | Asset
export type Registry = 'sensors' | 'feeds' | 'assets'

export interface Changed<V> { now: V; repeated: boolean }

/** What became of a message. */
export type Became = 'observed' | 'duplicate' | 'in-scan' | 'nothing' | 'bad' | 'refused'

/** One message as a feed brought it. */
export interface Heard {
  number: number
  at: string
  from?: string
  raw_hex: string
  text?: string
  decoded?: unknown
  became: Became
  reason?: string
  kind?: string
  why?: string
  late_s?: number
  clock_doubt?: boolean
}

export interface Tapped { messages: Heard[]; next: number; missed: number }

const MESSAGES_WAIT_S = 20

export const sensors = {
  /** The last version of each, ended ones too. */
  sensors: () => call<{ items: Sensor[] }>('GET', '/api/sensors?all=true'),
  feeds: () => call<{ feeds: Feed[]; registered: RegisteredFeed[] }>('GET', '/api/feeds?all=true'),
  /** `id` may be empty: then one is made. */
  register: <V extends Registered>(list: Registry, id: string, to: object, reason: string, key: string) =>
    call<Changed<V>>('POST', `/api/${list}`, { ...(id && { id }), reason, to }, key),
  /** `version`: the one that was changed. */
  change: <V extends Registered>(list: Registry, id: string, version: number, to: object, reason: string, key: string) =>
    call<Changed<V>>('PUT', paper(list, id), { version, reason, to }, key),
  endRegistered: (list: Registry, id: string, version: number, reason: string, key: string) =>
    call<Changed<Registered>>('DELETE', `${paper(list, id)}?${new URLSearchParams({ version: String(version), reason })}`, undefined, key),
  versions: <V extends Registered>(list: Registry, id: string) => call<{ versions: V[] }>('GET', paper(list, id, 'versions')),
  /** Waits up to twenty seconds for messages after a number. */
  messages: (feed: string, after: number) =>
    call<Tapped>('GET', `${paper('feeds', feed, 'messages')}?${new URLSearchParams({ after: String(after), wait: String(MESSAGES_WAIT_S) })}`),
}

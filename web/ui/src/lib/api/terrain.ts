// Elevation, and what is worked out over it.

import { call, paper, query, type Position } from './call'

/** An elevation model, and how far it can be trusted. */
export interface Elevation {
  name: string
  source: string
  datum: 'EGM96' | 'EGM2008' | 'ellipsoid' | 'unstated'
  sd_m: number // 0: nobody stated an error
  datum_sd_m: number
  synthetic: boolean
  resolution_m: number
  bounds: [number, number, number, number] // west, south, east, north
  optimism: number // area seen on it over that on a model of 90 m; 1 at 90 m and finer
  warn: boolean // too coarse for any claim of coverage
}

export interface ElevationState {
  models: Elevation[] // the first counts where they overlap
  tiles?: string // the TileJSON
}

export type Rays = 'optical' | 'radio'

export interface ViewshedWish {
  observer: Position
  mast_m: number
  radius_m: number
  rays: Rays
}

/** The coefficient of refraction with its range. */
export interface Refraction { k: number; k_low: number; k_high: number }

export interface Viewshed {
  asked: ViewshedWish
  refraction: Refraction
  eye_m: number // above the sea
  cells: number
  elevation: Elevation
  raster: { width: number; height: number; bounds: [number, number, number, number]; pixel_m: number }
  values: string // 16 bits each, tenths of a metre above ground at which a target shows; then as many of their standard deviations
}

/** What an answer about coverage rests on. */
export interface Grounds {
  elevation: Pick<Elevation, 'name' | 'source' | 'datum' | 'sd_m' | 'datum_sd_m' | 'synthetic'>
  resolution_m: number
  optimism: { factor: number }
}

/** A stretch of border with a width on each side. */
export interface Strip { line: Position[]; abroad_m: number; inside_m: number }

export const MOVERS = ['walker', 'vehicle', 'boat'] as const
export type Mover = (typeof MOVERS)[number]

export interface CorridorsWish {
  strip: Strip
  ours_right: boolean
  mover: Mover
  count: number
  closing: { mast_m: number; range_m: number }
}

/** One way across, by which hardly anybody would be seen. */
export interface Corridor {
  line: Position[]
  length_m: number
  time_s: number
  probability: number // to be seen at least once
  band: { k_low_probability: number; k_high_probability: number } // the same over the range of refraction
  hidden_m: number // of it, where no sensor sees
  void_m: number // of it, without elevation
  border: { at: Position; along_m: number } | null
  closing: { site: { name: string; at: Position }; ground_m: number; probability: number } | null
}

export interface Corridors extends Grounds {
  asked: CorridorsWish
  sensors: number
  area_km2: number
  watched_km2: number
  void_km2: number
  corridors: Corridor[] // the weakest first
  end: string
}

export interface SitesWish {
  strip: Strip
  sensors: number
  kind: { mast_m: number; range_m: number }
  target_m: number
  fold: number
  existing: boolean
}

export interface Sites extends Grounds {
  asked: SitesWish
  area_km2: number
  sensors: { id: string; observer: { at: Position }; radius_m: number }[]
  missed: number[] // weight that would be lost without each
  total: number
  candidates: number
  percent: number
  before_percent: number
  bound_percent: number
  proven_percent: number
  band?: { k_low_percent: number; k_high_percent: number; refraction: Refraction[] } // percent at the ends of the range of k
}

interface Spot { at: Position; distance_m: number; ground_m: number; clearance_m: number; fresnel_fraction?: number }

/** The ground between two places, and whether one sees the other. */
export interface Profile {
  from: { at: Position; ground_m: number | null; height_m: number }
  to: { at: Position; ground_m: number | null; height_m: number }
  distance_m: number
  bearing_deg: number
  k: number
  visible: boolean
  verdict: 'visible' | 'hidden' | 'unsure'
  probability: number | null
  least_height_m: number | null
  obstacle: Spot | null
  fresnel: Spot | null
  fresnel_free: boolean | null
  void_m: number
  samples: { distance_m: number; ground_m: number | null; bulge_m: number; line_m: number }[]
  about: Elevation
}

export interface ProfileWish {
  from: { lat: number; lon: number; metres: number }
  to: { lat: number; lon: number; metres: number }
  frequency_ghz: number // 0: light
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Job {
  id: string
  kind: string
  state: JobState
  progress: number // 0 to 1; 0: not known yet
  trouble?: string
  viewshed?: Viewshed
  corridors?: Corridors
  sites?: Sites
}

const WAIT_S = 10

export const terrain = {
  elevation: () => call<ElevationState>('GET', '/api/elevation'),
  askViewshed: (wish: ViewshedWish) => call<Job>('POST', '/api/terrain/viewsheds', wish),
  askCorridors: (wish: CorridorsWish) => call<Job>('POST', '/api/terrain/corridors', wish),
  askSites: (wish: SitesWish) => call<Job>('POST', '/api/terrain/sites', wish),
  profile: ({ from, to, frequency_ghz }: ProfileWish) =>
    call<Profile>('GET', `/api/terrain/profile?${query({ from_lat: from.lat, from_lon: from.lon, from_m: from.metres, to_lat: to.lat, to_lon: to.lon, to_m: to.metres, frequency_ghz: frequency_ghz || undefined })}`),
  /** Answers when it is over, or after a while. */
  job: (id: string, wait_s = WAIT_S) => call<Job>('GET', `${paper('terrain/jobs', id)}?${query({ wait_s })}`),
  cancelJob: (id: string) => call<undefined>('DELETE', paper('terrain/jobs', id)),
  /** The address of a file of what a job came to. */
  exportAt: (job: string, file: string, target_m?: number) => `/elevation/results/${encodeURIComponent(job)}/${file}${target_m === undefined ? '' : `?${query({ target_m })}`}`,
  async rasterValues(v: Viewshed): Promise<Uint16Array> {
    const response = await fetch(v.values, { credentials: 'same-origin' })
    if (!response.ok) throw new Error(`the raster: ${response.status}`)
    return littleEndian(await response.arrayBuffer())
  },
}

/** 16-bit values, low byte first, whatever this machine's order is. */
export function littleEndian(b: ArrayBuffer): Uint16Array {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return new Uint16Array(b)
  const d = new DataView(b)
  return Uint16Array.from({ length: b.byteLength / 2 }, (_, i) => d.getUint16(2 * i, true))
}

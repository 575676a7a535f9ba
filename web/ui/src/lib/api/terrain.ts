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

export interface Viewshed {
  asked: ViewshedWish
  refraction: { k: number; k_low: number; k_high: number }
  eye_m: number // above the sea
  cells: number
  elevation: Elevation
  raster: { width: number; height: number; bounds: [number, number, number, number]; pixel_m: number }
  values: string // 16 bits each, tenths of a metre above ground at which a target shows; then as many of their standard deviations
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'

export interface Job {
  id: string
  kind: string
  state: JobState
  progress: number // 0 to 1; 0: not known yet
  trouble?: string
  viewshed?: Viewshed
}

const WAIT_S = 10

export const terrain = {
  elevation: () => call<ElevationState>('GET', '/api/elevation'),
  askViewshed: (wish: ViewshedWish) => call<Job>('POST', '/api/terrain/viewsheds', wish),
  /** Answers when it is over, or after a while. */
  job: (id: string, wait_s = WAIT_S) => call<Job>('GET', `${paper('terrain/jobs', id)}?${query({ wait_s })}`),
  cancelJob: (id: string) => call<undefined>('DELETE', paper('terrain/jobs', id)),
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

// Areas, and the user's own maps.

import { call, paper, query } from './call'

/** Hours of a schedule: days on which it begins, 0 Sunday to 6 Saturday, none: every day; minutes after local midnight. */
export interface Window { days?: number[]; from_min: number; to_min: number }

/** When something holds, inside its validity; without windows always. */
export interface Schedule { utc_offset_min: number; windows?: Window[] }

export interface AreaProperties {
  name: string
  kind: string
  owner?: string
  schedule?: Schedule
  buffer_m: number
  left?: string
  right?: string
  source: string
  dated?: string
  accuracy_m: number
  demonstration: boolean
  version: number
  from?: string // absent: since ever
  until?: string // absent: until replaced
  known?: string
  by?: string
  reason?: string
}

export interface AreaGeometry { type: 'Point' | 'LineString' | 'Polygon'; coordinates: unknown }

/** A version of an area. */
export interface Area { type: 'Feature'; id: string; geometry: AreaGeometry; properties: AreaProperties }

export interface Areas { type: 'FeatureCollection'; features: Area[] }

/** What an area shall be. */
export interface AreaWish {
  name: string
  kind: string
  geometry: AreaGeometry
  owner?: string
  schedule?: Schedule
  buffer_m?: number
  left?: string
  right?: string
  source?: string
  dated?: string
  accuracy_m?: number
  demonstration?: boolean
  from?: string // absent: from now on
  until?: string
}

/** What became of a change: it was made, or it waits for a second person. */
export interface AreaChanged { now?: Area; repeated?: boolean; waits?: { id: string } }

/** What a file of areas would change, or changed. */
export interface AreaPreview {
  areas: { feature: number; area: string; name?: string; kind?: string; what: 'new' | 'changed' | 'same' | 'retired' | 'wrong'; detail?: string }[]
  new: number
  changed: number
  wrong: number
  applied: boolean
}

/** One of the user's own maps: a PMTiles file of the server. */
export interface UserMap {
  id: string
  name: string
  kind: 'vector' | 'raster' | 'elevation'
  encoding?: 'terrarium' | 'mapbox'
  min_zoom: number
  max_zoom: number
  bounds: [number, number, number, number] // west, south, east, north
  attribution: string
  layers?: string[]
  bytes: number
  trouble?: string
}

type Answer = AreaChanged & { done?: AreaChanged }

/** An act that may take two people says what was done inside `done`. */
const changed = async (answer: Promise<Answer>): Promise<AreaChanged> => {
  const a = await answer
  return a.done ?? a
}

export const areas = {
  /** Those in force now, or at a time. */
  areas: (at?: string) => call<Areas>('GET', `/api/areas?${query({ at })}`),
  /** The last version of each, in force or not. */
  allAreas: () => call<Areas>('GET', '/api/areas?all=true'),
  /** As it is in force, else its last version. */
  area: (id: string) => call<Area>('GET', paper('areas', id)),
  areaVersions: (id: string) => call<{ versions: Area[] }>('GET', paper('areas', id, 'versions')),
  addArea: (to: AreaWish, reason: string, key: string) => changed(call<Answer>('POST', '/api/areas', { reason, to }, key)),
  /** `version` is the one that was changed; another one in between is a version-conflict. */
  changeArea: (id: string, version: number, to: AreaWish, reason: string, key: string) =>
    changed(call<Answer>('PUT', paper('areas', id), { version, reason, to }, key)),
  endArea: (id: string, version: number, reason: string, key: string) =>
    changed(call<Answer>('DELETE', `${paper('areas', id)}?${query({ version, reason })}`, undefined, key)),
  /** GeoJSON or KML; `kind` is of shapes of which the file says none. */
  previewAreas: (file: Blob, kind: string) => call<AreaPreview>('POST', `/api/areas/import/preview?${query({ kind })}`, file),
  importAreas: (file: Blob, kind: string, reason: string, key: string) =>
    call<AreaPreview>('POST', `/api/areas/import?${query({ kind, reason })}`, file, key),
  maps: () => call<{ maps: UserMap[] }>('GET', '/api/maps'),
}

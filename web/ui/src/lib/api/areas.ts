// Areas, and the user's own maps.

import { call } from './call'

export interface AreaProperties {
  name: string
  kind: string
  version: number
  buffer_m: number
  left?: string
  right?: string
  source: string
  accuracy_m: number
  demonstration: boolean
}

export interface Areas {
  type: 'FeatureCollection'
  features: { type: 'Feature'; id: string; geometry: { type: 'Point' | 'LineString' | 'Polygon'; coordinates: unknown }; properties: AreaProperties }[]
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

export const areas = {
  areas: () => call<Areas>('GET', '/api/areas'),
  maps: () => call<{ maps: UserMap[] }>('GET', '/api/maps'),
}

// Where sensors see.

import { call, paper, query } from './call'
import type { Refraction } from './terrain'

export interface Regard {
  sensor: string
  version: number
  state: 'made' | 'making' | 'none'
  why?: string
  shares?: { above_m: number; seen: number }[]
  covered?: number // part of range and sector with elevation
  half_m?: number // above the ground; below it the sensor does not see in half of its range
  refraction?: Refraction
  elevation?: { elevation: { name: string; synthetic: boolean; sd_m: number }; resolution_m: number; optimism: { factor: number } }
  imported?: string
  coarsened?: boolean
}

/** Below what one sensor does not see at a place. */
export interface Blind {
  sensor: string
  state: 'seen' | 'blind' | 'unknown'
  below_m: number // above the ground
  sd_m: number
}

export const regard = {
  regard: (id: string) => call<Regard>('GET', paper('sensors', id, 'regard')),
  /** Of all sensors that look. */
  regards: () => call<{ regards: Regard[] }>('GET', '/api/feeds').then((f) => f.regards),
  blind: (lat: number, lon: number) => call<{ sensors: Blind[]; least?: Blind }>('GET', `/api/terrain/blind?${query({ lat, lon })}`),
}

// Where sensors see.

import { call, paper, query } from './call'

export interface Regard {
  sensor: string
  version: number
  state: 'made' | 'making' | 'none'
  why?: string
  shares?: { above_m: number; seen: number }[]
  covered?: number // part of range and sector with elevation
  elevation?: { elevation: { name: string; synthetic: boolean }; resolution_m: number; optimism: { factor: number } }
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
  blind: (lat: number, lon: number) => call<{ sensors: Blind[]; least?: Blind }>('GET', `/api/terrain/blind?${query({ lat, lon })}`),
}

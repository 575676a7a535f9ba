// Cameras that can be turned.

import { call, paper, type Position } from './call'

/** Every purpose that anything may be looked at for: the program has no others. */
export const PURPOSES = [
  'border-crossing', 'smuggling', 'illegal-flight', 'illegal-fishing', 'illegal-mining', 'illegal-logging',
  'search-and-rescue', 'disaster', 'environment', 'training',
] as const
export type Purpose = (typeof PURPOSES)[number]

export interface Direction { azimuth_deg: number; elevation_deg: number; wide_deg: number }

/** What a camera sees of the ground, cut by terrain. */
export interface Picture {
  outline: Position[]
  outer: Position[] // holds the picture also where all is off
  sigma: number
  open: boolean // part of it meets no ground within range_m
  range_m: number
  centre?: Position
  away_m?: number
  elevation: string
  synthetic?: boolean
}

export interface CameraState {
  sensor: string
  at: string
  direction: Direction
  high_deg: number
  sd_deg: number
  moving: boolean
  moves?: number // the camera's own count
  recorded: number
  picture?: Picture
  unknown?: string
  fence: boolean
  authority: boolean
  steerable: boolean
}

export interface TurnWish {
  purpose: Purpose
  authority?: string // none: any that covers it
  kind: 'absolute' | 'relative' | 'continuous'
  azimuth_deg?: number
  elevation_deg?: number
  wide_deg?: number
  pan?: number
  tilt?: number
  zoom?: number
  for_s?: number
}

export const cameras = {
  camera: (id: string) => call<CameraState>('GET', paper('sensors', id, 'camera')),
  turn: (id: string, wish: TurnWish, key: string) => call<{ number: number; to: Direction }>('POST', paper('sensors', id, 'looks'), wish, key),
  stop: (id: string) => call<{ record: string; late: boolean }>('POST', paper('sensors', id, 'stop')),
}

// The stretch of a border that a plan is for: what the map shows of it.

import type { Area } from './api'
import { inverse } from './geodesic'

type Lonlat = readonly number[]
export interface Stretch { line: { lat: number; lon: number }[]; metres: number }

const MOST = 2000 // points, as the API bounds them

/** The longest part of a border inside a box (west, south, east, north); null: none of it. */
export function stretchOf(border: Area, [west, south, east, north]: [number, number, number, number]): Stretch | null {
  const g = border.geometry
  if (g.type !== 'LineString') return null
  let best: Stretch | null = null
  const take = (run: Lonlat[]) => {
    if (run.length < 2) return
    const step = Math.ceil(run.length / MOST)
    const line = run.filter((_, i) => i % step === 0 || i === run.length - 1).map(([lon, lat]) => ({ lat: lat!, lon: lon! }))
    let metres = 0
    for (let i = 1; i < line.length; i++) metres += inverse(line[i - 1]!, line[i]!).metres
    if (!best || metres > best.metres) best = { line, metres }
  }
  let run: Lonlat[] = []
  for (const p of g.coordinates as Lonlat[]) {
    const [lon, lat] = p as [number, number]
    if (lat >= south && lat <= north && lon >= west && lon <= east) run.push(p)
    else {
      take(run)
      run = []
    }
  }
  take(run)
  return best
}

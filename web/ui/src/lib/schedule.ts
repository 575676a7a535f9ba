// Schedules: at which hours of which days something holds, as package valid
// of the server has it. Local time is at a fixed distance from UTC.

import type { Schedule, Window } from './api'

const DAY = 24 * 60 // minutes
export const WEEK = [1, 2, 3, 4, 5, 6, 0] as const // Monday first

/** Whether a time (ms since 1970) lies inside; without windows always. */
export function holds(s: Schedule | undefined, ms: number): boolean {
  if (!s?.windows?.length) return true
  const local = new Date(ms + s.utc_offset_min * 60_000)
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes() + local.getUTCSeconds() / 60
  const today = local.getUTCDay()
  return s.windows.some((w) => {
    const on = (day: number) => !w.days?.length || w.days.includes(day)
    if (w.to_min > w.from_min) return on(today) && minute >= w.from_min && minute < w.to_min
    return (on(today) && minute >= w.from_min) || (on((today + 6) % 7) && minute < w.to_min)
  })
}

const two = (n: number) => String(n).padStart(2, '0')

/** Minutes after midnight as "06:30"; the end of a day is "24:00". */
export const hour = (minutes: number): string => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`

/** Reads "6:30", "06:30" or "24:00"; null: it is none. */
export function minutes(text: string): number | null {
  const m = /^(\d{1,2}):(\d\d)$/.exec(text.trim())
  if (!m) return null
  const n = Number(m[1]) * 60 + Number(m[2])
  return Number(m[2]) < 60 && n <= DAY ? n : null
}

/** Days in the order of the week; every day is none of them. */
export const daysOf = (w: Window): number[] => (w.days?.length && w.days.length < 7 ? WEEK.filter((d) => w.days!.includes(d)) : [])

// Times as people write them into the search box: "-2h", "hace 20 min",
// "08:15", "08:15Z", "2026-11-22 08:15".

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The past time that a text says, ms since 1970; null: it says none. */
export function timeIn(text: string, now: number): number | null {
  const s = text.trim().toLowerCase()
  const ago = /^(?:-|hace )\s*(\d{1,4}(?:[.,]\d)?)\s*(s|seg|segundos?|seconds?|m|min|minutos?|minutes?|h|horas?|hours?|d|días?|dias?|days?)$/.exec(s) ??
    /^(\d{1,4}(?:[.,]\d)?)\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?) ago$/.exec(s)
  if (ago) return now - Number(ago[1]!.replace(',', '.')) * units[ago[2]![0]!]!
  const clock = /^(?:(\d{4})-(\d\d)-(\d\d)[t ])?(\d{1,2}):(\d\d)(?::(\d\d))?\s*(z)?$/.exec(s)
  if (!clock) return null
  const [, year, month, day, hour, minute, second = '0', zulu] = clock
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const d = new Date(now)
  if (zulu) {
    if (year) d.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
    d.setUTCHours(Number(hour), Number(minute), Number(second), 0)
  } else {
    if (year) d.setFullYear(Number(year), Number(month) - 1, Number(day))
    d.setHours(Number(hour), Number(minute), Number(second), 0)
  }
  // A time of day that has not come yet was yesterday's.
  const at = d.getTime() > now && !year ? d.getTime() - units.d! : d.getTime()
  return at <= now ? at : null
}

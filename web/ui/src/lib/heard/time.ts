// Times as they are said on the radio and typed in a hurry: "0340", "03:40Z",
// "hace 5 min", "en 30 min", "ayer 2310", "220340Z". Without Z they are local.
// What could mean two things is refused, with the reason.

export type TimeRefusal =
  | 'empty'
  | 'unclear'
  | 'six' // six figures: hours, minutes and seconds, or day, hours and minutes?
  | 'hour'
  | 'minute'
  | 'day' // no such day
  | 'future' // it has not come yet
  | 'past' // it is over

export type HeardTime = { ok: true; at: number } | { ok: false; why: TimeRefusal }

/** When something was, or when it is to be. */
export type Way = 'past' | 'future'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Clocks differ by so much: what was seen at this minute is not of tomorrow. */
const AHEAD_MS = MINUTE

const no = (why: TimeRefusal): HeardTime => ({ ok: false, why })

/** Reads a time, ms since 1970. */
export function heardTime(text: string, now: number, way: Way = 'past'): HeardTime {
  const s = text.trim().toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '').replace(/\s+/g, ' ')
  if (!s) return no('empty')
  if (/^(ahora|ahora mismo|ya|now)$/.test(s)) return within(now, now, way)
  const span = spanOf(s, way)
  if (span !== null) return within(way === 'past' ? now - span : now + span, now, way)
  return clock(s, now, way)
}

/** A span of time with its words, ms; null: it is none. */
function spanOf(s: string, way: Way): number | null {
  const words = way === 'past'
    ? /^(?:hace |-)? ?(?<span>.+?)(?: ago| atras)?$/
    : /^(?:en |dentro de |in |\+)? ?(?<span>.+)$/
  const span = words.exec(s)!.groups!.span!
  if (/^media hora$|^half an hour$/.test(span)) return 30 * MINUTE
  if (/^una? (hora|hour)$|^an hour$/.test(span)) return HOUR
  const hours = '(?:h|hr?s?|horas?|hours?)'
  const minutes = "(?:m|'|min|mins|minutos?|minutes?)"
  const m = new RegExp(`^(?:(\\d{1,3}) ?d(?:ias?|ays?)?)?(?: ?(\\d{1,2}(?:[.,]\\d)?) ?${hours})?(?:(?: y | and | )?(\\d{1,4}) ?${minutes})?(?: ?(\\d{1,4}) ?(?:s|seg|segundos?|seconds?))?$`).exec(span)
  if (m && m.slice(1).some(Boolean)) {
    const [d = '0', h = '0', min = '0', sec = '0'] = m.slice(1)
    return Number(d) * DAY + Number(h.replace(',', '.')) * HOUR + Number(min) * MINUTE + Number(sec) * 1000
  }
  // "1h20"
  const short = /^(\d{1,2})h(\d{2})$/.exec(span)
  // A sign alone makes minutes of a number: "-5", "+30".
  const signed = (way === 'past' ? /^- ?(\d{1,4})$/ : /^\+ ?(\d{1,4})$/).exec(s)
  if (signed) return Number(signed[1]) * MINUTE
  return short && span !== s ? Number(short[1]) * HOUR + Number(short[2]) * MINUTE : null
}

function clock(s: string, now: number, way: Way): HeardTime {
  const zone = /^(.*?) ?(z|utc|gmt|zulu|l|hora local|local)$/.exec(s)
  const zulu = zone !== null && !zone[2]!.includes('l') || zone?.[2] === 'zulu'
  let rest = (zone?.[1] ?? s).trim()
  const today = dayOf(now, zulu)
  let day: Day | null = null

  const dated = /^(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\/(\d{1,2})(?:\/(\d{4}))?)[ t,]+(.+)$/.exec(rest)
  const worded = /^(hoy|today|ayer|yesterday|manana|tomorrow)(?: a las?| at)?[ ,]+(.+)$/.exec(rest)
  const group = zone !== null && /^(\d{2})(\d{4})$/.exec(rest) // day and time, as in a message: 220340Z
  if (dated) {
    day = dated[1] ? { y: Number(dated[1]), m: Number(dated[2]), d: Number(dated[3]) } : { y: Number(dated[6] ?? today.y), m: Number(dated[5]), d: Number(dated[4]) }
    rest = dated[7]!
  } else if (worded) {
    const step = /^(ayer|yes)/.test(worded[1]!) ? -1 : /^(man|tom)/.test(worded[1]!) ? 1 : 0
    day = { ...today, d: today.d + step }
    rest = worded[2]!
  } else if (group) {
    day = groupDay(Number(group[1]), today, way)
    if (!day) return no('day')
    rest = group[2]!
  } else if (/^\d{6}$/.test(rest)) return no('six')

  const t = /^(?:a las? |at )?(\d{1,2})(?:[:.h ](\d{2})(?:[:.](\d{2}))?|(\d{2})) ?h?$/.exec(rest)
  if (!t) return no('unclear')
  const [hour, minute, second] = [Number(t[1]), Number(t[2] ?? t[4]), Number(t[3] ?? 0)]
  if (hour > 23) return no('hour')
  if (minute > 59 || second > 59) return no('minute')
  if (day && !worded && !exists(day)) return no('day')
  let at = make(day ?? today, hour, minute, second, zulu)
  if (dated && !dated[1] && !dated[6] && way === 'past' && at > now + AHEAD_MS) at = make({ ...day!, y: day!.y - 1 }, hour, minute, second, zulu) // of last year
  if (day) return within(at, now, way)
  // A time of day alone is the nearest that fits: the last one, or the next one.
  if (way === 'past' && at > now + AHEAD_MS) return { ok: true, at: make({ ...today, d: today.d - 1 }, hour, minute, second, zulu) }
  if (way === 'future' && at <= now) return { ok: true, at: make({ ...today, d: today.d + 1 }, hour, minute, second, zulu) }
  return { ok: true, at }
}

interface Day { y: number; m: number; d: number }

const dayOf = (ms: number, zulu: boolean): Day => {
  const d = new Date(ms)
  return zulu ? { y: d.getUTCFullYear(), m: d.getUTCMonth() + 1, d: d.getUTCDate() } : { y: d.getFullYear(), m: d.getMonth() + 1, d: d.getDate() }
}

/** The day of a group: of this month, else of the one before or after. */
function groupDay(d: number, today: Day, way: Way): Day | null {
  if (d < 1 || d > 31) return null
  if (way === 'past') return d <= today.d ? { ...today, d } : { y: today.m === 1 ? today.y - 1 : today.y, m: today.m === 1 ? 12 : today.m - 1, d }
  return d >= today.d ? { ...today, d } : { y: today.m === 12 ? today.y + 1 : today.y, m: today.m === 12 ? 1 : today.m + 1, d }
}

const exists = ({ y, m, d }: Day): boolean => m >= 1 && m <= 12 && d >= 1 && d <= new Date(Date.UTC(y, m, 0)).getUTCDate()

/** The time of a day; the day before the first of a month is the last of the one before. */
const make = ({ y, m, d }: Day, hour: number, minute: number, second: number, zulu: boolean): number =>
  zulu ? Date.UTC(y, m - 1, d, hour, minute, second) : new Date(y, m - 1, d, hour, minute, second).getTime()

function within(at: number, now: number, way: Way): HeardTime {
  if (way === 'past' && at > now + AHEAD_MS) return no('future')
  if (way === 'future' && at <= now) return no('past')
  return { ok: true, at }
}

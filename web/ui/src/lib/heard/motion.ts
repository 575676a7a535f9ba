// Directions, speeds and distances as they are said on the radio: "315",
// "NO", "noroeste", "4 nudos", "3 NM". Numbers have a point or a comma.

const points = ['N', 'NNE', 'NE', 'ENE', 'E', 'ESE', 'SE', 'SSE', 'S', 'SSW', 'SW', 'WSW', 'W', 'WNW', 'NW', 'NNW']
const words: Record<string, string> = {
  norte: 'N', noreste: 'NE', nordeste: 'NE', este: 'E', sureste: 'SE', sudeste: 'SE', sur: 'S', suroeste: 'SW', sudoeste: 'SW', oeste: 'W', noroeste: 'NW',
  north: 'N', northeast: 'NE', east: 'E', southeast: 'SE', south: 'S', southwest: 'SW', west: 'W', northwest: 'NW',
}

const KNOT = 1852 / 3600 // m/s
const MILE = 1852 // m, nautical: on the lake no other is meant

const plain = (text: string) => text.trim().toLowerCase().normalize('NFD').replace(/\p{Mn}/gu, '').replace(/\s+/g, ' ')
const amount = (s: string) => Number(s.replace(',', '.'))

/** A direction, true degrees from 0 to 360; null: it is none. */
export function heardCourse(text: string): number | null {
  const s = plain(text).replace(/^(?:rumbo|hacia|al?|heading|to|towards) (?:el |the )?/, '')
  const degrees = /^(\d{1,3}(?:[.,]\d{1,2})?) ?(?:°|º|grados?|deg(?:rees)?)?$/.exec(s)
  if (degrees) return amount(degrees[1]!) <= 360 ? amount(degrees[1]!) : null
  // O is oeste: NO, SO, ONO; there is no other O.
  const point = words[s.replace(/[ -]/g, '')] ?? (/^[nsewo]{1,3}$/.test(s) ? s.toUpperCase().replaceAll('O', 'W') : '')
  const at = points.indexOf(point)
  return at < 0 ? null : at * 22.5
}

/** A speed, m/s; knots where nobody says. null: it is none, or nothing is so fast. */
export function heardSpeed(text: string): number | null {
  const m = /^(\d{1,4}(?:[.,]\d{1,2})?) ?(kn|kts?|nudos?|knots?|km ?\/ ?h|kmh|m ?\/ ?s)?$/.exec(plain(text))
  if (!m) return null
  const unit = m[2]?.replaceAll(' ', '') ?? 'kn'
  const mps = amount(m[1]!) * (unit.startsWith('km') ? 1 / 3.6 : unit === 'm/s' ? 1 : KNOT)
  return mps <= 400 ? Math.round(mps * 1000) / 1000 : null
}

/** A distance with its unit, metres; null: it is none. Without a unit nobody knows. */
export function heardDistance(text: string): number | null {
  const m = /^(\d{1,6}(?:[.,]\d{1,3})?) ?(m|mts?|metros?|met(?:re|er)s?|km|kilometros?|kilomet(?:re|er)s?|nm|mn|millas?(?: nauticas?)?|(?:nautical )?miles?)$/.exec(plain(text))
  if (!m) return null
  const metres = amount(m[1]!) * (/^(km|kilo)/.test(m[2]!) ? 1000 : /^(nm|mn|milla|mile|nautical)/.test(m[2]!) ? MILE : 1)
  return Math.round(metres)
}

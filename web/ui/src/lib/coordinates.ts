// Coordinates as people write and say them: decimal degrees, degrees and
// minutes, degrees, minutes and seconds, UTM with UPS at the poles, MGRS. They
// are never localised: a point copied here is read the same everywhere.
//
// Transverse Mercator is Krüger's series to the sixth order (C. F. F. Karney,
// Transverse Mercator with an accuracy of a few nanometers, J. Geodesy 85,
// 2011); zones, bands and squares are those of NGA.SIG.0012 and NGA.STND.0037.

export interface LatLon { lat: number; lon: number }

export type Form = 'decimal' | 'dm' | 'dms' | 'utm' | 'mgrs'
export const FORMS: Form[] = ['dm', 'decimal', 'dms', 'utm', 'mgrs']

const A = 6378137 // m, WGS84
const F = 1 / 298.257223563
const E = Math.sqrt(F * (2 - F))
const N = F / (2 - F)
const RECTIFYING = (A / (1 + N)) * (1 + N ** 2 / 4 + N ** 4 / 64 + N ** 6 / 256)
const UTM_SCALE = 0.9996
const UPS_SCALE = 0.994
const FALSE_EASTING = 500_000
const FALSE_SOUTH = 10_000_000
const FALSE_UPS = 2_000_000

/** Coefficients of powers of N from the first that is not zero. */
const series = (from: number, ...c: number[]) => c.reduce((sum, k, i) => sum + k * N ** (from + i), 0)
const ALPHA = [
  series(1, 1 / 2, -2 / 3, 5 / 16, 41 / 180, -127 / 288, 7891 / 37800),
  series(2, 13 / 48, -3 / 5, 557 / 1440, 281 / 630, -1983433 / 1935360),
  series(3, 61 / 240, -103 / 140, 15061 / 26880, 167603 / 181440),
  series(4, 49561 / 161280, -179 / 168, 6601661 / 7257600),
  series(5, 34729 / 80640, -3418889 / 1995840),
  series(6, 212378941 / 319334400),
]
const BETA = [
  series(1, 1 / 2, -2 / 3, 37 / 96, -1 / 360, -81 / 512, 96199 / 604800),
  series(2, 1 / 48, 1 / 15, -437 / 1440, 46 / 105, -1118711 / 3870720),
  series(3, 17 / 480, -37 / 840, -209 / 4480, 5569 / 90720),
  series(4, 4397 / 161280, -11 / 504, -830251 / 7257600),
  series(5, 4583 / 161280, -108847 / 3991680),
  series(6, 20648693 / 638668800),
]

const rad = (deg: number) => (deg * Math.PI) / 180
const deg = (r: number) => (r * 180) / Math.PI

/** Tangent of the conformal latitude. */
function conformal(tau: number): number {
  const sigma = Math.sinh(E * Math.atanh((E * tau) / Math.hypot(1, tau)))
  return tau * Math.hypot(1, sigma) - sigma * Math.hypot(1, tau)
}

/** Tangent of the latitude, by Newton's method. */
function geographic(taup: number): number {
  if (!Number.isFinite(taup)) return taup
  const e2m = 1 - E * E
  let tau = taup / e2m
  for (let i = 0; i < 6; i++) {
    const here = conformal(tau)
    const step = ((taup - here) / Math.hypot(1, here)) * (1 + e2m * tau * tau) / (e2m * Math.hypot(1, tau))
    tau += step
    if (Math.abs(step) < 1e-14 * Math.max(1, Math.abs(tau))) break
  }
  return tau
}

interface Grid {
  /** 1 to 60; 0: UPS. */
  zone: number
  north: boolean
  easting: number // m
  northing: number
}

/** The zone that the standard gives to a place, with Norway's and Svalbard's; 0: UPS. */
export function zoneOf({ lat, lon }: LatLon): number {
  if (lat < -80 || lat >= 84) return 0
  const l = wrap(lon)
  const zone = Math.floor((l + 180) / 6) + 1
  if (lat >= 56 && lat < 64 && zone === 31 && l >= 3) return 32
  if (lat >= 72 && l >= 0 && l < 42) return 2 * Math.floor((l + 183) / 12) + 1
  return zone
}

/** -180 <= lon < 180 */
const wrap = (lon: number): number => ((((lon + 180) % 360) + 360) % 360) - 180

const meridian = (zone: number): number => 6 * zone - 183

export function toGrid(p: LatLon, zone = zoneOf(p)): Grid {
  const north = p.lat >= 0
  const taup = conformal(Math.tan(rad(p.lat)))
  if (zone === 0) {
    const rho = polarRadius(north ? taup : -taup)
    const l = rad(p.lon)
    return { zone, north, easting: FALSE_UPS + rho * Math.sin(l), northing: FALSE_UPS + (north ? -1 : 1) * rho * Math.cos(l) }
  }
  const l = rad(wrap(p.lon - meridian(zone)))
  const xip = Math.atan2(taup, Math.cos(l))
  const etap = Math.asinh(Math.sin(l) / Math.hypot(taup, Math.cos(l)))
  let xi = xip
  let eta = etap
  ALPHA.forEach((a, i) => {
    const k = 2 * (i + 1)
    xi += a * Math.sin(k * xip) * Math.cosh(k * etap)
    eta += a * Math.cos(k * xip) * Math.sinh(k * etap)
  })
  return {
    zone, north, easting: FALSE_EASTING + UTM_SCALE * RECTIFYING * eta,
    northing: (north ? 0 : FALSE_SOUTH) + UTM_SCALE * RECTIFYING * xi,
  }
}

const POLAR = (2 * UPS_SCALE * A) / (Math.sqrt(1 - E * E) * Math.exp(E * Math.atanh(E)))

/** Distance from the pole in UPS; grows with the distance. taup is positive on the pole's side. */
const polarRadius = (taup: number): number =>
  !Number.isFinite(taup) || taup > 1e15 ? 0 : POLAR * (taup >= 0 ? 1 / (Math.hypot(1, taup) + taup) : Math.hypot(1, taup) - taup)

export function fromGrid(g: Grid): LatLon {
  if (g.zone === 0) {
    const x = g.easting - FALSE_UPS
    const y = (g.northing - FALSE_UPS) * (g.north ? -1 : 1)
    const rho = Math.hypot(x, y)
    if (rho === 0) return { lat: g.north ? 90 : -90, lon: 0 }
    const t = rho / POLAR
    const lat = deg(Math.atan(geographic((1 / t - t) / 2)))
    return { lat: g.north ? lat : -lat, lon: deg(Math.atan2(x, y)) }
  }
  const xi = (g.northing - (g.north ? 0 : FALSE_SOUTH)) / (UTM_SCALE * RECTIFYING)
  const eta = (g.easting - FALSE_EASTING) / (UTM_SCALE * RECTIFYING)
  let xip = xi
  let etap = eta
  BETA.forEach((b, i) => {
    const k = 2 * (i + 1)
    xip -= b * Math.sin(k * xi) * Math.cosh(k * eta)
    etap -= b * Math.cos(k * xi) * Math.sinh(k * eta)
  })
  const taup = Math.sin(xip) / Math.hypot(Math.sinh(etap), Math.cos(xip))
  return { lat: deg(Math.atan(geographic(taup))), lon: wrap(meridian(g.zone) + deg(Math.atan2(Math.sinh(etap), Math.cos(xip)))) }
}

// MGRS

const BANDS = 'CDEFGHJKLMNPQRSTUVWX'
const COLUMNS = ['ABCDEFGH', 'JKLMNPQR', 'STUVWXYZ']
const ROWS = 'ABCDEFGHJKLMNPQRSTUV'
const POLES = 'ABYZ' // south west, south east, north west, north east
const POLE_COLUMNS = ['JKLPQRSTUXYZ', 'ABCFGHJKLPQR', 'RSTUXYZ', 'ABCFGHJ']
const POLE_ROWS = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'ABCDEFGHJKLMNP']
const HUNDRED_KM = 100_000
/** Where the letters of the poles begin, in 100 km. */
const poleFirst = (north: boolean) => (north ? 13 : 8)

const bandOf = (lat: number): string => BANDS[Math.max(0, Math.min(19, Math.floor((lat + 80) / 8)))]!
/** Degrees of latitude that a band goes over. X is half as high again; squares go on beyond the ends, to 1,000 and 9,500 km. */
const bandRange = (band: string): [south: number, north: number] => {
  const i = BANDS.indexOf(band)
  return [band === 'C' ? -82 : 8 * i - 80, band === 'X' ? 86 : 8 * i - 72]
}

/** The square that a place lies in, as wide as the digits of each number say: 5 for a metre. */
export function mgrs(p: LatLon, digits = 5): string {
  const g = toGrid(p)
  const x = Math.floor(g.easting / HUNDRED_KM)
  const y = Math.floor(g.northing / HUNDRED_KM)
  const part = (v: number) => String(Math.floor((v % HUNDRED_KM) / 10 ** (5 - digits))).padStart(digits, '0')
  const numbers = digits ? ` ${part(g.easting)} ${part(g.northing)}` : ''
  if (g.zone === 0) {
    const east = x >= 20
    const i = (g.north ? 2 : 0) + (east ? 1 : 0)
    const column = POLE_COLUMNS[i]![x - (east ? 20 : poleFirst(g.north))]
    const row = POLE_ROWS[g.north ? 1 : 0]![y - poleFirst(g.north)]
    return `${POLES[i]} ${column}${row}${numbers}`
  }
  const column = COLUMNS[(g.zone - 1) % 3]![x - 1]
  const row = ROWS[(y + (g.zone % 2 ? 0 : 5)) % 20]
  return `${String(g.zone).padStart(2, '0')}${bandOf(p.lat)} ${column}${row}${numbers}`
}

/** Why a text is no coordinate: the end of a key of the texts. */
export type Refusal =
  | 'empty' | 'unclear' | 'latitude' | 'longitude' | 'order' | 'minutes' | 'hemisphere' | 'sameAxis'
  | 'zone' | 'easting' | 'northing' | 'ambiguousS' | 'band' | 'square' | 'digits'

export type Parsed =
  | { ok: true; lat: number; lon: number; form: Form; /** Side of the square that was named, m; 0: a point. */ metres: number }
  | { ok: false; why: Refusal }

const no = (why: Refusal): Parsed => ({ ok: false, why })

/** Reads a coordinate in any of the forms, with comma or point for decimals, N/S/E/W or O for west, or signs. */
export function parse(text: string): Parsed {
  const s = text.trim().toUpperCase().replace(/[−–]/g, '-').replace(/\s+/g, ' ')
  if (!s) return no('empty')
  const grid = /^(?:(\d{1,2}) ?)?(NORTH|SOUTH|NORTE|SUR|[A-Z])[ ,]*(\d+(?:[.,]\d+)?) ?M?E?[ ,;]+(\d+(?:[.,]\d+)?) ?M?N?$/.exec(s)
  if (grid && (grid[3]!.length > 3 || grid[4]!.length > 3)) return parseUTM(grid[1], grid[2]!, amount(grid[3]!), amount(grid[4]!))
  const square = /^(\d{1,2})?([A-Z])([A-Z])([A-Z])(\d*)$/.exec(s.replace(/ /g, ''))
  if (square) return parseMGRS(square[1], square[2]!, square[3]!, square[4]!, square[5]!)
  return parseDegrees(s.replace(/(\d) ?D/g, '$1°'))
}

const amount = (s: string): number => Number(s.replace(',', '.'))

function parseUTM(zoneText: string | undefined, letter: string, easting: number, northing: number): Parsed {
  const zone = Number(zoneText ?? 0)
  if (zoneText !== undefined && (zone < 1 || zone > 60)) return no('zone')
  if (zone === 0) {
    const i = POLES.indexOf(letter)
    if (i < 0 && !/^(N|S|NORTH|SOUTH|NORTE|SUR)$/.test(letter)) return no('zone')
    const north = i >= 0 ? i > 1 : letter.startsWith('N')
    return checked({ zone, north, easting, northing }, 'utm', 0)
  }
  if (!/^(NORTH|SOUTH|NORTE|SUR)$/.test(letter) && !BANDS.includes(letter)) return no('band')
  if (letter === 'S') {
    // Hemisphere or band? In band S (32 to 40 north) the northing may be either's.
    const asBand = fromGrid({ zone, north: true, easting, northing })
    if (asBand.lat >= 31.9 && asBand.lat < 40.1) return no('ambiguousS')
  }
  const north = letter.length > 1 ? letter.startsWith('N') : letter !== 'S' && letter >= 'N'
  return checked({ zone, north, easting, northing }, 'utm', 0)
}

/** The limits of GeographicLib's UTMUPS: the zone, its neighbours' overlap and 100 km. */
function checked(g: Grid, form: Form, metres: number): Parsed {
  const [west, east, south, north] =
    g.zone > 0 ? [0, 1_000_000, g.north ? -9_100_000 : 900_000, g.north ? 9_600_000 : 19_600_000]
    : g.north ? [1_200_000, 2_800_000, 1_200_000, 2_800_000] : [700_000, 3_300_000, 700_000, 3_300_000]
  if (g.easting < west! || g.easting > east!) return no('easting')
  if (g.northing < south! || g.northing > north!) return no('northing')
  return { ok: true, ...fromGrid(g), form, metres }
}

function parseMGRS(zoneText: string | undefined, band: string, column: string, row: string, numbers: string): Parsed {
  if (numbers.length % 2 || numbers.length > 10) return no('digits')
  const half = numbers.length / 2
  const metres = 10 ** (5 - half)
  const middle = (digits: string) => (digits ? Number(digits) * metres : 0) + metres / 2
  const x = middle(numbers.slice(0, half))
  const y = middle(numbers.slice(half))
  const zone = Number(zoneText ?? 0)
  if (zoneText === undefined) {
    const i = POLES.indexOf(band)
    if (i < 0) return no('zone')
    const north = i > 1
    const east = i % 2 === 1
    const c = POLE_COLUMNS[i]!.indexOf(column)
    const r = POLE_ROWS[north ? 1 : 0]!.indexOf(row)
    if (c < 0 || r < 0) return no('square')
    return checked({
      zone: 0, north, easting: (c + (east ? 20 : poleFirst(north))) * HUNDRED_KM + x, northing: (r + poleFirst(north)) * HUNDRED_KM + y,
    }, 'mgrs', metres)
  }
  if (zone < 1 || zone > 60) return no('zone')
  if (!BANDS.includes(band)) return no('band')
  const c = COLUMNS[(zone - 1) % 3]!.indexOf(column)
  const r = ROWS.indexOf(row)
  if (c < 0 || r < 0) return no('square')
  const north = band >= 'N'
  // Rows repeat every 2,000 km; the one that touches the band is meant.
  const first = (r - (zone % 2 ? 0 : 5) + 20) % 20
  for (let k = first; k < (north ? 95 : 100); k += 20) {
    const corner = { zone, north, easting: (c + 1) * HUNDRED_KM, northing: k * HUNDRED_KM }
    if ((north || k >= 10) && touches(corner, bandRange(band))) return checked({ ...corner, easting: corner.easting + x, northing: corner.northing + y }, 'mgrs', metres)
  }
  return no('square')
}

/** Whether a square of 100 km has a part in a band. */
function touches(corner: Grid, [south, north]: [number, number]): boolean {
  let low = Infinity
  let high = -Infinity
  for (const dx of [0, 0.5, 1]) for (const dy of [0, 1]) {
    const { lat } = fromGrid({ ...corner, easting: corner.easting + dx * HUNDRED_KM, northing: corner.northing + dy * HUNDRED_KM })
    low = Math.min(low, lat)
    high = Math.max(high, lat)
  }
  return high > south && low < north
}

interface Angle { value: number; axis: 'lat' | 'lon' | null; parts: number }

function parseDegrees(s: string): Parsed {
  const halves = split(s)
  if (!halves) return no(/\d/.test(s) && (s.match(/\d+/g)!.length > 2) ? 'hemisphere' : 'unclear')
  const angles: Angle[] = []
  for (const h of halves) {
    const a = angle(h)
    if (typeof a === 'string') return no(a)
    angles.push(a)
  }
  const [first, second] = angles as [Angle, Angle]
  if (first.axis && first.axis === second.axis) return no('sameAxis')
  const swapped = first.axis === 'lon' || second.axis === 'lat'
  const [lat, lon] = swapped ? [second, first] : [first, second]
  if (Math.abs(lat.value) > 90) return no(!first.axis && Math.abs(lon.value) <= 90 ? 'order' : 'latitude')
  if (Math.abs(lon.value) > 180) return no('longitude')
  const form = lat.parts > 2 || lon.parts > 2 ? 'dms' : lat.parts > 1 || lon.parts > 1 ? 'dm' : 'decimal'
  return { ok: true, lat: lat.value, lon: lon.value, form, metres: 0 }
}

/** The texts of two angles. What parts them: a semicolon, letters, a comma, a sign or a space. */
function split(s: string): [string, string] | null {
  const pair = (a: string[] | null): [string, string] | null =>
    a && a.length === 2 && /\d/.test(a[0]!) && /\d/.test(a[1]!) ? [a[0]!.trim(), a[1]!.trim()] : null
  if (s.includes(';')) return pair(s.split(';'))
  if (s.includes('/')) return pair(s.split('/'))
  // Letters after both or before both.
  const after = /^([^A-Z]*[NSEWO])[ ,]*([^A-Z]*[NSEWO])$/.exec(s)
  if (after) return pair([after[1]!, after[2]!])
  const before = /^([NSEWO][^A-Z]*?)[ ,]*([NSEWO][^A-Z]*)$/.exec(s)
  if (before) return pair([before[1]!, before[2]!])
  const commas = s.split(',').length - 1
  if (/, /.test(s)) return pair(s.split(/, +/))
  if (commas === 1) return pair(s.split(','))
  if (commas === 3) {
    const [a, b, c, d] = s.split(',')
    return pair([`${a},${b}`, `${c},${d}`])
  }
  const signed = /^([-+]?[^-+]+?) ?([-+][^-+]+)$/.exec(s)
  if (signed) return pair([signed[1]!, signed[2]!])
  // Two numbers, or marks that say where the second begins: 16°30' 68°9'.
  const marked = /^([^°º]+[°º][^°º]*?['′’"″”]?) (\S+ ?[°º].*)$/.exec(s)
  if (marked) return pair([marked[1]!, marked[2]!])
  return pair(s.split(' ')) as [string, string] | null
}

function angle(s: string): Angle | Refusal {
  const m = /^([NSEWO])?\s*([-+])?\s*([NSEWO])?\s*(.+?)\s*([NSEWO])?$/.exec(s)
  if (!m) return 'unclear'
  const letters = [m[1], m[3], m[5]].filter(Boolean) as string[]
  if (letters.length > 1) return 'unclear'
  const numbers = m[4]!
    .replace(/''/g, '"')
    .replace(/[°º:'′’"″”]+/g, ' ')
    .trim().split(/ +/)
  if (numbers.length > 3 || numbers.some((n) => !/^\d+([.,]\d*)?$/.test(n))) return 'unclear'
  const values = numbers.map(amount)
  // Only the last part has decimals.
  if (values.slice(0, -1).some((v) => !Number.isInteger(v))) return 'unclear'
  if (values.slice(1).some((v) => v >= 60)) return 'minutes'
  const [d, min = 0, sec = 0] = values as [number, number?, number?]
  const letter = letters[0]
  if (letter && m[2]) return 'hemisphere'
  const negative = m[2] === '-' || letter === 'S' || letter === 'W' || letter === 'O'
  const value = d + min / 60 + sec / 3600
  return {
    value: negative ? -value : value, axis: !letter ? null : letter === 'N' || letter === 'S' ? 'lat' : 'lon', parts: numbers.length,
  }
}

// Writing

const two = (n: number) => String(n).padStart(2, '0')

/** Degrees and parts of 60, rounded once: never 60 minutes. */
function sexagesimal(v: number, width: number, seconds: boolean, letters: [string, string]): string {
  const unit = seconds ? 36_000 : 60_000 // tenths of a second; thousandths of a minute
  let left = Math.round(Math.abs(v) * unit)
  const d = Math.floor(left / unit)
  left -= d * unit
  const text = seconds
    ? `${two(Math.floor(left / 600))}′${two(Math.floor((left % 600) / 10))}.${left % 10}″`
    : `${two(Math.floor(left / 1000))}.${String(left % 1000).padStart(3, '0')}′`
  return `${String(d).padStart(width, '0')}°${text} ${letters[v < 0 ? 1 : 0]}`
}

/** A place in one form. Every text reads back with parse to within a metre or two. */
export function write(p: LatLon, form: Form): string {
  switch (form) {
    case 'decimal':
      return `${p.lat.toFixed(5)}, ${p.lon.toFixed(5)}`
    case 'dms':
    case 'dm':
      return `${sexagesimal(p.lat, 2, form === 'dms', ['N', 'S'])} ${sexagesimal(p.lon, 3, form === 'dms', ['E', 'W'])}`
    case 'utm': {
      const g = toGrid(p)
      const at = `${Math.round(g.easting)} E ${Math.round(g.northing)} N`
      if (g.zone === 0) return `${g.north ? 'North' : 'South'} ${at}`
      // "S" would be read as the southern half.
      const band = bandOf(p.lat)
      return `${two(g.zone)}${band === 'S' ? ' North' : band} ${at}`
    }
    case 'mgrs':
      return mgrs(p)
  }
}

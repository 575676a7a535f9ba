import { describe, expect, it } from 'vitest'
import { FORMS, fromGrid, mgrs, parse, toGrid, write, zoneOf, type LatLon } from './coordinates'
import { inverse } from './geodesic'
import { ask, has, random } from './peer.testing'

const there = has('GeoConvert')

/** Places everywhere, and many where the rules are special. */
function places(): LatLon[] {
  const r = random(3)
  const some = (n: number, [s, w, nn, e]: [number, number, number, number]) =>
    Array.from({ length: n }, () => ({ lat: s + (nn - s) * r(), lon: w + (e - w) * r() }))
  return [
    ...some(400, [-90, -180, 90, 180]),
    ...some(100, [-23, -70, -9, -57]), // Bolivia
    ...some(100, [56, 0, 64, 12]), // Norway
    ...some(150, [72, 0, 84, 42]), // Svalbard
    ...some(100, [83, -180, 90, 180]), ...some(100, [-90, -180, -79, 180]), // poles
    ...some(60, [-1, -180, 1, 180]), ...some(60, [-80, 176, 84, 180]),
    { lat: -16.5, lon: -68.15 }, { lat: 0, lon: 0 }, { lat: -80, lon: 3 }, { lat: 83.999, lon: 20.9 }, { lat: 84, lon: 1 },
    { lat: 90, lon: 0 }, { lat: -90, lon: 0 }, { lat: 56, lon: 3 }, { lat: 63.9999, lon: 11.9999 }, { lat: 0, lon: -180 },
  ]
}
const decimal = (p: LatLon) => `${p.lat.toFixed(9)} ${p.lon.toFixed(9)}`
const apart = (a: LatLon, b: LatLon) => inverse(a, b).metres

describe.skipIf(!there)('beside GeoConvert', () => {
  const all = places().map((p) => ({ lat: Number(p.lat.toFixed(9)), lon: Number(p.lon.toFixed(9)) }))

  it('the same UTM and UPS to a tenth of a millimetre', () => {
    const theirs = ask('GeoConvert', ['-u', '-p', '4'], all.map(decimal))
    all.forEach((p, i) => {
      const [zone, easting, northing] = theirs[i]!.split(' ')
      const ours = toGrid(p)
      expect(`${ours.zone ? String(ours.zone).padStart(2, '0') : ''}${ours.north ? 'n' : 's'}`, decimal(p)).toBe(zone)
      expect(Math.abs(ours.easting - Number(easting)), decimal(p)).toBeLessThan(2e-4)
      expect(Math.abs(ours.northing - Number(northing)), decimal(p)).toBeLessThan(2e-4)
    })
  })

  it('the same MGRS squares', () => {
    const theirs = ask('GeoConvert', ['-m', '-p', '0'], all.map(decimal))
    all.forEach((p, i) => {
      // On the edge of a metre the last digit may differ by the hair between two programs.
      const g = toGrid(p)
      const edge = [g.easting, g.northing].some((v) => Math.abs(v - Math.round(v)) < 1e-6)
      if (!edge) expect(mgrs(p).replaceAll(' ', ''), decimal(p)).toBe(theirs[i])
    })
  })

  it('reads its UTM, UPS and MGRS, and its degrees with and without marks', () => {
    for (const [args, metres] of [
      [['-u', '-p', '3'], 0.01], [['-m', '-p', '0'], 1.5], [['-m', '-p', '-2'], 150], [['-m', '-p', '-5'], 150_000],
      [['-d', '-p', '0'], 20], [['-:', '-p', '2'], 1], [['-p', '3'], 0.01],
    ] as [string[], number][]) {
      const theirs = ask('GeoConvert', args, all.map(decimal))
      // GeoConvert reads a square as its middle, as we do: what it says of its own text is the truth.
      const truth = ask('GeoConvert', ['-g', '-p', '6'], theirs).map((l) => l.split(' ').map(Number))
      theirs.forEach((text, i) => {
        const ours = parse(text)
        const p = { lat: truth[i]![0]!, lon: truth[i]![1]! }
        // Its small s is the hemisphere; what people type may be band S.
        if (!ours.ok) expect(`${text}: ${ours.why}`).toMatch(/^\d\ds \d+\.\d+ (3[5-9]|4[0-4])\d{5}\.\d+: ambiguousS$/)
        else expect(apart(ours, p), `${text} of ${decimal(all[i]!)} read as ${ours.lat} ${ours.lon}`).toBeLessThan(0.2)
        if (ours.ok) expect(apart(ours, all[i]!)).toBeLessThan(metres)
      })
    }
  })

  it('refuses the squares that it refuses', () => {
    const r = random(8)
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
    const letter = () => letters[Math.floor(r() * 26)]!
    const texts = Array.from({ length: 20_000 }, (_, i) =>
      `${i % 5 ? 1 + Math.floor(r() * 60) : ''}${letter()}${letter()}${letter()}`)
    const theirs = ask('GeoConvert', ['-g', '-p', '4'], texts.map((t) => `${t}5050`))
    let good = 0
    texts.forEach((t, i) => {
      const ours = parse(`${t}5050`)
      const refused = theirs[i]!.startsWith('ERROR')
      expect(ours.ok, `${t}: ${theirs[i]}`).toBe(!refused)
      if (!refused && ours.ok) {
        good++
        const [lat, lon] = theirs[i]!.split(' ').map(Number) as [number, number]
        expect(apart(ours, { lat, lon }), t).toBeLessThan(0.2)
      }
    })
    expect(good).toBeGreaterThan(300)
  })
})

describe('written and read again', () => {
  it.each(FORMS)('%s is the same place', (form) => {
    for (const p of places()) {
      const text = write(p, form)
      const back = parse(text)
      if (!back.ok) throw new Error(`${text}: ${back.why}`)
      expect(back.form === form || back.form === 'decimal').toBe(true)
      expect(apart(back, p), text).toBeLessThan(form === 'dms' ? 3 : 2)
    }
  })

  it('never shows 60 minutes', () => {
    expect(write({ lat: -16.9999999, lon: -68.9999999 }, 'dm')).toBe('17°00.000′ S 069°00.000′ W')
    expect(write({ lat: 89.99999999, lon: 179.99999999 }, 'dms')).toBe('90°00′00.0″ N 180°00′00.0″ E')
  })

  it('round trips of the grid close', () => {
    for (const p of places()) expect(apart(fromGrid(toGrid(p)), p)).toBeLessThan(1e-5)
  })

  it('knows the zones with rules of their own', () => {
    for (const [lat, lon, zone] of [[60, 4, 32], [60, 2.9, 31], [55.9, 4, 31], [78, 8, 31], [78, 10, 33], [78, 22, 35], [78, 34, 37], [78, 42.1, 38], [-16, -69, 19], [84, 0, 0], [-80.1, 0, 0]])
      expect(zoneOf({ lat: lat!, lon: lon! }), `${lat} ${lon}`).toBe(zone)
  })
})

describe('what people write', () => {
  it.each([
    ['-16.5 -68.15', -16.5, -68.15],
    ['-16.5,-68.15', -16.5, -68.15],
    ['-16.5, -68.15', -16.5, -68.15],
    ['-16,5; -68,15', -16.5, -68.15],
    ['-16,5 -68,15', -16.5, -68.15],
    ['-16,5,-68,15', -16.5, -68.15],
    ['−16.5 / −68.15', -16.5, -68.15], // typographic minus
    ['-16,-68', -16, -68],
    ['16.5S 68.15W', -16.5, -68.15],
    ['16.5 s, 68.15 o', -16.5, -68.15], // oeste
    ['S16.5 W68.15', -16.5, -68.15],
    ['W68.15 S16.5', -16.5, -68.15],
    ['68.15W 16.5S', -16.5, -68.15],
    ['16°30′ S 68°09′ W', -16.5, -68.15],
    ['16°30.000′ S 068°09.000′ W', -16.5, -68.15],
    ["16º30'00\" S, 68º09'00\" O", -16.5, -68.15],
    ["16d30'0\"S 68d9'0\"W", -16.5, -68.15],
    ["S 16° 30' 00'' W 068° 09' 00''", -16.5, -68.15],
    ['16:30:00S 68:09:00W', -16.5, -68.15],
    ['16 30 00 S 68 09 00 W', -16.5, -68.15],
    ['16 30 S 68 09 W', -16.5, -68.15],
    ['-16 30 -68 9', -16.5, -68.15],
    ["-16°30' -68°9'", -16.5, -68.15],
    ["16°30' 68°9'", 16.5, 68.15],
    ['16.5 -68.15', 16.5, -68.15],
    ['0 0', 0, 0],
    ['90 N 180 W', 90, -180],
  ])('%s', (text, lat, lon) => {
    const p = parse(text)
    if (!p.ok) throw new Error(p.why)
    expect([p.lat, p.lon].map((v) => +v.toFixed(9))).toEqual([lat, lon])
  })

  it.each([
    ['19K 590702 8175505', 'utm'], ['19k590702 8175505', 'utm'], ['19 K 590702E 8175505N', 'utm'], ['19S 590702 8175505', 'utm'],
    ['19 sur 590702 8175505', 'utm'], ['19K 590702,5 8175505,1', 'utm'], ['19 south 590702 mE 8175505 mN', 'utm'],
    ['19KEB9070275505', 'mgrs'], ['19K EB 90702 75505', 'mgrs'], ['19keb 9070 7550', 'mgrs'],
  ])('%s is in La Paz', (text, form) => {
    const p = parse(text)
    if (!p.ok) throw new Error(p.why)
    expect(p.form).toBe(form)
    expect(apart(p, { lat: -16.5, lon: -68.15 })).toBeLessThan(8000)
  })

  it.each([
    ['', 'empty'], ['  ', 'empty'],
    ['Copacabana', 'unclear'], ['T123', 'unclear'], ['720000123', 'unclear'], ['16', 'unclear'],
    ['-68.15 -16.5 3', 'unclear'],
    ['16 30 68 09', 'hemisphere'],
    ['95 20', 'order'], ['95 N 20 E', 'latitude'], ['16 S 181 W', 'longitude'], ['-16 -200', 'longitude'],
    ['16°60′ S 68°00′ W', 'minutes'], ['16 30 61 S 68 0 0 W', 'minutes'],
    ['16 S 68 S', 'sameAxis'], ['-16 S 68 W', 'hemisphere'],
    ['16.5 30 S 68 W', 'unclear'],
    ['61K 500000 8000000', 'zone'], ['0K 500000 8000000', 'zone'], ['19I 500000 8000000', 'band'], ['Q 2000000 2000000', 'zone'],
    ['19K 1500000 8000000', 'easting'], ['19K 500000 88000000', 'northing'],
    ['17S 500000 3700000', 'ambiguousS'],
    ['19KIA', 'square'], ['61KEA', 'zone'], ['19IEA', 'band'], ['19KEA123', 'digits'], ['19KEA123456123456', 'digits'], ['19KAH', 'square'], ['19KSA', 'square'],
  ])('%j is refused: %s', (text, why) => {
    expect(parse(text)).toEqual({ ok: false, why })
  })

  it('a square says how wide it is', () => {
    for (const [text, metres] of [['19KEA', 100_000], ['19KEA97', 10_000], ['19KEA9070275505', 1]] as const) {
      const p = parse(text)
      expect(p.ok && p.metres).toBe(metres)
    }
  })

  it('never throws, whatever comes', () => {
    const r = random(5)
    const alphabet = '0123456789.,;:/-+ NSEWOKD°\'"′″ABYZ'
    for (let i = 0; i < 20_000; i++) {
      const text = Array.from({ length: Math.floor(r() * 30) }, () => alphabet[Math.floor(r() * alphabet.length)]).join('')
      const p = parse(text)
      if (p.ok) expect(Math.abs(p.lat) <= 90 && Math.abs(p.lon) <= 180, text).toBe(true)
    }
  })
})

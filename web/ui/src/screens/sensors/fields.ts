// What the forms of sensors, feeds and things of ours ask for: each field with
// its unit, its bounds, and when it is asked for. The texts are `field.NAME`
// and `fieldHelp.NAME`; bounds are those of the API.

import {
  ASSET_KINDS, FEED_FORMATS, SENSOR_KINDS, timeOf,
  type Asset, type AssetWish, type FeedWish, type Position, type Registered, type RegisteredFeed, type Registry, type Sensor, type SensorWish,
} from '../../lib/api'
import { parse, write } from '../../lib/coordinates'

/** As typed. */
export type Values = Record<string, string | boolean>

export interface Field {
  name: string
  input: 'text' | 'number' | 'choice' | 'check' | 'place' | 'lines'
  unit?: string
  least?: number
  most?: number
  whole?: boolean
  required?: boolean
  choices?: { of: 'sensor.kind' | 'format' | 'asset.kind'; all: readonly string[] }
  /** It belongs to these; where it has a value it is shown nevertheless. */
  when?: (v: Values) => boolean
}

const METRES = 2_000_000
const kindIs = (...kinds: string[]) => (v: Values) => kinds.includes(v.kind as string)
const formatIs = (...formats: string[]) => (v: Values) => formats.includes(v.format as string)
const metres = (name: string, when?: Field['when']): Field => ({ name, input: 'number', unit: 'm', least: 0, most: METRES, ...(when && { when }) })
const degrees = (name: string, when: NonNullable<Field['when']>): Field => ({ name, input: 'number', unit: '°', least: 0, most: 360, when })
const byte = (name: string, when: NonNullable<Field['when']>): Field => ({ name, input: 'number', least: 0, most: 255, whole: true, when })
/** What is published of a drone. */
const ofDrone = (name: string): Field => ({ name, input: 'text', required: true, when: kindIs('drone') })

export const fields: Record<Registry, Field[]> = {
  sensors: [
    { name: 'name', input: 'text', required: true },
    { name: 'kind', input: 'choice', choices: { of: 'sensor.kind', all: SENSOR_KINDS }, required: true },
    { name: 'position', input: 'place', required: true },
    { name: 'height_m', input: 'number', unit: 'm', least: -999, most: 99_999, required: true },
    { name: 'moving', input: 'check' },
    metres('max_range_m'),
    degrees('sector_from_deg', kindIs('radar', 'camera')),
    degrees('sector_to_deg', kindIs('radar', 'camera')),
    metres('position_sd_m'),
    metres('range_sd_m', kindIs('radar', 'marine-radar', 'camera')),
    { name: 'bearing_sd_deg', input: 'number', unit: '°', least: 0, most: 180, when: kindIs('radar', 'marine-radar', 'camera') },
    { name: 'detection', input: 'number', least: 0, most: 1, when: kindIs('radar', 'camera') },
    { name: 'scan_period_s', input: 'number', unit: 's', least: 0, most: 3600, when: kindIs('radar', 'marine-radar') },
    { name: 'time_offset_s', input: 'number', unit: 's', least: -31_622_400, most: 31_622_400 },
    byte('sac', kindIs('radar', 'neighbour')),
    byte('sic', kindIs('radar', 'neighbour')),
    byte('system_id', kindIs('drone')),
  ],
  feeds: [
    { name: 'format', input: 'choice', choices: { of: 'format', all: FEED_FORMATS }, required: true },
    { name: 'source', input: 'text', required: true },
    { name: 'allowed', input: 'lines' },
    { name: 'silent_after_s', input: 'number', unit: 's', least: 1, most: 604_800, required: true },
    { name: 'proven', input: 'check' },
    { name: 'editions', input: 'lines', when: formatIs('asterix') },
    { name: 'mavlink1', input: 'check', when: formatIs('mavlink') },
    { name: 'repair', input: 'check', when: formatIs('beast', 'avr') },
  ],
  assets: [
    { name: 'name', input: 'text', required: true },
    { name: 'kind', input: 'choice', choices: { of: 'asset.kind', all: ASSET_KINDS }, required: true },
    { name: 'claims', input: 'lines' },
    // Of another kind they are not sent.
    ofDrone('maker'), ofDrone('model'), ofDrone('supplier'), ofDrone('payload'),
    { name: 'range_km', input: 'number', unit: 'km', least: 0.1, most: 20_000, required: true, when: kindIs('drone') },
    { name: 'registration', input: 'text', when: kindIs('drone') },
    { name: 'serial', input: 'text', when: kindIs('drone') },
  ],
}

const usual: Record<Registry, Values> = {
  sensors: {
    name: '', kind: 'ais-receiver', position: '', height_m: '', moving: false, max_range_m: '0', sector_from_deg: '0', sector_to_deg: '0', position_sd_m: '0', range_sd_m: '0', bearing_sd_deg: '0',
    detection: '0', scan_period_s: '0', time_offset_s: '0', sac: '0', sic: '0', system_id: '0',
  },
  feeds: { format: 'ais', source: '', allowed: '', silent_after_s: '60', proven: false, editions: '', mavlink1: false, repair: false },
  assets: { name: '', kind: 'boat', claims: '', maker: '', model: '', supplier: '', payload: '', range_km: '', registration: '', serial: '' },
}

/** What a new one begins with. */
export const fresh = (list: Registry): Values => ({ ...usual[list] })

/** Which are asked for: those that belong to what was chosen, and those that say something. */
export const asked = (list: Registry, v: Values): Field[] =>
  fields[list].filter((f) => !f.when || f.when(v) || v[f.name] !== usual[list][f.name])

const NS = 1e9
const text = (n: number) => String(n)
const seconds = (ns: number) => text(ns / NS)

const sensorValues = (s: Sensor): Values => ({
  name: s.name, kind: s.kind, position: write(s.position, 'decimal'), height_m: text(s.height.metres), moving: s.moving, max_range_m: text(s.max_range_m),
  sector_from_deg: text(s.sector_from_deg ?? 0), sector_to_deg: text(s.sector_to_deg ?? 0),
  position_sd_m: text(s.position_sd_m), range_sd_m: text(s.range_sd_m), bearing_sd_deg: text(s.bearing_sd_deg), detection: text(s.detection),
  scan_period_s: seconds(s.scan_period_ns), time_offset_s: seconds(s.time_offset_ns), sac: text(s.sac), sic: text(s.sic), system_id: text(s.system_id),
})

const feedValues = (f: RegisteredFeed): Values => ({
  format: f.format, source: f.source, allowed: f.allowed.map((a) => a.replace(/\/(32|128)$/, '')).join('\n'), silent_after_s: seconds(f.silent_after_ns), proven: f.proven,
  editions: Object.entries(f.editions ?? {}).map(([k, v]) => `${k}=${v}`).join('\n'), mavlink1: f.mavlink1, repair: f.repair,
})

const assetValues = (a: Asset): Values => ({
  name: a.name, kind: a.kind, claims: a.claims.map((c) => `${c.kind}:${c.value}`).join('\n'), maker: a.maker ?? '', model: a.model ?? '', supplier: a.supplier ?? '', payload: a.payload ?? '',
  range_km: a.range_km ? text(a.range_km) : '', registration: a.registration ?? '', serial: a.serial ?? '',
})

/** A number as people write it, with comma or point. */
const numberOf = (v: string | boolean | undefined) => (typeof v === 'string' && v.trim() ? Number(v.trim().replace(',', '.').replace('−', '-')) : NaN)

/** What is wrong with a field before anybody is asked: the end of a key of the texts. */
export type Refused = 'required' | 'number' | 'bounds' | 'place'

export function wrong(f: Field, v: Values): Refused | null {
  const value = v[f.name]
  if (typeof value !== 'string') return null
  if (!value.trim()) return f.required ? 'required' : null
  if (f.input === 'place') return parse(value).ok ? null : 'place'
  if (f.input !== 'number') return null
  const n = numberOf(value)
  if (!Number.isFinite(n) || (f.whole && !Number.isInteger(n))) return 'number'
  return n < (f.least ?? -Infinity) || n > (f.most ?? Infinity) ? 'bounds' : null
}

const linesOf = (v: string | boolean | undefined) => String(v ?? '').split('\n').map((l) => l.trim()).filter(Boolean)

/** The place that was written; that of before, to the last digit, where it was not touched. */
function placeOf(v: Values, before: Registered | null): Position {
  if (before && 'position' in before && v.position === sensorValues(before).position) return before.position
  const at = parse(String(v.position))
  return at.ok ? { lat: at.lat, lon: at.lon } : { lat: NaN, lon: NaN }
}

/** What the API is asked for, of values that nothing is wrong with. `before`: what is changed, which keeps its end. */
export function wish(list: Registry, v: Values, sensor: string, before: Registered | null, now: number): SensorWish | FeedWish | AssetWish {
  const until = before && timeOf(before.version.until)
  const ends = until && until > now ? { until: before.version.until } : {}
  const n = (name: string) => numberOf(v[name]) || 0
  const s = (name: string) => String(v[name] ?? '').trim()
  if (list === 'assets') {
    const drone = { maker: s('maker'), model: s('model'), supplier: s('supplier'), payload: s('payload'), range_km: n('range_km'), registration: s('registration'), serial: s('serial') }
    return { ...ends, name: s('name'), kind: v.kind as AssetWish['kind'], claims: linesOf(v.claims), ...(v.kind === 'drone' && drone) }
  }
  if (list === 'feeds') {
    const editions = Object.fromEntries(linesOf(v.editions).map((l) => [l.split('=')[0]!.trim(), (l.split('=')[1] ?? '').trim()]))
    return {
      ...ends, sensor, format: v.format as FeedWish['format'], source: String(v.source).trim(), allowed: linesOf(v.allowed), silent_after_s: n('silent_after_s'),
      proven: v.proven === true, mavlink1: v.mavlink1 === true, repair: v.repair === true, ...(Object.keys(editions).length && { editions }),
    }
  }
  return {
    ...ends, name: String(v.name).trim(), kind: v.kind as SensorWish['kind'], position: placeOf(v, before),
    height_m: n('height_m'), moving: v.moving === true, position_sd_m: n('position_sd_m'), range_sd_m: n('range_sd_m'), bearing_sd_deg: n('bearing_sd_deg'),
    max_range_m: n('max_range_m'), sector_from_deg: n('sector_from_deg'), sector_to_deg: n('sector_to_deg'), detection: n('detection'), time_offset_s: n('time_offset_s'), scan_period_s: n('scan_period_s'), sac: n('sac'), sic: n('sic'), system_id: n('system_id'),
  }
}

export const valuesOf = (list: Registry, v: Registered): Values =>
  list === 'sensors' ? sensorValues(v as Sensor) : list === 'feeds' ? feedValues(v as RegisteredFeed) : assetValues(v as Asset)

/** Names of the fields in which two versions differ. */
export function changes(list: Registry, before: Registered, now: Registered): string[] {
  const [a, b] = [valuesOf(list, before), valuesOf(list, now)]
  return fields[list].map((f) => f.name).filter((name) => a[name] !== b[name])
}

// Values for people: every number with its unit, times local and Z.

import { language, t } from './i18n.svelte'

const locale = () => (language.now === 'es' ? 'es-BO' : 'en-GB')

export const number = (v: number, digits: number) =>
  new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(v)

export const count = (v: number): string => new Intl.NumberFormat(locale()).format(v)

/** Knots for boats and aircraft, km/h on land. */
export const speed = (mps: number, domain: number): string =>
  domain === 2 ? `${number(mps * 3.6, 0)} km/h` : `${number(mps * 1.9438445, 1)} kn`

export const course = (deg: number): string => `${String(Math.round(deg) % 360).padStart(3, '0')}°`

export const metres = (m: number): string => (Math.abs(m) >= 10_000 ? `${number(m / 1000, 1)} km` : `${count(Math.round(m))} m`)

/** A probability; one that is not certain is never rounded to 100 %. */
export const percent = (p: number): string => (p > 0.99 && p < 1 ? `${number(Math.floor(p * 1000) / 10, 1)} %` : `${number(p * 100, 0)} %`)

/** How long ago, in one or two units. */
export function age(ms: number): string {
  const s = Math.max(0, ms) / 1000
  if (s < 100) return t('age.s', { n: s < 9.95 ? number(s, 1) : Math.round(s) })
  if (s < 5400) return t('age.min', { n: Math.round(s / 60) })
  if (s < 172_800) return t('age.h', { h: Math.floor(s / 3600), min: Math.floor((s % 3600) / 60) })
  return t('age.d', { n: Math.round(s / 86_400) })
}

const two = (n: number) => String(n).padStart(2, '0')

/** The zone of the local time then, as "UTC−4". */
export function zone(ms: number): string {
  const min = -new Date(ms).getTimezoneOffset()
  const h = Math.floor(Math.abs(min) / 60)
  return `UTC${min === 0 ? '' : `${min < 0 ? '−' : '+'}${h}${min % 60 ? `:${two(Math.abs(min) % 60)}` : ''}`}`
}

/** The parts of a time: local with its zone, and Z, which is empty where local time is Z; with the date where it is not today's. */
export function stamp(ms: number, now: number): { local: string; zone: string; zulu: string } {
  const d = new Date(ms)
  const day = d.toDateString() === new Date(now).toDateString() ? '' : `${date(d)} `
  const { local, zulu } = clock(ms)
  return { local: day + local, zone: zone(ms), zulu: d.getTimezoneOffset() === 0 ? '' : zulu }
}

/** A time, local and Z, as "14:03:22 UTC−4 (18:03:22Z)". */
export function time(ms: number, now: number): string {
  const s = stamp(ms, now)
  return `${s.local} ${s.zone}${s.zulu && ` (${s.zulu})`}`
}

const date = (d: Date) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`

/** Time of day, local and Z. */
export function clock(ms: number): { local: string; zulu: string } {
  const d = new Date(ms)
  return {
    local: `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`,
    zulu: `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}Z`,
  }
}

/** Degrees and decimal minutes to a thousandth (2 m), as "16°09.417′ S 069°05.302′ W". */
export function position(lat: number, lon: number): string {
  const one = (v: number, width: number, plus: string, minus: string) => {
    let thousandths = Math.round(Math.abs(v) * 60_000)
    const deg = Math.floor(thousandths / 60_000)
    thousandths -= deg * 60_000
    const min = `${two(Math.floor(thousandths / 1000))}.${String(thousandths % 1000).padStart(3, '0')}`
    return `${String(deg).padStart(width, '0')}°${min}′ ${v < 0 ? minus : plus}`
  }
  return `${one(lat, 2, 'N', 'S')} ${one(lon, 3, 'E', 'W')}`
}

export function bytes(n: number): string {
  for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['kB', 1e3]] as const)
    if (n >= size) return `${number(n / size, n / size < 10 ? 1 : 0)} ${unit}`
  return `${n} B`
}

// Distances as those who move there say them: nautical miles on water and in
// the air, kilometres on land, both where nobody says.

import { language } from './i18n.svelte'

const NM = 1852

/** Which unit a distance is told in. */
export type LengthUnit = 'NM' | 'km' | 'both'

/** By the domains of what is measured: water and air in NM. */
export function unitOf(domains: number[]): LengthUnit {
  if (!domains.length) return 'both'
  return domains.every((d) => d === 2) ? 'km' : domains.includes(2) ? 'both' : 'NM'
}

const number = (v: number) => {
  const digits = v < 10 ? 2 : v < 100 ? 1 : 0
  return new Intl.NumberFormat(language.now === 'es' ? 'es-BO' : 'en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(v)
}

const metric = (m: number): string => (m < 1000 ? `${Math.round(m)} m` : `${number(m / 1000)} km`)

export const distance = (m: number, unit: LengthUnit): string =>
  unit === 'km' ? metric(m) : unit === 'NM' ? (m < 185.2 ? `${Math.round(m)} m` : `${number(m / NM)} NM`) : `${number(m / NM)} NM · ${metric(m)}`

/** A round distance, without the noughts that a measured one has. */
export const roundDistance = (m: number, unit: LengthUnit): string => distance(m, unit).replace(/[.,]0+(?= )/, '')

/** Round distances for rings and scales: 1, 2 or 5 times a power of ten of the unit, no more than `most` metres. */
export function roundBelow(most: number, unit: LengthUnit): number {
  const one = unit === 'NM' ? NM : 1
  const power = 10 ** Math.floor(Math.log10(most / one))
  const k = [5, 2, 1].find((n) => n * power * one <= most) ?? 1
  return k * power * one
}

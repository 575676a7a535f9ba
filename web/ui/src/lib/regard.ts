// What the terrain hides from a sensor, in words, with what that rests on.

import { timeOf, type Regard } from './api'
import * as format from './format'
import { t } from './i18n.svelte'

export interface Told {
  text: string
  /** Which elevation, how good and how old, and which refraction. */
  source: string
  synthetic: boolean
  /** What is not known, or made on too coarse elevation, is a warning. */
  warn: string
}

const high = (m: number): string => format.number(m, m % 1 ? 1 : 0)

/** Says how much of its range a sensor sees. */
export function tell(r: Regard, now: number): Told {
  if (r.state !== 'made') {
    return { text: t(r.state === 'making' ? 'regard.hidden' : 'regard.open'), source: '', synthetic: false, warn: r.why ?? '' }
  }
  const shares = r.shares ?? []
  const man = shares.find((s) => s.above_m === 1.7) ?? shares[0]
  const drone = shares.at(-1)
  const parts: string[] = []
  if (man && drone) {
    parts.push(t('regard.sees', { p: format.percent(man.seen), n: high(man.above_m), high: format.percent(drone.seen), m: high(drone.above_m) }))
  }
  if (r.half_m !== undefined) parts.push(r.half_m > 0 ? t('regard.half', { n: format.count(Math.ceil(r.half_m)) }) : t('regard.ground'))
  const on = r.elevation
  const imported = timeOf(r.imported)
  const source = !on ? '' : [
    t('regard.from', {
      name: on.elevation.name, n: format.count(Math.round(on.resolution_m)),
      sd: on.elevation.sd_m > 0 ? t('regard.sd', { n: high(on.elevation.sd_m) }) : t('regard.noSd'),
      k: r.refraction ? t('terrain.k', { low: format.number(r.refraction.k_low, 2), high: format.number(r.refraction.k_high, 2) }) : '',
    }),
    ...(imported === null ? [] : [t('regard.imported', { age: format.age(now - imported) })]),
  ].join(', ')
  const coarse = on && on.optimism.factor > 1.005
  return {
    text: parts.join(' '), source, synthetic: on?.elevation.synthetic ?? false,
    warn: coarse ? t('terrain.optimism', { n: format.count(Math.round(on.resolution_m)), p: format.percent(on.optimism.factor - 1) }) : '',
  }
}

// Reports in words.

import type { Report, Sighting } from './api'
import { timeOf } from './api'
import { distance } from './distance'
import * as format from './format'
import { t, tOr } from './i18n.svelte'

/** What was seen: "2 × embarcación «Virgen de Copacabana»". */
export function whatOf(s: Pick<Sighting, 'kind' | 'count' | 'called'>): string {
  const kind = tOr(`kind.${s.kind}`, s.kind)
  const what = s.count && s.count > 1 ? t('report.counted', { n: s.count, what: kind }) : kind
  return s.called ? `${what} «${s.called}»` : what
}

/** Where it was said to be. */
export function whereOf(r: Report): string {
  const { where } = r
  if (where.method === 'bearing') {
    const told = { bearing: format.course(where.bearing_deg ?? 0), distance: distance(where.distance_m ?? 0, 'both') }
    return r.place_at ? t('report.from', { ...told, name: r.place_at.name })
      : where.position ? t('report.fromHere', { ...told, position: format.position(where.position.lat, where.position.lon) }) : ''
  }
  return r.place_at ? r.place_at.name : format.position(r.position.lat, r.position.lon)
}

/** The radius that holds 95 of 100, m. */
export const radiusOf = (cov: Report['cov_m2']): number => WITHIN_95 * spread(cov)

/** Standard deviations of a round error that hold 95 of 100. */
export const WITHIN_95 = 2.4477

/** One standard deviation along the error's long axis, m. */
export function spread({ ee, en, nn }: Report['cov_m2']): number {
  return Math.sqrt((ee + nn) / 2 + Math.hypot((ee - nn) / 2, en))
}

/** What an order about it says. */
export const orderFor = (r: Report, now: number): string =>
  t('task.prefill.report', {
    reporter: r.reporter, time: format.time(timeOf(r.seen) ?? now, now), what: whatOf(r), position: format.position(r.position.lat, r.position.lon),
  })

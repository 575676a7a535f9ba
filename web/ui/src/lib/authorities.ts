// What the screen asks of authorities: how they are grouped, until when one is
// waited for, what a refusal means and what to do about it.

import { AUTHORITY_STATES, Problem, timeOf, type Area, type Authority, type AuthorityState, type Purpose } from './api'
import { boundsOf } from './areas'
import { t, tOr, type Key } from './i18n.svelte'
import { planeAt } from './minimap'
import { problemText } from './problem'

/** Names that no authority is chosen by: one is being drafted. */
export const NEW_AUTHORITY = '+'

/** As the list has them: what needs somebody first, what is over last. */
export const authorityGroups = ['force', 'review', 'sign', 'over'] as const
export type AuthorityGroup = (typeof authorityGroups)[number]

const groupOf: Record<AuthorityState, AuthorityGroup> = {
  'in-force': 'force', coming: 'force', emergency: 'review', draft: 'sign', lapsed: 'over', ended: 'over', revoked: 'over', unreviewed: 'over',
}

/** An emergency is in force while it waits for its review: it stands with those that wait. */
export const inGroup = (all: readonly Authority[], g: AuthorityGroup): Authority[] => all.filter((a) => groupOf[a.state] === g)

export const isOpen = (s: AuthorityState): boolean => AUTHORITY_STATES.indexOf(s) < AUTHORITY_STATES.indexOf('lapsed')

/** Those under which a sensor may be used for something now, as far as a list says; hours and places the server judges. */
export const inForceFor = (all: readonly Authority[], sensor: string, purpose: Purpose): Authority[] =>
  all.filter((a) => (a.state === 'in-force' || a.state === 'emergency') && a.sensors.includes(sensor) && a.purposes.includes(purpose))

/** Until when somebody can still do what it waits for; null: it waits for nothing. */
export function deadline(a: Authority): number | null {
  if (a.state === 'draft') return timeOf(a.lapses)
  return a.review ?? a.state === 'emergency' ? timeOf(a.due) : null
}

/** Its area as the map and the small map take it. */
export const areaOf = (a: Authority): Area => ({
  type: 'Feature', id: a.id,
  geometry: { type: 'Polygon', coordinates: [[...a.area, a.area[0]!].map((p) => [p.lon, p.lat])] },
  properties: { name: a.place, kind: 'watched', buffer_m: 0, source: a.issuer, accuracy_m: 0, demonstration: false, version: a.version },
})

/** The middle of the box of an area, and how wide it is, m: the greater of east to west, and of `shape` (width to height) times north to south. */
export function boxAround(area: Authority['area'], shape: number): { middle: { lat: number; lon: number }; wide: number } {
  const [west, south, east, north] = boundsOf(area)!
  const middle = { lat: (south + north) / 2, lon: (west + east) / 2 }
  const plane = planeAt(middle)
  const [right, top] = [plane.x({ lat: 0, lon: east }), -plane.y({ lat: north, lon: 0 })]
  return { middle, wide: 2 * Math.max(right, shape * top) }
}

/** The longest that an authority may hold, ms. */
export const LONGEST_MS = 30 * 24 * 3600 * 1000

/** What package desk/authority says where it refuses; its groups are parameters of the text, in their order. */
const refusals: readonly [RegExp, Key, ...string[]][] = [
  [/you signed it already/, 'authorities.no.same'],
  [/: (.+) of the unit (\S+) signed it already/, 'authorities.no.unit', 'name', 'unit'],
  [/it was signed on the device (\S+) already/, 'authorities.no.device', 'device'],
  [/this is no key with which you sign/, 'authorities.no.key'],
  [/the signature does not hold/, 'authorities.no.signature'],
  [/only a draft is signed/, 'authorities.no.draft'],
  [/there is nothing to review/, 'authorities.no.review'],
  [/you signed it: two others review it/, 'authorities.no.reviewer'],
  [/say why, in one line/, 'authorities.no.why'],
  [/be one of the first two people with a key takes the role/, 'authorities.no.firstRole'],
  [/the first key is of the unit (\S+): two people/, 'authorities.no.firstUnit', 'unit'],
  [/nothing waits to be approved/, 'authorities.no.signsAlready'],
  [/(\S+) is revoked already/, 'authorities.no.revoked', 'id'],
  [/without (\S+) there would not be keys of two units/, 'authorities.no.last', 'id'],
  [/it is your own key/, 'authorities.no.ownKey'],
  [/signs already/, 'authorities.no.signsAlready'],
  [/this key is there already/, 'authorities.no.keyThere'],
  [/the device (\S+) is that of (.+): two people/, 'authorities.no.deviceOf', 'device', 'name'],
  [/your keys are of the unit (\S+),/, 'authorities.no.otherUnit', 'unit'],
  [/use letters, digits and hyphens/, 'authorities.no.word'],
  [/the device's signature over its own key/, 'authorities.no.proof'],
  [/this policy is in force already/, 'authorities.no.policy'],
  [/nothing says what it is for/, 'authorities.no.purposes'],
  [/is no purpose for which/, 'authorities.no.purpose'],
  [/an area of (\d+) positions/, 'authorities.no.corners', 'n'],
  [/(\d+) sensors and (\d+) recipients/, 'authorities.no.sensors'],
  [/it would hold for ([\d.]+) days/, 'authorities.no.longest', 'n'],
  [/its time is over already/, 'authorities.no.over'],
  [/it ends before it begins/, 'authorities.no.order'],
  [/a quota below 0/, 'authorities.no.quota'],
  [/authorities are drafts or in force/, 'authorities.no.full'],
  [/no authority is in force: have one drafted/, 'authorities.no.none'],
  [/no authority in force allows it \((.+)\): choose/, 'authorities.no.covers', 'why'],
  [/there is no authority "(.+)"/, 'authorities.no.unknown', 'id'],
]

/** A refusal that has to do with authorities: what is wrong and what to do next. Its sentence says more than its code. */
export function refusalText(e: unknown): string {
  if (!(e instanceof Problem)) return problemText(e)
  const role = /(?<!first two people with a key) takes the role (\w+), and yours is/.exec(e.message)
  if (role) return t('authorities.no.role', { role: tOr(`role.${role[1]}`, role[1]!) })
  const line = /(\w+): write one line of at most/.exec(e.message)
  if (line) return t('authorities.no.line', { field: tOr(`authorities.field.${line[1]}`, line[1]!) })
  for (const [pattern, key, ...names] of refusals) {
    const found = pattern.exec(e.message)
    if (found) return (t as (k: Key, p: Record<string, string>) => string)(key, Object.fromEntries(names.map((n, i) => [n, found[i + 1]!])))
  }
  if (e.code === 'forbidden' || e.code === 'conflict') return t('problem.says', { what: e.message })
  return problemText(e)
}

// What a rule says, in words and in the fields of a form.

import { timeOf, type Areas, type Detector, type Rule, type RuleKind, type RuleWish, type Text } from './api'
import * as format from './format'
import { said, t, tOr } from './i18n.svelte'

/** What each group of detectors watches, as the form offers them. */
export const detectorGroups = {
  tracks: ['border-crossing', 'own-near-border', 'own-over-border', 'identity-conflict', 'distress', 'distress-ended'],
  areas: ['area-entry', 'area-exit'],
  desk: ['flood', 'task-overdue', 'notice-due', 'emergency-authority'],
  system: ['feed-silent', 'feed-degraded', 'feed-refused', 'storage', 'clock', 'lag', 'webhook'],
} as const satisfies Record<string, readonly Detector[]>

/** Detectors whose findings are about an area. */
export const placed: readonly Detector[] = ['area-entry', 'area-exit', 'border-crossing', 'own-near-border', 'own-over-border']

export const areaKinds = ['watched', 'border-strip', 'border', 'legal-post', 'ferry-lane', 'fishing-zone', 'anchorage', 'no-look', 'corridor'] as const

export const ruleName = (r: { name: Text; detector: string }): string => said(r.name) || r.name.es || tOr(`rule.${r.detector}`, r.detector)

export const detectorName = (d: string): string => tOr(`rule.${d}`, d)

export function scopeText(r: { area?: string; area_kind?: string }, areas: Areas | null): string {
  if (r.area) return areas?.features.find((a) => a.id === r.area)?.properties.name ?? r.area
  return r.area_kind ? t('rules.scopeKind', { kind: tOr(`area.kind.${r.area_kind}`, r.area_kind) }) : t('rules.scope.any')
}

/** A duration of the API. */
export const lasting = (ns: number): string => (ns ? format.age(ns / 1e6) : t('age.s', { n: 0 }))

/** The day of a time, which has no hours for people: 2027-03-01. */
export const day = (s: string): string => s.slice(0, 10)

export const ended = (r: Rule, now: number): boolean => {
  const until = timeOf(r.version.until)
  return until !== null && until <= now
}

/** Everybody has to find the alerts first. */
const kindOrder: RuleKind[] = ['alert', 'notice', 'health', 'insight']

export const ruleSorts = ['kind', 'name', 'priority', 'owner', 'review'] as const
export type RuleSort = (typeof ruleSorts)[number]

const usual = (a: Rule, b: Rule) => kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind) || b.priority - a.priority || ruleName(a).localeCompare(ruleName(b))

export const byRule: Record<RuleSort, (a: Rule, b: Rule) => number> = {
  kind: usual,
  name: (a, b) => ruleName(a).localeCompare(ruleName(b)),
  priority: (a, b) => b.priority - a.priority || usual(a, b),
  owner: (a, b) => a.owner.localeCompare(b.owner) || usual(a, b),
  review: (a, b) => a.review.localeCompare(b.review) || usual(a, b),
}

/** The fields of the form; numbers as they are written. */
export interface Draft {
  name: Text
  kind: RuleKind
  detector: Detector
  scope: 'any' | 'kind' | 'area'
  area: string
  areaKind: string
  priority: number
  owner: string
  rationale: Text
  response: Text
  deadline: string // minutes
  on: string // seconds
  off: string // minutes
  review: string // a day
  until: string
}

const number = (ns: number, unit: number) => (ns ? String(ns / unit) : '')
const MINUTE = 6e10
const SECOND = 1e9

export const emptyDraft = (): Draft => ({
  name: { es: '', en: '' }, kind: 'alert', detector: 'area-entry', scope: 'kind', area: '', areaKind: 'watched', priority: 2, owner: '',
  rationale: { es: '', en: '' }, response: { es: '', en: '' }, deadline: '', on: '', off: '', review: '', until: '',
})

export const draftOf = (r: Rule, now: number): Draft => ({
  name: { ...r.name }, kind: r.kind, detector: r.detector, scope: r.area ? 'area' : r.area_kind ? 'kind' : 'any', area: r.area ?? '', areaKind: r.area_kind ?? '',
  priority: r.priority, owner: r.owner, rationale: { ...r.rationale }, response: { ...r.response },
  deadline: number(r.deadline_ns, MINUTE), on: number(r.on_delay_ns, SECOND), off: number(r.off_delay_ns, MINUTE), review: day(r.review),
  until: ended(r, now) || timeOf(r.version.until) === null ? '' : r.version.until,
})

/** What the server is asked for. What is empty is left out: the server says what a rule lacks. */
export function wishOf(d: Draft): RuleWish {
  const ns = (text: string, unit: number) => Math.round((Number(text.replace(',', '.')) || 0) * unit)
  const here = placed.includes(d.detector)
  const deadline = d.kind === 'alert' ? ns(d.deadline, MINUTE) : 0
  const on = ns(d.on, SECOND)
  const off = ns(d.off, MINUTE)
  return {
    name: { es: d.name.es.trim(), en: d.name.en.trim() }, detector: d.detector, kind: d.kind, priority: d.priority,
    owner: d.owner.trim(), rationale: d.rationale, response: d.response,
    ...(here && d.scope === 'area' && d.area ? { area: d.area } : {}), ...(here && d.scope === 'kind' ? { area_kind: d.areaKind } : {}),
    ...(deadline ? { deadline_ns: deadline } : {}), ...(on ? { on_delay_ns: on } : {}), ...(off ? { off_delay_ns: off } : {}),
    ...(d.review ? { review: `${d.review}T00:00:00Z` } : {}), ...(d.until ? { until: d.until } : {}),
  }
}

/** What changed from one version to the next, in words. */
export function changes(before: Rule, after: Rule, areas: Areas | null): string[] {
  const parts: [string, (r: Rule) => string][] = [
    [t('rules.name'), ruleName], [t('rules.kind'), (r) => t(`rules.kind.${r.kind}`)], [t('rules.detector'), (r) => detectorName(r.detector)],
    [t('rules.scope'), (r) => scopeText(r, areas)], [t('rules.priority'), (r) => tOr(`alert.priority.${r.priority}`, '')], [t('rules.owner'), (r) => r.owner],
    [t('rules.rationale'), (r) => said(r.rationale)], [t('rules.response'), (r) => said(r.response)],
    [t('rules.deadline'), (r) => (r.deadline_ns ? lasting(r.deadline_ns) : t('rules.noDeadline'))], [t('rules.on'), (r) => lasting(r.on_delay_ns)],
    [t('rules.off'), (r) => lasting(r.off_delay_ns)], [t('rules.review'), (r) => day(r.review)],
  ]
  return parts.flatMap(([name, of]) => (of(before) === of(after) ? [] : [`${name}: ${of(before)} → ${of(after)}`]))
}

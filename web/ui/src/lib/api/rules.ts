// Rules of the desk, and how they do.

import { call, paper, query, type Text } from './call'

/** Four kinds that never look the same. */
export const RULE_KINDS = ['alert', 'notice', 'health', 'insight'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

export const DETECTORS = [
  'distress', 'distress-ended', 'border-crossing', 'own-near-border', 'own-over-border', 'area-entry', 'area-exit', 'identity-conflict',
  'flood', 'task-overdue', 'notice-due', 'emergency-authority', 'feed-silent', 'feed-degraded', 'feed-refused', 'storage', 'clock', 'lag', 'webhook',
] as const
export type Detector = (typeof DETECTORS)[number]

/** What a rule shall be. Durations are nanoseconds. */
export interface RuleWish {
  name: Text
  detector: Detector
  area?: string
  area_kind?: string
  kind: RuleKind
  priority: number // 1 low to 4 top
  owner?: string
  rationale?: Text
  response?: Text
  deadline_ns?: number
  review?: string
  on_delay_ns?: number
  off_delay_ns?: number
  from?: string // absent: from now on
  until?: string
}

/** Who changed what, when and why. */
export interface Version { number: number; from: string; until: string; known: string; by: string; reason: string }

/** A version of a rule. */
export interface Rule extends Required<Pick<RuleWish, 'name' | 'detector' | 'kind' | 'priority' | 'owner' | 'rationale' | 'response' | 'deadline_ns' | 'review' | 'on_delay_ns' | 'off_delay_ns'>> {
  id: string
  version: Version
  area?: string
  area_kind?: string
  overdue: boolean // past its review; it goes on working
}

/** What became of a change: it was made, or it waits for a second person. */
export interface RuleChanged { now?: Rule; repeated?: boolean; waits?: { id: string } }

/** One rule's part in the alerts of a period. */
export interface OfRule {
  rule: string // empty: the detector decided
  name: Text
  detector: string
  alerts: number
  share: number // 0 to 1
  repeats: number
  escalated: number
  shelved: number
  acknowledged: number
  acknowledge_median_s?: number
  acknowledge_p90_s?: number
  closed_true: number
  closed_explained: number
  closed_false: number
  closed_unknown: number
  open: number
}

/** How the rules did. */
export interface RuleHealth {
  from: string
  to: string
  alerts: number
  per_hour: number
  per_hour_bar: number
  flood: number // share of the time, 0 to 1
  flood_bar: number
  good: boolean
  course: { from: string; to: string; alerts: number; flooded: boolean }[]
  rules: OfRule[]
  chattering: { rule: string; track: number; most: number; alert: string }[]
  overdue: Rule[]
}

export const rules = {
  /** The last version of each, in force or not. */
  rules: () => call<{ items: Rule[] }>('GET', '/api/rules?all=true').then((l) => l.items),
  /** Oldest first. */
  ruleVersions: (id: string) => call<{ versions: Rule[] }>('GET', paper('rules', id, 'versions')).then((v) => v.versions),
  addRule: (to: RuleWish, reason: string, key: string) => call<RuleChanged>('POST', '/api/rules', { reason, to }, key),
  /** `version` is the one that was changed; another one in between is a version-conflict. */
  changeRule: (id: string, version: number, to: RuleWish, reason: string, key: string) =>
    call<RuleChanged>('PUT', paper('rules', id), { version, reason, to }, key),
  endRule: (id: string, version: number, reason: string, key: string) =>
    call<RuleChanged>('DELETE', `${paper('rules', id)}?${query({ version, reason })}`, undefined, key),
  ruleHealth: (from: string, to: string) => call<RuleHealth>('GET', `/api/rules/health?${query({ from, to })}`),
}

// Findings and alerts.

import { call, query, type Position, type Text } from './call'
import type { Role, Who } from './people'
import type { Track } from './tracks'

export interface Finding {
  id: string
  revision: number
  rule: string
  rule_version: number
  track: number
  time: string
  position: Position
  area?: string
  area_kind?: string
  area_version?: number
  ordinary?: boolean // lawful, or air traffic that says who it is: on record only
  possible?: boolean // rests on a demonstration line
  probability: number
  inputs: number[] | null
  belief: Track
  why: Text
  expected: Text
}

/** alert: somebody must act; notice: worth knowing; health: the system itself. Never mixed in one list. */
export type AlertKind = 'alert' | 'notice' | 'health'
/** A notice is `posted` and passes no other state. */
export type AlertState = 'new' | 'acknowledged' | 'in-case' | 'closed' | 'posted'
export type Outcome = 'true' | 'explained' | 'false' | 'unknown'
export const OUTCOMES: Outcome[] = ['true', 'explained', 'false', 'unknown']

export type AlertChangeKind =
  | 'raised' | 'revised' | 'repeated' | 'withdrawn' | 'restored' | 'lowered' | 'grouped' | 'escalated'
  | 'shelved' | 'unshelved' | 'returned' | 'acknowledged' | 'attached' | 'closed' | 'cleared'

export interface AlertChange {
  version: number
  kind: AlertChangeKind
  at: string
  who: Who
  note?: string
  outcome?: Outcome
  deadline?: string // raised, unshelved, returned: to be acknowledged by then
  until?: string // shelved
  case?: string // attached
  incident?: string // grouped, or acknowledged through it
  to?: Role // escalated
  priority?: number // lowered: the priority after it
  permits?: string[] // lowered
}

/** The version of the desk's rule that decided; an empty id: the detector did. */
export interface RuleRef { id: string; version: number; name: Text; response: Text }

/** A permit that would explain the finding. It lowers the priority by one step and never hides. */
export interface Explanation { permit: string; version: number; kind: string; sure: number; text: Text; priority_before: number; priority_after: number }

export interface Shelf { from: string; until: string; by: Who; reason: string; count: number }

export interface Repeat { finding: string; time: string; known: string }

export interface Alert {
  id: string
  kind: AlertKind
  rule: RuleRef
  finding: Finding // an incident and a health item have one of track 0
  priority: number // 1 low to 4 top
  raised: string
  deadline?: string // to be acknowledged by then
  state: AlertState
  outcome?: Outcome
  withdrawn: boolean
  incident?: string // the incident (an alert) that collects the flood in which it came
  members?: number // of an incident: how many alerts it collects
  escalated?: { at: string; to: Role } // nobody acknowledged it in time
  shelved?: Shelf
  case?: string
  explanations?: Explanation[]
  count: number // findings that it stands for
  last: string // time of the newest of them
  repeats?: Repeat[] // the last 50 that joined it
  version: number
  changes: AlertChange[] | null
}

export interface AlertPage { alerts: Alert[]; next?: string }

export interface Decided { alert: Alert; repeated: boolean }

const alertPath = (id: string, verb: string) => `/api/alerts/${encodeURIComponent(id)}/${verb}`

export const alerts = {
  alerts: (states: AlertState[], limit: number, after = '') =>
    call<AlertPage>('GET', `/api/alerts?${new URLSearchParams({ state: states.join(), limit: String(limit), ...(after && { after }) })}`),
  alert: (id: string) => call<Alert>('GET', `/api/alerts/${encodeURIComponent(id)}`),
  /** Members of an incident, open and closed, the newest first. */
  members: (incident: string, limit: number) => call<AlertPage>('GET', `/api/alerts?${query({ incident, limit })}`),
  notices: (limit: number, after = '') => call<AlertPage>('GET', `/api/notices?${query({ limit, after })}`),
  /** What is wrong with the system, or was. */
  troubles: (states: AlertState[], limit: number, after = '') => call<AlertPage>('GET', `/api/alerts?${query({ kind: 'health', state: states.join(), limit, after })}`),
  shelve: (id: string, until: string, reason: string, key: string) => call<Decided>('POST', alertPath(id, 'shelve'), { until, reason }, key),
  unshelve: (id: string, key: string) => call<Decided>('POST', alertPath(id, 'unshelve'), {}, key),
  acknowledge: (id: string, note: string, key: string) =>
    call<Decided>('POST', alertPath(id, 'acknowledge'), note ? { note } : {}, key),
  close: (id: string, outcome: Outcome, note: string, key: string) =>
    call<Decided>('POST', alertPath(id, 'close'), { outcome, ...(note && { note }) }, key),
}

// Casework: cases, reports, tasks, the shift log and the hand-over.

import type { Alert, Outcome } from './alerts'
import { call, callFile, paper, query, type Made, type PapersQuery, type Position } from './call'
import type { Who } from './people'
import type { Feed } from './system'
import type { Contribution, Track } from './tracks'

/** What every paper of the desk carries. A change names a request (Idempotency-Key); none is ever edited. */
export interface Stamp { id: string; version: number; made: string; by: Who; changed: string }

/** One page; give `next` as `before` for the next one; absent: no more. */
export interface Paged<T> { items: T[]; next?: number }

export type EvidenceKind = 'track' | 'finding' | 'alert' | 'report' | 'task' | 'observation'

export interface Evidence {
  kind: EvidenceKind
  id?: string // finding, alert, report, task
  track?: number
  from?: string // track; default: half an hour before to
  to?: string // track; default: now
  observation?: number
  note?: string
  taken?: { belief?: Track; lineage?: Contribution[]; points?: number; inputs?: number[] } // the server's: what was there then
}

export type CaseEntryKind = 'opened' | 'renamed' | 'evidence' | 'noted' | 'decided' | 'closed' | 'reopened' | 'exported'

export interface CaseEntry {
  version: number
  kind: CaseEntryKind
  at: string
  who: Who
  title?: string
  text?: string // the note, or what was decided
  why?: string
  outcome?: Outcome
  evidence?: Evidence[]
  export?: string // exported: its id
  format?: 'json' | 'html' // exported
  language?: string // exported
  sha256?: string // exported: of the file
}

export interface Case extends Stamp {
  title: string
  state: 'open' | 'closed'
  outcome?: Outcome
  closing?: string // what was written at its closing
  alerts: string[]
  evidence: number // how many pieces
  notes: number
  decisions: number
  exports: number
  last: CaseEntry
}

export interface CaseFile extends Case { entries: CaseEntry[] }

export interface CaseWish { title: string; alerts?: string[]; note?: string; evidence?: Evidence[] }

export type PlaceKind = 'town' | 'area' | 'asset' | 'sensor'

export interface Place { kind: PlaceKind; id: string; name: string; position: Position; radius_m: number; detail?: string; at?: string }

export const GRADES = { reliability: ['A', 'B', 'C', 'D', 'E', 'F'], credibility: ['1', '2', '3', '4', '5', '6'] } as const

/** Where something was seen: at a place, at a coordinate, or by bearing and distance from a place or coordinate. */
export interface Where {
  method: 'place' | 'coordinate' | 'bearing'
  place?: { kind: PlaceKind; id: string }
  position?: Position
  bearing_deg?: number
  distance_m?: number
  bearing_sd_deg?: number // default 10
  distance_sd_m?: number // default a fifth of the distance
  radius_m?: number // 95 of 100; default 200, of a place its own
}

export const SEEN_KINDS = ['unknown', 'vessel', 'aircraft', 'rotorcraft', 'glider', 'drone', 'vehicle', 'walker'] as const
export const MEANS = ['radio', 'telephone', 'eye', 'other'] as const

export interface Sighting {
  reporter: string
  contact?: string
  means: (typeof MEANS)[number]
  seen: string
  received?: string // default: now
  where: Where
  kind: (typeof SEEN_KINDS)[number]
  count?: number
  called?: string
  course_deg?: number
  speed_mps?: number
  description?: string
  grade: string // Admiralty code, A1 to F6
}

export interface Report extends Stamp, Sighting {
  revision: number // wording: a correction is the next one
  why?: string
  position: Position
  cov_m2: { ee: number; en: number; nn: number }
  place_at?: Place
  observed: { revision: number; observation: number; track?: number; at: string }[]
  exercise: boolean
}

export interface ReportFile extends Report { versions: Report[] }

export type TaskState = 'draft' | 'authorised' | 'accepted' | 'on-scene' | 'done' | 'failed'
export type TaskStepKind =
  'drafted' | 'authorised' | 'sent' | 'read-back' | 'accepted' | 'on-scene' | 'done' | 'failed' | 'postponed' | 'noted' | 'overdue'

export interface TaskStep { version: number; kind: TaskStepKind; at: string; who: Who; note?: string; due?: string }

export interface Task extends Stamp {
  asset: string
  asset_name: string
  to: string
  text: string
  due: string
  alert?: string
  case?: string
  track?: number
  state: TaskState
  overdue: boolean
  steps: TaskStep[]
}

export interface TaskWish {
  asset: string
  to?: string
  text: string
  due: string
  alert?: string
  case?: string
  track?: number
  authorise?: boolean // at once
  send?: boolean // it was spoken already; with authorise only
}

export interface LogLine {
  number?: number // absent in what is told live
  id: string
  at: string
  who: Who
  kind: string // 'alert.closed', 'task.sent', 'case.decided', 'log.note' ...
  subject: string // 'alert:A3TE25GRUINCUK', 'task:K3'
  fields: { name: string; value: string }[]
}

export interface LogPage { lines: LogLine[]; next?: number }

export interface Standing {
  now: string
  on_duty: { who: Who; since?: string; handover?: string; note?: string; from: Who }
  alerts: Alert[] // open, the most urgent first
  escalations: string[] // of these, not acknowledged since they went to the supervisor
  shelves: string[] // of these, on the shelf
  cases: Case[]
  tasks: Task[]
  feeds: Feed[] // not up
  officers: Who[] // who may take the desk, by name
  approvals: { id: string; what: string; by: Who; since: string; expires?: string }[]
}

export interface Handover extends Stamp {
  to: Who
  note: string
  left: { alerts: string[]; cases: string[]; tasks: string[]; feeds: string[]; approvals: string[] }
}

/** What the live connection tells on the topic `casework`; at `casework` read the lists again. */
export type CaseworkNews =
  | { type: 'casework' }
  | { type: 'case'; case: Case }
  | { type: 'report'; report: Report }
  | { type: 'task'; task: Task }
  | { type: 'handover'; handover: Handover }
  | { type: 'log'; line: LogLine }

export const casework = {
  cases: (q: PapersQuery = {}) => call<Paged<Case>>('GET', `/api/cases?${query(q)}`),
  case: (id: string) => call<CaseFile>('GET', paper('cases', id)),
  openCase: (wish: CaseWish, key: string) => call<Made<'case', Case>>('POST', '/api/cases', wish, key),
  addEvidence: (id: string, evidence: Evidence[], key: string) =>
    call<Made<'case', Case>>('POST', paper('cases', id, 'evidence'), { evidence }, key),
  noteCase: (id: string, text: string, key: string) => call<Made<'case', Case>>('POST', paper('cases', id, 'notes'), { text }, key),
  decideCase: (id: string, decision: string, why: string, key: string) =>
    call<Made<'case', Case>>('POST', paper('cases', id, 'decisions'), { decision, why }, key),
  renameCase: (id: string, title: string, key: string) => call<Made<'case', Case>>('POST', paper('cases', id, 'title'), { title }, key),
  /** `alerts`: those of the case that are open are closed with the same outcome. */
  closeCase: (id: string, outcome: Outcome, note: string, alerts: boolean, key: string) =>
    call<Made<'case', Case>>('POST', paper('cases', id, 'close'), { outcome, alerts, ...(note && { note }) }, key),
  reopenCase: (id: string, why: string, key: string) => call<Made<'case', Case>>('POST', paper('cases', id, 'reopen'), { why }, key),

  /** A case as one file; on record before it is given. */
  exportCase: (id: string, format: 'json' | 'html', language: string, key: string) =>
    callFile('POST', paper('cases', id, 'exports'), { format, language }, key),

  /** Towns, areas, things of ours and sensors by name, whatever the accents. */
  places: (q: string, limit = 10) => call<{ places: Place[] }>('GET', `/api/places?${new URLSearchParams({ q, limit: String(limit) })}`),
  reports: (q: PapersQuery = {}) => call<Paged<Report>>('GET', `/api/reports?${query(q)}`),
  report: (id: string) => call<ReportFile>('GET', paper('reports', id)),
  fileReport: (sighting: Sighting, key: string) => call<Made<'report', Report>>('POST', '/api/reports', sighting, key),
  correctReport: (id: string, sighting: Sighting, why: string, key: string) =>
    call<Made<'report', Report>>('POST', paper('reports', id, 'corrections'), { sighting, why }, key),

  tasks: (q: PapersQuery = {}) => call<Paged<Task>>('GET', `/api/tasks?${query(q)}`),
  task: (id: string) => call<Task>('GET', paper('tasks', id)),
  orderTask: (wish: TaskWish, key: string) => call<Made<'task', Task>>('POST', '/api/tasks', wish, key),
  stepTask: (id: string, kind: TaskStepKind, note: string, key: string, due?: string) =>
    call<Made<'task', Task>>('POST', paper('tasks', id, 'steps'), { kind, ...(note && { note }), ...(due && { due }) }, key),

  /** Kinds are whole ('alert.closed') or what stands before the point ('alert'). */
  log: (q: { from?: string; to?: string; kind?: string[]; before?: number; limit?: number } = {}) =>
    call<LogPage>('GET', `/api/log?${query({ ...q, kind: q.kind?.join() })}`),
  writeLog: (text: string, key: string) => call<{ repeated: boolean }>('POST', '/api/log', { text }, key),
  standing: () => call<Standing>('GET', '/api/handover'),
  handOver: (to: string, note: string, key: string) => call<Made<'handover', Handover>>('POST', '/api/handover', { to, note }, key),
  handovers: (q: PapersQuery = {}) => call<Paged<Handover>>('GET', `/api/handovers?${query(q)}`),
}

// The HTTP API as the server's OpenAPI description (/api/openapi.json) has it,
// as far as the screen uses it. Times are RFC 3339 in UTC; the year 1 means
// "none".

/** Roles, from the least to the most: each may everything that those before it may. */
export const ROLES = ['viewer', 'officer', 'supervisor', 'administrator'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role may what `least` may. */
export const atLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least)

export interface Person { id: string; name: string; role: Role }

export interface Session {
  person: Person
  exercise: boolean
  version: string
  languages: string[]
  /** After `after_s` seconds without the person (0: never) the server locks the session; `picture`: it stays visible. */
  lock: { after_s: number; picture: boolean; locked: boolean }
  /** Attempts with the person's name that failed before they signed in. */
  failures: { count: number; last: string }
  expires: string
}

/** How people come in at this address. */
export interface SignInOptions { passkeys: boolean; why?: 'number' | 'other' | 'insecure'; address?: string; fingerprint?: string; exercise: boolean }

/** A question for a passkey: options of WebAuthn as JSON, and what the server wants back with the answer. */
export interface PasskeyQuestion { ceremony: string; options: unknown }
export interface PasskeyAnswer { ceremony: string; credential: unknown }

/** What a one-time link is for; `name`: whom it lets in again. */
export interface Enrolling { role: Role; name?: string; passkey?: PasskeyQuestion }

export interface Passkey { id: string; person: string; name: string; created: string; used: string; cloned: string }

export interface OpenSession {
  id: string
  person: string
  own: boolean
  network: string
  browser: string
  created: string
  used: string
  expires: string
  locked: boolean
}

export const SCOPES = ['read-picture', 'read-alerts', 'read-system', 'ogc'] as const
export type Scope = (typeof SCOPES)[number]

/** A token with which a program reads for a person. */
export interface ApiToken { id: string; person: string; name: string; scopes: Scope[]; created: string; expires: string; used: string }

export interface Text { es: string; en: string }

export interface Position { lat: number; lon: number }

export type Datum = 'none' | 'ellipsoid' | 'sea' | 'ground' | 'pressure'

export interface Claim { kind: string; value: string }

export interface Track {
  id: number
  revision: number
  status: 'tentative' | 'confirmed' | 'coasting' | 'ended'
  domain: 'unknown' | 'water' | 'land' | 'air'
  kind: string
  state: {
    time: string
    position: Position
    height: { metres: number; datum: Datum }
    east_mps: number
    north_mps: number
    climb_mps: number
    cov: number[][]
  }
  existence: number
  claims?: (Claim & { honest: number })[] | null
  sensors: string[] | null
  proven: boolean
  on_ground: boolean
  distress?: string
  born: string
  updated: string
  last_seq: number
}

export interface Contribution {
  observation: number // sequence; 0: a miss of the sensor
  sensor: string
  time: string
  distance2: number
  likelihood: number
  weight: number
  rivals: { track: number; weight: number }[]
  proven: boolean
  model: string
}

export interface TrackDetail { track: Track; own: boolean; lineage: Contribution[] }

export interface PastPoint { time: string; position: Position; sd_m: number; status: string }

/** What of the past can be replayed. */
export interface HistoryRange {
  oldest: string // the year 1: nothing is kept
  newest: string
  detail: string // since then every step is kept; before, one picture in ten minutes
  observations: string // since then all observations are kept
  gaps: { from: string; to: string }[] // of which no step was kept, since detail
}

/** Counts in one bin, by what began in it. */
export interface HistoryBin { findings: number; alerts: [low: number, medium: number, high: number, top: number] }

export interface HistoryEvents { from: string; bin_s: number; bins: HistoryBin[] }

export interface HistoryEvent {
  kind: 'alert' | 'finding'
  at: string // when it was raised, or known first
  id: string
  track: number
  priority: number
  rule: string
  why: Text
}

/** Nothing: there is no further one. */
export interface HistoryNext { event?: HistoryEvent }

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

export interface Who { id?: string; name?: string; role?: Role } // no id: the program itself

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

export type FeedState = 'starting' | 'up' | 'degraded' | 'silent' | 'refused'

export interface Feed {
  feed: string
  sensor: string
  format: string
  source: string
  state: FeedState
  why: string
  since: string
  last_frame: string
  good: number
  bad: Record<string, number> | null
  duplicate: number
  late: number
  clock_doubt: number
  refused: number
  lost: number
  bytes: number
  restarts: number
  sender_unproven: boolean
  clock_offset_s?: number
}

export interface System {
  now: string
  started: string
  version: string
  exercise: boolean
  step: number
  step_ms: number
  lag_ms: number
  waiting: number
  tracks: number
  inputs: number
  clients: number
  storage: { state: 'ok' | 'full' | 'failing'; since: string; reason?: string; lost_steps: number; used_bytes: number; free_bytes: number }
  owed_alerts: number
  clock: { synchronized: boolean; error_s: number; stepped_s: number; stepped_at: string; sensors_s?: number }
  memory_bytes: number
}

export interface AreaProperties {
  name: string
  kind: string
  version: number
  buffer_m: number
  left?: string
  right?: string
  source: string
  accuracy_m: number
  demonstration: boolean
}

export interface Areas {
  type: 'FeatureCollection'
  features: { type: 'Feature'; id: string; geometry: { type: 'Point' | 'LineString' | 'Polygon'; coordinates: unknown }; properties: AreaProperties }[]
}

// Casework: cases, reports, tasks, the shift log and the hand-over.

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
  sha256?: string
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

/** One of the user's own maps: a PMTiles file of the server. */
export interface UserMap {
  id: string
  name: string
  kind: 'vector' | 'raster' | 'elevation'
  encoding?: 'terrarium' | 'mapbox'
  min_zoom: number
  max_zoom: number
  bounds: [number, number, number, number] // west, south, east, north
  attribution: string
  layers?: string[]
  bytes: number
  trouble?: string
}

/** What the server answers when it refuses (RFC 9457). `detail` says what to do next. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.status = status
    this.code = code
  }
}

/** What every answer of the server says of itself: it serves an exercise. */
export const server = { exercise: null as boolean | null }

async function call<T>(method: string, path: string, body?: unknown, key?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (key) headers['Idempotency-Key'] = key
  let response: Response
  try {
    response = await fetch(path, {
      method, headers, credentials: 'same-origin', ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch {
    throw new Problem(0, 'unreachable', '')
  }
  server.exercise = response.headers.get('Atalaya-Exercise') === 'true'
  if (!response.ok) {
    const p = (await response.json().catch(() => null)) as { code?: string; detail?: string } | null
    throw new Problem(response.status, p?.code ?? 'unknown', p?.detail ?? '')
  }
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text ? JSON.parse(text) : undefined) as T
}

/** A name for one wish, so that a retry does not do it twice. */
export function requestKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16)) // no secure context: http from another host
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}

const alertPath = (id: string, verb: string) => `/api/alerts/${encodeURIComponent(id)}/${verb}`

export const api = {
  session: () => call<Session>('GET', '/api/session'),
  signIn: (name: string, password: string) => call<Session>('POST', '/api/session', { name, password }, requestKey()),
  signInOptions: () => call<SignInOptions>('GET', '/api/session/options'),
  askPasskey: () => call<PasskeyQuestion>('POST', '/api/session/passkey/start'),
  signInPasskey: (a: PasskeyAnswer) => call<Session>('POST', '/api/session/passkey', a),
  unlockPasskey: (a: PasskeyAnswer) => call<Session>('POST', '/api/session/unlock', a),
  setPassword: (current: string, password: string) =>
    call<Session>('PUT', '/api/session/password', { password, ...(current && { current }) }),
  startEnrol: (token: string, name: string) => call<Enrolling>('POST', '/api/enrol/start', { token, ...(name && { name }) }),
  enrolPasskey: (token: string, name: string, a: PasskeyAnswer) => call<Session>('POST', '/api/enrol', { token, name, ...a }),
  passkeys: () => call<{ passkeys: Passkey[] }>('GET', '/api/passkeys'),
  askNewPasskey: () => call<PasskeyQuestion>('POST', '/api/passkeys/start'),
  addPasskey: (name: string, a: PasskeyAnswer) => call<Passkey>('POST', '/api/passkeys', { name, ...a }),
  endPasskey: (id: string) => call<void>('DELETE', `/api/passkeys/${encodeURIComponent(id)}`),
  sessions: () => call<{ sessions: OpenSession[] }>('GET', '/api/sessions'),
  endSession: (id: string) => call<void>('DELETE', `/api/sessions/${encodeURIComponent(id)}`),
  endSessions: () => call<{ ended: number }>('DELETE', '/api/sessions'),
  tokens: () => call<{ tokens: ApiToken[] }>('GET', '/api/tokens'),
  makeToken: (name: string, scopes: Scope[], days: number, key: string) =>
    call<{ token: ApiToken; secret: string }>('POST', '/api/tokens', { name, scopes, days }, key),
  endToken: (id: string) => call<void>('DELETE', `/api/tokens/${encodeURIComponent(id)}`),
  /** The person does something: the session does not lock itself. Once a minute is enough. */
  active: () => call<void>('POST', '/api/session/activity'),
  lock: () => call<void>('POST', '/api/session/lock'),
  /** Opens a locked session; a wrong password is a Problem with code `wrong-credentials`. */
  unlock: (password: string) => call<Session>('POST', '/api/session/unlock', { password }),
  signOut: () => call<void>('DELETE', '/api/session', undefined, requestKey()),
  enrol: (token: string, name: string, password: string) =>
    call<Session>('POST', '/api/enrol', { token, name, password }, requestKey()),
  alerts: (states: AlertState[], limit: number, after = '') =>
    call<AlertPage>('GET', `/api/alerts?${new URLSearchParams({ state: states.join(), limit: String(limit), ...(after && { after }) })}`),
  alert: (id: string) => call<Alert>('GET', `/api/alerts/${encodeURIComponent(id)}`),
  acknowledge: (id: string, note: string, key: string) =>
    call<Decided>('POST', alertPath(id, 'acknowledge'), note ? { note } : {}, key),
  close: (id: string, outcome: Outcome, note: string, key: string) =>
    call<Decided>('POST', alertPath(id, 'close'), { outcome, ...(note && { note }) }, key),
  track: (id: number) => call<TrackDetail>('GET', `/api/tracks/${id}`),
  /** Where a track was; `knownAt`: as far as it was known then. */
  past: (id: number, from: Date, knownAt?: Date) =>
    call<{ points: PastPoint[] }>('GET', `/api/tracks/${id}/history?${new URLSearchParams({
      from: from.toISOString(), ...(knownAt && { to: knownAt.toISOString(), known_at: knownAt.toISOString() }),
    })}`),
  historyRange: () => call<HistoryRange>('GET', '/api/history/range'),
  /** How much happened when; bins are whole minutes, so there may be fewer. */
  historyEvents: (from: Date, to: Date, bins: number) =>
    call<HistoryEvents>('GET', `/api/history/events?${new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), bins: String(bins) })}`),
  /** The next or the previous one, from a time on. */
  historyNext: (after: Date, kind: HistoryEvent['kind'], direction: 'next' | 'previous', priority = 1) =>
    call<HistoryNext>('GET', `/api/history/next?${new URLSearchParams({ after: after.toISOString(), kind, direction, priority: String(priority) })}`),
  areas: () => call<Areas>('GET', '/api/areas'),
  maps: () => call<{ maps: UserMap[] }>('GET', '/api/maps'),

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

/** What became of a wish. */
export type Made<N extends string, T> = { [K in N]: T } & { repeated: boolean }

export interface PapersQuery { open?: boolean; from?: string; to?: string; before?: number; limit?: number }

function query(q: object): string {
  return new URLSearchParams(Object.entries(q).flatMap(([k, v]) => (v === undefined || v === '' ? [] : [[k, String(v)]]))).toString()
}

function paper(list: string, id: string, verb = ''): string {
  return `/api/${list}/${encodeURIComponent(id)}${verb && `/${verb}`}`
}

/** A time of the API in ms since 1970, or null where there is none. */
export function timeOf(s: string | undefined): number | null {
  if (!s) return null
  const t = Date.parse(s)
  return Number.isNaN(t) || t < 0 ? null : t
}

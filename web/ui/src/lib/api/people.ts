// Who sits here: people, sessions, passkeys, tokens.

import { call, requestKey } from './call'

/** Roles, from the least to the most: each may everything that those before it may. */
export const ROLES = ['viewer', 'officer', 'supervisor', 'administrator'] as const
/** An overseer is none of these: they see the portal, and nothing here. */
export const INVITED = [...ROLES, 'overseer'] as const
/** An instructor from abroad, in an exercise only: at least a viewer, and nothing more. */
export type Role = (typeof INVITED)[number] | 'instructor'

/** Whether a role may what `least` may. */
export const atLeast = (role: Role, least: Role): boolean => (ROLES as readonly Role[]).indexOf(role === 'instructor' ? 'viewer' : role) >= (ROLES as readonly Role[]).indexOf(least)

export interface Person { id: string; name: string; role: Role }

export interface Who { id?: string; name?: string; role?: Role } // no id: the program itself

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

/** Somebody who may sign in, as administrators see them. */
export interface KnownPerson extends Person { disabled: boolean; created: string; changed: string; version: number }

/** An act that waits, or waited, for a second person. */
export interface Approval {
  id: string
  kind: string
  subject: string
  fields: Record<string, string>
  reason?: string
  /** Who approves has at least this role. */
  least: Role
  by: Who
  asked: string
  expires: string
  state: 'pending' | 'approved' | 'done' | 'failed' | 'unknown' | 'refused' | 'withdrawn' | 'expired'
  second: Who
  decided: string
  note?: string
  detail?: string
}

/** What became of an act that may take two people. */
export interface Acted<T> { done?: T; waits?: Approval }

/** A one-time link: its secret is told once. */
export interface Invitation { token: string; expires: string; url?: string }

export interface Attempt {
  number: number
  at: string
  name: string
  person?: string
  network: string
  browser?: string
  way: 'password' | 'passkey' | 'link'
  outcome: 'in' | 'wrong' | 'shut-out' | 'limited' | 'cloned' | 'unlocked'
}

/** A token with which a program reads for a person. */
export interface ApiToken { id: string; person: string; name: string; scopes: Scope[]; created: string; expires: string; used: string }

export const people = {
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
  people: () => call<{ people: KnownPerson[] }>('GET', '/api/people'),
  invite: (role: Role) => call<Acted<Invitation>>('POST', '/api/people/invite', { role }, requestKey()),
  letIn: (id: string) => call<Acted<Invitation>>('POST', `/api/people/${encodeURIComponent(id)}/link`, undefined, requestKey()),
  setRole: (id: string, role: Role, version: number, reason: string) =>
    call<Acted<KnownPerson>>('PUT', `/api/people/${encodeURIComponent(id)}/role`, { role, version, ...(reason && { reason }) }),
  setDisabled: (id: string, disabled: boolean, version: number, reason: string) =>
    call<Acted<KnownPerson>>('PUT', `/api/people/${encodeURIComponent(id)}/disabled`, { disabled, version, ...(reason && { reason }) }),
  everySession: () => call<{ sessions: OpenSession[] }>('GET', '/api/sessions?all=true'),
  endPersonSessions: (id: string) => call<{ ended: number }>('DELETE', `/api/people/${encodeURIComponent(id)}/sessions`),
  everyToken: () => call<{ tokens: ApiToken[] }>('GET', '/api/tokens?all=true'),
  attempts: (before: number | undefined, limit: number) =>
    call<{ attempts: Attempt[]; next?: number }>('GET', `/api/attempts?limit=${limit}${before ? `&before=${before}` : ''}`),
  approvals: (pending: boolean, limit = 100) => call<{ approvals: Approval[] }>('GET', `/api/approvals?pending=${pending}&limit=${limit}`),
  approve: (id: string, note: string, key: string) => call<Approval>('POST', `/api/approvals/${encodeURIComponent(id)}/approve`, { note }, key),
  refuse: (id: string, note: string, key: string) => call<Approval>('POST', `/api/approvals/${encodeURIComponent(id)}/refuse`, { note }, key),
  endToken: (id: string) => call<void>('DELETE', `/api/tokens/${encodeURIComponent(id)}`),
  /** The person does something: the session does not lock itself. Once a minute is enough. */
  active: () => call<void>('POST', '/api/session/activity'),
  lock: () => call<void>('POST', '/api/session/lock'),
  /** Opens a locked session; a wrong password is a Problem with code `wrong-credentials`. */
  unlock: (password: string) => call<Session>('POST', '/api/session/unlock', { password }),
  signOut: () => call<void>('DELETE', '/api/session', undefined, requestKey()),
  enrol: (token: string, name: string, password: string) =>
    call<Session>('POST', '/api/enrol', { token, name, password }, requestKey()),
}

// Who sits here: people, sessions, passkeys, tokens.

import { call, requestKey } from './call'

/** Roles, from the least to the most: each may everything that those before it may. */
export const ROLES = ['viewer', 'officer', 'supervisor', 'administrator'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role may what `least` may. */
export const atLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least)

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

// Authorities to observe, the keys of the devices that sign them, and the
// policy.

import type { Schedule } from './areas'
import { call, paper, query, type Position } from './call'
import type { Purpose } from './cameras'
import type { PasskeyAnswer, PasskeyQuestion, Who } from './people'

/** What a person signed, with a key of a device of theirs. */
export interface Signature {
  person: string
  name: string
  pseudonym: string
  unit: string
  device: string
  key: string // Ed25519, base64
  signature: string
  at: string
}

/** A signature as it is sent, confirmed by a passkey where the person has one. */
export interface Signing { key: string; signature: string; passkey?: PasskeyAnswer }

/** What an authority says. */
export interface Terms {
  basis: string
  issuer: string
  purposes: Purpose[]
  area: Position[] // its first corner does not come again
  place: string
  sensors: string[]
  from: string
  until: string
  hours?: Schedule
  flights: number
  flight_hours: number
  recipients?: string[]
  emergency: boolean
}

export const AUTHORITY_STATES = ['draft', 'coming', 'in-force', 'emergency', 'lapsed', 'ended', 'revoked', 'unreviewed'] as const
export type AuthorityState = (typeof AUTHORITY_STATES)[number]

export interface Authority extends Terms {
  id: string
  version: number
  content: string // SHA-256 of its text, hex
  by: Who
  drafted: string
  lapses: string
  signed: Signature[] | null
  reviews?: Signature[]
  begins: string
  due: string
  closed?: AuthorityState
  ender: Who
  reason?: string
  state: AuthorityState
  // Officers alone are told:
  salt?: string
  text?: string
  /** What a device signs while it is a draft, and while an emergency waits for its review. */
  sign?: string
  review?: string
}

/** The key of a device. */
export interface DeviceKey {
  id: string
  version: number
  person: string
  name: string
  pseudonym: string
  unit: string
  device: string
  key: string
  content: string
  asked: string
  since: string
  signed?: Signature[]
  revoking?: Signature[]
  reason?: string
  ended: string
  state: 'waits' | 'signs' | 'revoked'
  /** What a device signs to approve it, and to revoke somebody else's. */
  sign?: string
  revoke?: string
}

/** A text of the policy, with who signed it. */
export interface PolicyVersion { id: string; version: number; hash: string; text: string; signed: Signature[] | null; since: string }

export interface Policy {
  text: string
  hash: string
  adopted: string // hash of the one in force; '': none
  in_force: boolean
  sign?: string
  versions: PolicyVersion[]
}

const key = (id: string, verb: string) => paper('authority-keys', id, verb)

export const authorities = {
  /** Newest first. */
  authorities: (open?: boolean) => call<{ authorities: Authority[] | null }>('GET', `/api/authorities?${query({ open })}`).then((a) => a.authorities ?? []),
  draftAuthority: (t: Terms, wish: string) => call<Authority>('POST', '/api/authorities', t, wish),
  signAuthority: (id: string, s: Signing, wish: string) => call<Authority>('POST', paper('authorities', id, 'signatures'), s, wish),
  reviewAuthority: (id: string, s: Signing, wish: string) => call<Authority>('POST', paper('authorities', id, 'reviews'), s, wish),
  revokeAuthority: (id: string, reason: string, wish: string) => call<Authority>('POST', paper('authorities', id, 'revoke'), { reason }, wish),
  deviceKeys: () => call<{ keys: DeviceKey[] | null }>('GET', '/api/authority-keys').then((k) => k.keys ?? []),
  addDeviceKey: (k: { unit: string; device: string; key: string; proof: string }, wish: string) => call<DeviceKey>('POST', '/api/authority-keys', k, wish),
  signDeviceKey: (id: string, s: Signing, wish: string) => call<DeviceKey>('POST', key(id, 'signatures'), s, wish),
  /** One's own alone; somebody else's is signed by two people. */
  revokeDeviceKey: (id: string, reason: string, s: Partial<Signing>, wish: string) => call<DeviceKey>('POST', key(id, 'revoke'), { reason, ...s }, wish),
  policy: () => call<Policy>('GET', '/api/policy'),
  signPolicy: (s: Signing, wish: string) => call<Policy>('POST', '/api/policy/signatures', s, wish),
  /** A question for the passkey that confirms what a device signed. */
  askConfirmation: (text: string) => call<PasskeyQuestion>('POST', '/api/passkeys/confirm', { text }),
}

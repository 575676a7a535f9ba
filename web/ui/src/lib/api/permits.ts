// Permits: nobody leafs through them. A look-up is about something, and on record.

import type { Schedule } from './areas'
import { call, paper, query, type Made } from './call'
import type { Version } from './rules'

export const PERMIT_KINDS = ['fishing-licence', 'coca-transport', 'ferry-timetable', 'market-day', 'no-transponder', 'other'] as const
export type PermitKind = (typeof PERMIT_KINDS)[number]

export const CRAFT_KINDS = ['mmsi', 'callsign', 'icao', 'mavlink'] as const
export interface PermitCraft { kind: (typeof CRAFT_KINDS)[number]; value: string }

/** What a permit says. Times: absent is without bound. */
export interface PermitText {
  kind: PermitKind
  issuer: string
  holder?: string
  craft?: PermitCraft[]
  name?: string
  area?: string
  from?: string
  until?: string
  schedule?: Schedule
  note?: string
}

export interface Permit extends Omit<PermitText, 'from' | 'until'> { id: string; version: Version }

export interface PermitCount { kind: PermitKind; total: number; valid: number }

export interface PermitLookup { about: string; reason: string; text: string; kind?: PermitKind | undefined; at?: string }

/** `record` is that of the look-up in the ledger. */
export interface PermitsFound { permits: Permit[]; total: number; record: string }

export interface PermitPreview {
  lines: number
  new: number
  changed: number
  same: number
  retired: number
  wrong: number
  unread_columns: string[]
  changes: { line: number; permit: string; what: 'new' | 'changed' }[]
  errors: { line: number; column?: string; detail: string }[]
  applied: boolean
}

/** Local time of the dates and hours in a file minus UTC, minutes. */
const offset = () => -new Date().getTimezoneOffset()

export const permits = {
  permitCounts: () => call<{ kinds: PermitCount[] }>('GET', '/api/permits').then((c) => c.kinds),
  findPermits: (q: PermitLookup) => call<PermitsFound>('POST', '/api/permits/search', q),
  addPermit: (id: string, p: PermitText, reason: string, key: string) =>
    call<Made<'permit', Permit>>('POST', '/api/permits', { id, ...p, reason }, key),
  /** `edited` is the version that was changed; another one in between is refused. */
  changePermit: (id: string, edited: number, p: PermitText, reason: string, key: string) =>
    call<Made<'permit', Permit>>('PUT', paper('permits', id), { edited, ...p, reason }, key),
  retirePermit: (id: string, reason: string, key: string) =>
    call<Made<'permit', Permit>>('POST', paper('permits', id, 'retire'), { reason }, key),
  /** Oldest first; on record. */
  permitVersions: (id: string, reason: string) =>
    call<{ versions: Permit[] }>('GET', `${paper('permits', id, 'versions')}?${query({ reason })}`).then((v) => v.versions),
  previewPermits: (file: Blob) => call<PermitPreview>('POST', `/api/permits/import/preview?${query({ utc_offset_min: offset() })}`, file),
  importPermits: (file: Blob, reason: string, key: string) =>
    call<PermitPreview>('POST', `/api/permits/import?${query({ utc_offset_min: offset(), reason })}`, file, key),
}

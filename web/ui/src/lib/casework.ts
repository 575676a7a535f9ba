// What of cases and the shift log stands in more than one place: what things
// are called, and where they are shown.

import type { CaseEntry, Evidence, LogLine, Who } from './api'
import * as format from './format'
import { t, tOr } from './i18n.svelte'
import type { View } from './view'

export const whoName = (w: Who): string => w.name || t('log.program')

/** Why a version was made: the program's own reasons are told in the language of the screen. */
export const reasonText = (reason: string): string =>
  reason === 'comes with the program' ? t('version.builtin') : reason === 'gear of the exercise' ? t('version.exercise') : reason

/** What a piece of evidence is called: its number where it has one. */
export const evidenceId = (e: Evidence): string =>
  e.kind === 'track' ? `T${e.track}` : e.kind === 'observation' ? String(e.observation) : (e.id ?? '')

/** Where a piece of evidence is shown; null: nowhere. */
export function evidencePlace(e: Evidence): Partial<View> | null {
  switch (e.kind) {
    case 'track': return { screen: 'operations', track: e.track ?? 0, alert: '' }
    case 'alert': return { alert: e.id ?? '' }
    case 'report': return { screen: 'reports', report: e.id ?? '' }
    case 'task': return { screen: 'tasks', task: e.id ?? '' }
    default: return null
  }
}

/** Kinds of lines that can be chosen: what stands before the point. */
export const families = ['log', 'alert', 'case', 'report', 'task', 'handover', 'session', 'permit', 'registry', 'person', 'approval'] as const

export const lineKind = (kind: string): string => tOr(`log.kind.${kind.replace('.', '-')}`, tOr(`log.family.${kind.split('.')[0]}`, kind))

/** What a line is about, and where that is shown. */
export function subjectOf(subject: string): { name: string; place: Partial<View> | null } {
  const [kind = '', id = ''] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)]
  switch (kind) {
    case 'alert': return { name: id, place: { alert: id } }
    case 'case': return { name: id, place: { screen: 'cases', case: id } }
    case 'report': return { name: id, place: { screen: 'reports', report: id } }
    case 'task': return { name: id, place: { screen: 'tasks', task: id } }
    case 'track': return { name: `T${id.replace(/^T/, '')}`, place: { screen: 'operations', track: Number(id.replace(/^T/, '')) || 0 } }
    case 'session': case 'note': case 'handover': case 'enrolment': case 'link': return { name: '', place: null } // the line says it all
    default: return { name: id || subject, place: null }
  }
}

/** Book-keeping of a line that tells people nothing. */
const dull = new Set(['version', 'finding', 'record', 'request', 'revision', 'bytes', 'sha256', 'language'])

/** A time, or from when to when, as the ledger has it: as people read it. */
const withTimes = (text: string, told: number): string =>
  text.replace(/^(T\d+ )?(\d{4}-\d\d-\d\dT[\d:.]+Z)(?:\/(\d{4}-\d\d-\d\dT[\d:.]+Z))?$/, (_, of = '', from: string, to?: string) =>
    of + [from, to].flatMap((t) => (t ? [format.time(Date.parse(t), told)] : [])).join(' – '))

const fieldText = (name: string, value: string, told: number): string => {
  if (name === 'outcome') return tOr(`alert.outcome.${value}`, value)
  if (name === 'role') return tOr(`role.${value}`, value)
  return name === 'reason' ? reasonText(value) : withTimes(value, told)
}

/** What a line says, as texts of names and values. */
export const lineFields = (l: LogLine): { name: string; value: string }[] =>
  l.fields.filter((f) => !dull.has(f.name)).map((f) => ({
    name: l.kind === 'log.note' && f.name === 'text' ? '' : tOr(`log.field.${f.name}`, f.name),
    value: fieldText(f.name, f.value, Date.parse(l.at)),
  }))

/** What was written with an entry of a case. */
export const entryText = (e: CaseEntry): string =>
  e.kind === 'renamed' ? (e.title ?? '') : e.kind === 'exported' ? `${e.export} · ${e.format ?? ''}` : (e.text ?? '')

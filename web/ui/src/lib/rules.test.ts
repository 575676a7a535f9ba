import { describe, expect, it } from 'vitest'
import type { Alert, Rule } from './api'
import { gathered } from './alerts'
import { language } from './i18n.svelte'
import { byRule, changes, draftOf, emptyDraft, ended, wishOf } from './rules'

const now = Date.UTC(2026, 2, 1)
const rule = (more: Partial<Rule> = {}): Rule => ({
  id: 'quay', version: { number: 3, from: '2026-01-01T00:00:00Z', until: '0001-01-01T00:00:00Z', known: '2026-01-01T00:00:00Z', by: 'Sol', reason: 'x' },
  name: { es: 'Muelle', en: 'Quay' }, detector: 'area-entry', area: 'quay', kind: 'alert', priority: 3, owner: 'Sol',
  rationale: { es: 'a', en: 'b' }, response: { es: 'c', en: 'd' }, deadline_ns: 3e11, on_delay_ns: 2e9, off_delay_ns: 6e11, review: '2027-01-01T00:00:00Z', overdue: false, ...more,
})
const version = (until: string) => ({ ...rule().version, until })

describe('the form of a rule', () => {
  it('gives back what it was made from', () => {
    const r = rule()
    const { id: _, version: __, overdue: ___, ...wanted } = r
    expect(wishOf(draftOf(r, now))).toEqual(wanted)
  })
  it('leaves out what is empty, so that the server says what is lacking', () => {
    const w = wishOf(emptyDraft())
    expect(Object.keys(w)).not.toEqual(expect.arrayContaining(['deadline_ns']))
    expect([w.review, w.area, w.on_delay_ns, w.until]).toEqual([undefined, undefined, undefined, undefined])
    expect(w.area_kind).toBe('watched')
  })
  it('has no scope for what is nowhere, and no deadline for what asks nothing', () => {
    const d = { ...draftOf(rule(), now), detector: 'storage' as const, kind: 'health' as const }
    expect([wishOf(d).area, wishOf(d).deadline_ns]).toEqual([undefined, undefined])
  })
  it('reads numbers as they are written here', () => {
    expect(wishOf({ ...emptyDraft(), deadline: '2,5', on: 'x', off: '-1' })).toMatchObject({ deadline_ns: 1.5e11, off_delay_ns: -6e10 })
  })
  it('keeps an end that is to come, and drops one that is over: the rule is put in force again', () => {
    expect(wishOf(draftOf(rule({ version: version('2026-06-01T00:00:00Z') }), now)).until).toBe('2026-06-01T00:00:00Z')
    expect(wishOf(draftOf(rule({ version: version('2026-02-01T00:00:00Z') }), now)).until).toBeUndefined()
    expect([ended(rule(), now), ended(rule({ version: version('2026-02-01T00:00:00Z') }), now)]).toEqual([false, true])
  })
})

describe('versions of a rule', () => {
  it('say what changed, in words', () => {
    language.now = 'en'
    expect(changes(rule(), rule({ priority: 2, deadline_ns: 0 }), null)).toEqual(['Priority: high → medium', 'Deadline: 5 min → no deadline'])
    expect(changes(rule(), rule(), null)).toEqual([])
    language.now = 'es'
  })
  it('are listed with alerts first, the most urgent first', () => {
    const rules = [rule({ id: 'n', kind: 'notice', priority: 4 }), rule({ id: 'low', priority: 1 }), rule({ id: 'top', priority: 4 })]
    expect(rules.toSorted(byRule.kind).map((r) => r.id)).toEqual(['top', 'low', 'n'])
  })
})

describe('a flood', () => {
  const alert = (id: string, of: string, incident?: string) => ({ id, finding: { rule: of }, ...(incident ? { incident } : {}) }) as Alert
  it('is one row: its members stand under the incident while it is there', () => {
    const all = [alert('i', 'flood'), alert('m', 'area-entry', 'i'), alert('o', 'area-entry', 'gone'), alert('s', 'area-entry')]
    expect(gathered(all).map((a) => a.id)).toEqual(['i', 'o', 's'])
  })
})

import { expect, it } from 'vitest'
import { Problem, type Authority, type AuthorityState } from './api'
import { boxAround, deadline, inGroup, isOpen, refusalText } from './authorities'
import { language } from './i18n.svelte'

const one = (state: AuthorityState, more: Partial<Authority> = {}) =>
  ({ id: state, state, lapses: '2026-11-25T00:00:00Z', due: '2026-11-24T06:00:00Z', ...more }) as Authority

it('stand in the groups that say what they wait for', () => {
  const all = (['draft', 'coming', 'in-force', 'emergency', 'lapsed', 'ended', 'revoked', 'unreviewed'] as const).map((s) => one(s))
  const of = (g: Parameters<typeof inGroup>[1]) => inGroup(all, g).map((a) => a.state)
  expect([of('force'), of('review'), of('sign'), of('over')]).toEqual([['coming', 'in-force'], ['emergency'], ['draft'], ['lapsed', 'ended', 'revoked', 'unreviewed']])
  expect(all.filter((a) => isOpen(a.state)).map((a) => a.state)).toEqual(['draft', 'coming', 'in-force', 'emergency'])
})

it('are waited for until they lapse, or are to be reviewed', () => {
  expect(deadline(one('draft'))).toBe(Date.UTC(2026, 10, 25))
  expect(deadline(one('emergency'))).toBe(Date.UTC(2026, 10, 24, 6))
  // Its time is over, and it is reviewed all the same: it was used.
  expect(deadline(one('ended', { review: 'text' }))).toBe(Date.UTC(2026, 10, 24, 6))
  expect(deadline(one('in-force'))).toBeNull()
})

it('lie inside the little map', () => {
  const { middle, wide } = boxAround([{ lat: -16, lon: -69 }, { lat: -16, lon: -68.8 }, { lat: -16.5, lon: -68.9 }], 2)
  expect([middle.lat, middle.lon]).toEqual([-16.25, expect.closeTo(-68.9, 9)])
  expect(wide / 1000).toBeCloseTo(2 * 55.6, 0) // north to south counts twice, and is the greater
})

it('tells each refusal in words that say what to do next, in both languages', () => {
  const said: [string, string, string][] = [
    ['forbidden', 'not allowed: Beto Mamani of the unit armada signed it already: somebody of another unit must', 'armada'],
    ['forbidden', 'not allowed: this is no key with which you sign: bring your device\'s key first, and have it approved', 'Device keys'],
    ['conflict', 'conflict: A3 is lapsed: only a draft is signed; draft a new one', 'draft another'],
    ['invalid', 'invalid: until: it would hold for 31.5 days: 30 at most', '31.5'],
    ['invalid', 'invalid: basis: basis: write one line of at most 2000 bytes', 'Legal basis'],
    ['forbidden', 'not allowed: to sign an authority takes the role supervisor, and yours is officer: ask somebody who has it', 'supervisor'],
    ['forbidden', 'not allowed: to be one of the first two people with a key takes the role supervisor, and yours is officer: ask somebody who has it', 'first two'],
    ['conflict', 'conflict: the device desk-1 is that of Ana Quispe: two people do not sign on one device', 'Ana Quispe'],
    ['forbidden', 'not allowed: no authority in force allows it (A1: it is not for smuggling): choose another purpose or sensor, or have one signed', 'smuggling'],
    ['forbidden', 'something new', 'something new'],
  ]
  for (const [code, detail, part] of said) {
    language.now = 'en'
    const english = refusalText(new Problem(403, code, detail))
    expect(english).toContain(part)
    expect(english).not.toMatch(/[{}]/)
    language.now = 'es'
    const spanish = refusalText(new Problem(403, code, detail))
    expect(spanish).not.toBe(english)
    expect(spanish).not.toMatch(/[{}]/)
  }
  language.now = 'es'
  expect(refusalText(new Problem(403, 'locked', ''))).toMatch(/bloqueada/)
})

import { describe, expect, it } from 'vitest'
import { fit } from './finders'
import { timeIn } from './when'

const now = Date.UTC(2026, 10, 22, 8, 30, 0)

describe('a time in the search box', () => {
  it.each([
    ['-2h', now - 7_200_000], ['-90 min', now - 5_400_000], ['hace 20 min', now - 1_200_000], ['hace 1,5 horas', now - 5_400_000],
    ['2 hours ago', now - 7_200_000], ['-30s', now - 30_000], ['-1d', now - 86_400_000], ['hace 3 días', now - 3 * 86_400_000],
    ['08:15Z', Date.UTC(2026, 10, 22, 8, 15)], ['8:15:30 z', Date.UTC(2026, 10, 22, 8, 15, 30)],
    ['09:00Z', Date.UTC(2026, 10, 21, 9)], // not yet today
    ['2026-11-20 23:00Z', Date.UTC(2026, 10, 20, 23)], ['2026-11-20T23:00Z', Date.UTC(2026, 10, 20, 23)],
  ])('%s', (text, at) => expect(timeIn(text, now)).toBe(at))
  it('may be local', () => expect(timeIn('00:00', now)).toBe(new Date(now).setHours(0, 0, 0, 0)))
  it.each(['', '2', 'h', '-h', '25:00', '12:60', '2027-01-01 00:00Z', 'hace mucho', '-16.2 -69.1', 'illimani'])('is not %s', (text) => expect(timeIn(text, now)).toBeNull())
})

it('what fits better comes first', () => {
  const texts = ['illimani', 'illimani ii', 'san illimani', 'millimani', 'ferry 3']
  expect(texts.map((x) => fit(x, 'illimani'))).toEqual([1, 0.8, 0.65, 0.5, 0])
  expect(fit('reina del lago', 'lago rein')).toBe(0.5)
})

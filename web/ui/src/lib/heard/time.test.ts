import { describe, expect, it } from 'vitest'
import { heardTime, type TimeRefusal, type Way } from './time'

// 2026-11-22 04:10 local time, wherever the test runs.
const now = new Date(2026, 10, 22, 4, 10).getTime()
const local = (d: number, h: number, min: number, s = 0) => new Date(2026, 10, d, h, min, s).getTime()
/** The same time of day in Z that is not after now. */
const zulu = (h: number, min: number) => {
  const t = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth(), new Date(now).getUTCDate(), h, min)
  return t > now + 60_000 ? t - 86_400_000 : t
}
const MIN = 60_000

describe('a time that was', () => {
  it.each<[string, number]>([
    ['0340', local(22, 3, 40)],
    ['340', local(22, 3, 40)],
    ['3:40', local(22, 3, 40)],
    ['03.40', local(22, 3, 40)],
    ['03h40', local(22, 3, 40)],
    ['03 40', local(22, 3, 40)],
    ['03:40:15', local(22, 3, 40, 15)],
    ['0340 h', local(22, 3, 40)],
    ['a las 03:40', local(22, 3, 40)],
    ['0340L', local(22, 3, 40)],
    ['0340 hora local', local(22, 3, 40)],
    ['0340Z', zulu(3, 40)],
    ['03:40 z', zulu(3, 40)],
    ['0340 UTC', zulu(3, 40)],
    ['0411', local(22, 4, 11)], // their clock may run before ours
    ['2310', local(21, 23, 10)], // it has not come today
    ['ayer 2310', local(21, 23, 10)],
    ['ayer a las 03:40', local(21, 3, 40)],
    ['hoy 0340', local(22, 3, 40)],
    ['22/11 0340', local(22, 3, 40)],
    ['31/12 2310', new Date(2025, 11, 31, 23, 10).getTime()], // of last year
    ['20/11/2026 23:10', local(20, 23, 10)],
    ['2026-11-20 2310', local(20, 23, 10)],
    ['2026-11-20T23:10', local(20, 23, 10)],
    ['2026-11-20 2310Z', Date.UTC(2026, 10, 20, 23, 10)],
    ['210340Z', Date.UTC(2026, 10, 21, 3, 40)],
    ['300340Z', Date.UTC(2026, 9, 30, 3, 40)], // the 30th of the month before
    ['ahora', now],
    ['hace 5 min', now - 5 * MIN],
    ['hace 5 minutos', now - 5 * MIN],
    ['5 min', now - 5 * MIN],
    ["5'", now - 5 * MIN],
    ['-5', now - 5 * MIN],
    ['5 min ago', now - 5 * MIN],
    ['hace 1 h', now - 60 * MIN],
    ['hace 1,5 h', now - 90 * MIN],
    ['hace 1 h 20 min', now - 80 * MIN],
    ['hace 1 hora y 20 minutos', now - 80 * MIN],
    ['hace 1h20', now - 80 * MIN],
    ['hace media hora', now - 30 * MIN],
    ['hace una hora', now - 60 * MIN],
    ['hace 2 días', now - 2880 * MIN],
  ])('"%s"', (text, at) => expect(heardTime(text, now)).toEqual({ ok: true, at }))

  it.each<[string, TimeRefusal]>([
    ['', 'empty'], ['   ', 'empty'], ['más o menos', 'unclear'], ['3', 'unclear'], ['12345', 'unclear'], ['034015', 'six'],
    ['2540', 'hour'], ['0370', 'minute'], ['03:40:75', 'minute'], ['31/02 0340', 'day'], ['29/02/2026 0340', 'day'], ['320340Z', 'day'], ['22/13 0340', 'day'],
    ['hoy 2310', 'future'], ['mañana 0340', 'future'], ['2027-01-01 0340', 'future'], ['hace', 'unclear'], ['0340 X', 'unclear'],
  ])('"%s" is refused', (text, why) => expect(heardTime(text, now)).toEqual({ ok: false, why }))
})

describe('a time to come', () => {
  it.each<[string, number]>([
    ['0440', local(22, 4, 40)],
    ['0340', local(23, 3, 40)], // tomorrow
    ['mañana 0340', local(23, 3, 40)],
    ['en 30 min', now + 30 * MIN],
    ['30 min', now + 30 * MIN],
    ['+30', now + 30 * MIN],
    ['en 1 h 30 min', now + 90 * MIN],
    ['in half an hour', now + 30 * MIN],
    ['240900Z', Date.UTC(2026, 10, 24, 9, 0)],
    ['010900Z', Date.UTC(2026, 11, 1, 9, 0)],
  ])('"%s"', (text, at) => expect(heardTime(text, now, 'future')).toEqual({ ok: true, at }))

  it.each<[string, TimeRefusal]>([['hoy 0340', 'past'], ['ayer 0340', 'past'], ['ahora', 'past'], ['+0', 'past'], ['hace 5 min', 'unclear']])(
    '"%s" is refused', (text, why) => expect(heardTime(text, now, 'future')).toEqual({ ok: false, why }))
})

it('reads nothing else as a time', () => {
  const ways: Way[] = ['past', 'future']
  for (const way of ways) for (const text of ['0', '1', '99', '0x10', 'NaN', '1e3', '٠٣٤٠', '3:4', '::', '-', '+', 'z', '12:00:00:00', '9'.repeat(400)])
    expect(heardTime(text, now, way).ok, text).toBe(false)
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as format from './format'
import { fill, language, said, t } from './i18n.svelte'
import { distresses, domains, kinds, statuses } from './names'
import { en, es, topics } from './texts'

const params = (s: string) => [...new Set([...s.matchAll(/\{(\w+)/g)].map((m) => m[1]))].sort()

describe('texts', () => {
  it('have the same parameters in both languages', () => {
    for (const key of Object.keys(es) as (keyof typeof es)[]) expect(params(en[key]), key).toEqual(params(es[key]))
  })
  it('have every key in one topic only', () => {
    const keys = Object.values(topics).flatMap((topic) => Object.keys(topic.es))
    expect(keys.toSorted()).toEqual(Object.keys(es).toSorted())
  })
  it('name all numbers of the protocol', () => {
    const need = [
      ...domains.map((d) => `domain.${d}`), ...kinds.map((k) => `kind.${k}`), ...statuses.map((s) => `status.${s}`),
      ...distresses.filter(Boolean).map((d) => `distress.${d}`),
    ]
    for (const key of need) expect(es).toHaveProperty([key])
  })
  it('are all used', () => {
    const root = new URL('../', import.meta.url)
    const code = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((f) => /\.(svelte|ts)$/.test(f) && !/texts\/|\.test\./.test(f))
      .map((f) => readFileSync(new URL(f, root), 'utf8'))
      .join('\n')
    const unused = Object.keys(es).filter((k) => !code.includes(`'${k}'`) && !code.includes(`\`${k.slice(0, k.lastIndexOf('.'))}.$`))
    expect(unused).toEqual([])
  })
  it('are filled', () => {
    expect(fill('{a} de {b}, {c}', { a: 1, b: 'x' })).toBe('1 de x, {c}')
    expect(['1', 0, 2].map((n) => fill('{n} {n|zona nueva|zonas nuevas}', { n }))).toEqual(['1 zona nueva', '0 zonas nuevas', '2 zonas nuevas'])
    language.now = 'es'
    expect(t('detail.observation', { seq: 7 })).toBe('observación 7')
    expect(said({ es: 'hola', en: 'hello' })).toBe('hola')
    // @ts-expect-error a missing parameter is a type error
    expect(t('detail.observation', {})).toContain('{seq}')
    // @ts-expect-error so is a key that does not exist
    expect(() => t('no.such.key')).toThrow()
  })
})

describe('values', () => {
  it('have their units', () => {
    language.now = 'en'
    expect(format.speed(10, 1)).toBe('19.4 kn')
    expect(format.speed(10, 2)).toBe('36 km/h')
    expect(format.course(7.6)).toBe('008°')
    expect(format.course(359.7)).toBe('000°')
    expect(format.metres(143)).toBe('143 m')
    expect(format.metres(12_345)).toBe('12.3 km')
    expect(format.percent(0.93)).toBe('93 %')
    expect([1, 0.9999, 0.994, 0].map(format.percent)).toEqual(['100 %', '99.9 %', '99.4 %', '0 %'])
    expect(format.position(-16.15695, -69.0883666)).toBe('16°09.417′ S 069°05.302′ W')
    expect(format.position(0.99999999, 179.99999999)).toBe('01°00.000′ N 180°00.000′ E')
    expect(format.bytes(212e9)).toBe('212 GB')
    expect([500, 61_000, 3_600_000, 86_400_000 * 3].map(format.age)).toEqual(['0.5 s', '61 s', '60 min', '3 d'])
  })
  it('follow the language', () => {
    language.now = 'es'
    expect(format.speed(10, 1)).toBe('19,4 kn')
  })
  it('times are local and Z', () => {
    const at = Date.UTC(2026, 8, 21, 18, 3, 22)
    const { local, zone, zulu } = format.stamp(at, at)
    const offset = -new Date(at).getTimezoneOffset()
    expect(local).toBe(format.clock(at + offset * 60_000).zulu.slice(0, 8))
    expect(zone).toMatch(offset ? /^UTC[+−]\d{1,2}(:\d\d)?$/ : /^UTC$/)
    expect(zulu).toBe(offset ? '18:03:22Z' : '')
    expect(format.time(at, at)).toBe(offset ? `${local} ${zone} (${zulu})` : '18:03:22 UTC')
    expect(format.time(at, at + 3 * 86_400_000)).toMatch(/^2026-09-2/)
  })
})

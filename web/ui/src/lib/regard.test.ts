import { afterEach, describe, expect, it } from 'vitest'
import type { Regard } from './api'
import { language } from './i18n.svelte'
import { tell } from './regard'

const now = Date.parse('2026-01-05T12:00:00Z')
const made: Regard = {
  sensor: 'radar', version: 3, state: 'made', covered: 1, half_m: 119.2, refraction: { k: 0.25, k_low: 0.1667, k_high: 0.375 }, imported: '2026-01-02T12:00:00Z',
  shares: [{ above_m: 1.5, seen: 0.61 }, { above_m: 1.7, seen: 0.62 }, { above_m: 3, seen: 0.64 }, { above_m: 120, seen: 0.881 }],
  elevation: { elevation: { name: 'hills', synthetic: true, sd_m: 3.25 }, resolution_m: 92.4, optimism: { factor: 1 } },
}
const was = language.now
afterEach(() => (language.now = was))

describe('what the terrain hides', () => {
  it('is told with its source, in both languages', () => {
    language.now = 'en'
    expect(tell(made, now)).toEqual({
      text: 'Terrain: it sees 62 % of its range at 1.7 m above the ground, 88 % at 120 m. In half of it it cannot see below 120 m.',
      source: expect.stringMatching(/^Elevation hills, cells of 92 m, error σ 3\.3 m, k 0\.17 to 0\.38, imported .*3/), synthetic: true, warn: '',
    })
    language.now = 'es'
    expect(tell(made, now).text).toBe('Terreno: ve el 62 % de su alcance a 1,7 m del suelo, el 88 % a 120 m. En la mitad no ve por debajo de 120 m.')
    expect(tell(made, now).source).toMatch(/^Relieve hills, celdas de 92 m, error σ 3,3 m, k 0,17 a 0,38, importado /)
  })
  it('says where the ground shows, where nobody stated an error, and what is too coarse', () => {
    language.now = 'en'
    const coarse = { ...made, half_m: 0, elevation: { elevation: { name: 'hills', synthetic: false, sd_m: 0 }, resolution_m: 450, optimism: { factor: 1.53 } } }
    const told = tell(coarse, now)
    expect(told.text).toContain('the ground shows')
    expect(told.source).toContain('error not stated')
    expect(told.warn).toContain('53 %')
    expect(told.synthetic).toBe(false)
  })
  it('is not taken for nothing where it is not known', () => {
    language.now = 'en'
    expect(tell({ sensor: 'c', version: 1, state: 'none', why: 'its range is not stated' }, now)).toMatchObject({ text: expect.stringContaining('taken to be seen'), warn: 'its range is not stated' })
    expect(tell({ sensor: 'c', version: 1, state: 'making' }, now).text).toContain('being worked out')
  })
})

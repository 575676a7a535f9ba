import { afterEach, describe, expect, it } from 'vitest'
import type { Registration } from './api'
import { language } from './i18n.svelte'
import { offsets } from './sensing'

describe('how far a sensor is off', () => {
  const before = language.now
  afterEach(() => { language.now = before })
  const r: Registration = { state: 'steady', azimuth_deg: { off: -0.5312, sd: 0.0281 }, range_m: { off: 80.06, sd: 2.34 }, time_ms: { off: 112.4, sd: 40.6 }, pairs: 546, refused: 33 }

  it('is told with sign, unit and standard deviation, as numbers are written here', () => {
    language.now = 'es'
    expect(offsets(r)).toEqual([
      { name: 'Acimut', value: '−0,53° ± 0,03° (1 σ)' }, { name: 'Distancia', value: '+80,1 m ± 2,3 m (1 σ)' }, { name: 'Hora', value: '+112 ms ± 41 ms (1 σ)' },
    ])
    language.now = 'en'
    expect(offsets(r).map((o) => `${o.name} ${o.value}`)[0]).toBe('Azimuth −0.53° ± 0.03° (1 σ)')
  })
  it('leaves out what is not known', () => {
    expect(offsets({ state: 'frozen', why: 'apart', pairs: 3, refused: 20 })).toEqual([])
    const { range_m: _, time_ms: __, ...azimuth } = r
    expect(offsets(azimuth)).toHaveLength(1)
  })
})

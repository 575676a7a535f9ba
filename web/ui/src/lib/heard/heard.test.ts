import { describe, expect, it } from 'vitest'
import { heardCourse, heardDistance, heardSpeed } from './motion'
import { heardWhere, type HeardWhere } from './where'

describe('a direction', () => {
  it.each<[string, number | null]>([
    ['315', 315], ['0', 0], ['360', 360], ['045', 45], ['7,5', 7.5], ['315°', 315], ['315 grados', 315], ['rumbo 315', 315],
    ['N', 0], ['ne', 45], ['NO', 315], ['SO', 225], ['O', 270], ['W', 270], ['ONO', 292.5], ['SSW', 202.5], ['nnO', 337.5],
    ['norte', 0], ['noroeste', 315], ['sudeste', 135], ['al sur', 180], ['hacia el este', 90], ['north-west', 315], ['North West', 315],
    ['361', null], ['-1', null], ['NN', null], ['ES', null], ['', null], ['noreoeste', null], ['3150', null],
  ])('"%s"', (text, deg) => expect(heardCourse(text)).toBe(deg))
})

describe('a speed', () => {
  it.each<[string, number | null]>([
    ['4', 2.058], ['4,5', 2.315], ['4 nudos', 2.058], ['4kn', 2.058], ['36 km/h', 10], ['36 kmh', 10], ['3 m/s', 3], ['0', 0],
    ['rápido', null], ['-4', null], ['4 x', null], ['9999', null], ['', null],
  ])('"%s"', (text, mps) => expect(heardSpeed(text)).toBe(mps))
})

describe('a distance', () => {
  it.each<[string, number | null]>([
    ['9 km', 9000], ['9km', 9000], ['800 m', 800], ['1,5 NM', 2778], ['3 millas', 5556], ['3 millas náuticas', 5556], ['2 mn', 3704],
    ['9', null], ['9 leguas', null], ['', null],
  ])('"%s"', (text, m) => expect(heardDistance(text)).toBe(m))
})

describe('where', () => {
  const place = (name: string): HeardWhere => ({ ok: true, how: 'place', origin: { name } })
  const off = (bearing: number, metres: number, name: string): HeardWhere => ({ ok: true, how: 'bearing', origin: { name }, bearing, metres })
  it.each<[string, HeardWhere]>([
    ['Copacabana', place('Copacabana')],
    ['  isla  del  Sol ', place('isla del Sol')],
    ['Puerto 3 Marías', place('Puerto 3 Marías')],
    ['radar-1', place('radar-1')],
    ['Norte', place('Norte')],
    ['315 9 km Copacabana', off(315, 9000, 'Copacabana')],
    ['315° a 9 km de Copacabana', off(315, 9000, 'Copacabana')],
    ['045/3nm Puno', off(45, 5556, 'Puno')],
    ['NE 5 km de Puno', off(45, 5000, 'Puno')],
    ['NO 800 m del muelle', off(315, 800, 'muelle')],
    ['3 NM al NE de Puno', off(45, 5556, 'Puno')],
    ['a 5 km al noreste de Isla Suriqui', off(45, 5000, 'Isla Suriqui')],
    ['5 millas sur de Huarina', off(180, 9260, 'Huarina')],
    ['5 km north-east of Puno', off(45, 5000, 'Puno')],
    ['P-7', place('P-7')],
    ['5 km arriba de Puno', { ok: false, why: 'direction' }],
    ['9 km Copacabana', { ok: false, why: 'direction' }],
    ['a 9 km', { ok: false, why: 'direction' }],
    ['315 9 km', { ok: false, why: 'from' }],
    ['', { ok: false, why: 'empty' }],
  ])('"%s"', (text, where) => expect(heardWhere(text)).toEqual(where))

  it('takes coordinates in any form, alone and as what is measured from', () => {
    const at = (text: string) => {
      const w = heardWhere(text)
      if (!w.ok || !('position' in w.origin)) throw new Error(`${text}: ${JSON.stringify(w)}`)
      return { ...w, origin: w.origin }
    }
    for (const text of ['-16.1, -69.05', '16.1 S 69.05 W', "16°06' S 69°03' O"]) {
      const w = at(text)
      expect([w.how, w.origin.position.lat, w.origin.position.lon].map((v) => (typeof v === 'number' ? v.toFixed(4) : v)), text).toEqual(['place', '-16.1000', '-69.0500'])
    }
    const square = at('19KER8014')
    expect([square.how, square.origin.metres]).toEqual(['place', 1000])
    const w = at('315 9 km de 16.1 S 69.05 W')
    expect([w.how, w.how === 'bearing' && w.bearing, w.how === 'bearing' && w.metres, w.origin.position.lat]).toEqual(['bearing', 315, 9000, -16.1])
  })

  it('refuses figures that are no coordinate, and says why', () => {
    for (const [text, why] of [['95.1 S 69.05 W', 'latitude'], ['16.1', 'unclear'], ['315 9 km de 95.1 S 69.05 W', 'latitude']] as const)
      expect(heardWhere(text), text).toEqual({ ok: false, why: 'coordinate', coordinate: why })
  })
})

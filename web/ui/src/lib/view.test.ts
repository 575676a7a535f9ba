import { describe, expect, it } from 'vitest'
import { layers } from './layers'
import { chosen, format, MAX_SPEED, onScreen, panels, parse, queues, screens, symbolSets, usual, type View } from './view'
import { Views, type Host } from './view.svelte'

const read = (address: string) => {
  const [pathname, search] = address.split('?', 2)
  return parse({ pathname: pathname!, search: search ?? '' })
}

/** The same numbers for the same seed. */
function random(seed: number) {
  let s = seed
  return (below: number) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return Math.floor((s / 4294967296) * below)
  }
}

const some = <T>(rnd: (n: number) => number, list: readonly T[]) => list.filter(() => rnd(2) === 0)
const one = <T>(rnd: (n: number) => number, list: readonly T[]) => list[rnd(list.length)]!

function anyView(seed: number): View {
  const rnd = random(seed)
  const words = ['', 'illimani', 'Ñusta & cía', '50 %', 'a+b=c', '/:,@', 'x'.repeat(100)]
  const at = rnd(2) ? Date.UTC(2026, rnd(12), 1 + rnd(28), rnd(24), rnd(60), rnd(60), rnd(2) * rnd(1000)) : null
  return {
    ...usual,
    ...(Object.fromEntries(chosen.map((name) => [name, rnd(3) ? '' : one(rnd, words)]))),
    screen: one(rnd, screens),
    place: rnd(2) ? { zoom: rnd(2201) / 100, lat: (rnd(18_000_001) - 9_000_000) / 1e5, lon: (rnd(36_000_001) - 18_000_000) / 1e5 } : null,
    track: rnd(2) ? 1 + rnd(1e9) : 0,
    follow: rnd(2) === 0, layers: some(rnd, layers), maps: rnd(2) ? null : some(rnd, ['andes.terrarium', 'caminos', '2026-a_b']), symbols: one(rnd, symbolSets), find: one(rnd, words),
    domains: some(rnd, ['unknown', 'water', 'land', 'air'] as const), attention: rnd(2) === 0,
    states: some(rnd, ['new', 'in-case', 'closed']), columns: some(rnd, ['name', 'speed', 'last_seen']),
    sort: rnd(2) ? { by: one(rnd, ['name', 'age']), down: rnd(2) === 0 } : null,
    from: rnd(2) ? Date.UTC(2026, rnd(12), 1 + rnd(28), rnd(24), rnd(60)) : null, to: rnd(2) ? Date.UTC(2026, rnd(12), 1 + rnd(28), rnd(24), rnd(60)) : null,
    at, speed: at === null ? 0 : rnd(MAX_SPEED + 1),
    panel: one(rnd, panels), wide: rnd(2) === 0, queue: one(rnd, queues), measure: rnd(2) === 0,
  }
}

describe('an address', () => {
  it('says the whole view', () => {
    for (let seed = 1; seed <= 500; seed++) {
      const v = anyView(seed)
      expect(read(format(v)), format(v)).toEqual(v)
    }
  })
  it('is short where all is usual, and readable', () => {
    expect(format(usual)).toBe('/')
    expect(format({ ...usual, screen: 'cases', case: 'C-12' })).toBe('/cases?case=C-12')
    expect(format({
      ...usual, place: { lat: -16.20334, lon: -69.16826, zoom: 11.5 }, track: 69, at: Date.UTC(2026, 10, 22, 8, 3), speed: 10, find: 'reina del lago',
      layers: ['towns', 'areas'], sort: { by: 'age', down: true },
    })).toBe('/?map=11.5/-16.20334/-69.16826&t=2026-11-22T08:03:00Z&speed=10&track=69&find=reina+del+lago&sort=-age&layers=towns,areas')
  })
  it.each([
    ['/nowhere', {}],
    ['//evil.example/cases', {}],
    ['/cases/../people', { screen: 'cases' }],
    ['/__proto__?__proto__=1&constructor=2', {}],
    ['/?map=11/91/0', {}],
    ['/?map=11/0/181', {}],
    ['/?map=-1/0/0', {}],
    ['/?map=99/0/0', {}],
    ['/?map=NaN/NaN/NaN', {}],
    ['/?map=1e2/0/0', {}],
    ['/?map=11/-16.2', {}],
    ['/?track=-4', {}],
    ['/?track=0', {}],
    ['/?track=1.5', {}],
    ['/?track=99999999999999999999', {}],
    ['/?track=0x45', {}],
    ['/?track=69&track=70', { track: 69 }],
    ['/?t=yesterday', {}],
    ['/?t=1999-12-31T23:59:59Z', {}],
    ['/?t=2026-13-45T00:00:00Z', {}],
    ['/?t=2026-11-22T08:03:00', {}],
    ['/?speed=10', {}],
    ['/?t=2026-11-22T08:03:00Z&speed=61', { at: Date.UTC(2026, 10, 22, 8, 3) }],
    ['/?panel=<script>', {}],
    ['/?panel=none', { panel: '' }],
    ['/?layers=towns,javascript,grid', { layers: ['towns', 'grid'] }],
    ['/?layers=none', { layers: [] }],
    ['/?domains=air,space,air', { domains: ['air'] }],
    ['/?sort=;drop', {}],
    ['/?sort=--age', {}],
    [`/?find=${'x'.repeat(101)}`, {}],
    ['/?find=a%00b', {}],
    ['/?find=%ff%fe', { find: '\ufffd\ufffd' }],
    ['/?find=%', { find: '%' }],
    ['/?alert=a%0Ab', {}],
    [`/?case=${'x'.repeat(201)}`, {}],
    ['/?case=%3Cimg%20src=x%20onerror=alert(1)%3E', { case: '<img src=x onerror=alert(1)>' }],
    [`/?states=${Array.from({ length: 40 }, (_, i) => `s${'abcdefgh'[i >> 3]}${'abcdefgh'[i & 7]}`).join()}`, { states: Array.from({ length: 30 }, (_, i) => `s${'abcdefgh'[i >> 3]}${'abcdefgh'[i & 7]}`) }],
    ['/?states=new,new,NEW,1x', { states: ['new'] }],
    [`/?states=${'s'.repeat(2000)}`, {}],
    ['/?queue=open&queue=closed', {}],
    ['/?unknown=1&also[]=2', {}],
  ] satisfies [string, Partial<View>][])('that is odd or hostile is harmless: %s', (address, expected) => {
    const v = read(address)
    expect(v).toEqual({ ...usual, ...expected })
    expect(read(format(v))).toEqual(v)
  })
})

describe('the view of a window', () => {
  class Browser implements Host {
    history = ['/?track=5']
    private at = 0
    private changed = () => undefined as void
    address = () => new URL(this.history[this.at]!, 'http://localhost')
    push(a: string) {
      this.history = [...this.history.slice(0, ++this.at), a]
    }
    replace(a: string) {
      this.history[this.at] = a
    }
    onreturn(changed: () => void) {
      this.changed = changed
    }
    back() {
      this.at--
      this.changed()
    }
  }

  it('starts as its address says, goes on in steps, and comes back', () => {
    const b = new Browser()
    const views = new Views(b)
    expect(views.now.track).toBe(5)
    views.go({ track: 7 })
    views.go({ track: 7 }) // no step
    views.open('cases', { case: 'C-1' })
    expect(b.history).toEqual(['/?track=5', '/?track=7', '/cases?track=7&case=C-1'])
    b.back()
    expect(views.now).toMatchObject({ screen: 'operations', track: 7, case: '' })
  })
  it('writes what is no step into the step that it belongs to', () => {
    const b = new Browser()
    const views = new Views(b)
    views.set({ place: { lat: -16, lon: -69, zoom: 9 } })
    expect(views.now.place?.zoom).toBe(9)
    expect(b.history).toEqual(['/?track=5']) // not yet
    views.go({ track: 0 })
    expect(b.history).toEqual(['/?map=9/-16/-69&track=5', '/?map=9/-16/-69'])
  })
  it('leaves a list with its filters, and keeps place, time and choice', () => {
    const v = { ...usual, find: 'inti', states: ['new'], sort: { by: 'age', down: true }, track: 4, at: 1.7e12 }
    expect(onScreen(v, 'log')).toEqual({ ...usual, screen: 'log', track: 4, at: 1.7e12 })
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decode, FrameError, LABELS, type Frame } from './wire'

// The frames that web/wire writes and reads.
const golden = new URL('../../../wire/testdata/', import.meta.url)

const bytes = (name: string): ArrayBuffer => new Uint8Array(readFileSync(new URL(name, golden))).buffer

/** A decoded frame in the form of the golden .json files. */
function plain(f: Frame) {
  const rows = <T>(n: number, row: (i: number) => T) => (n ? Array.from({ length: n }, (_, i) => row(i)) : null)
  const { motion: m, state: s } = f
  return {
    Kind: f.kind, Channel: f.channel, Exercise: f.exercise, Shed: f.shed,
    Epoch: f.epoch, Base: f.base, Sequence: f.sequence, Clock: f.clock, Missing: f.missing, Behind: f.behind,
    Motion: rows(m.count, (i) => ({
      ID: m.id[i], Lat: m.lat[i], Lon: m.lon[i], Age: m.age[i], Speed: m.speed[i], Course: m.course[i],
      Height: m.height[i], SD: m.sd[i], Coast: m.coast[i], Datum: m.datum[i],
    })),
    State: rows(s.count, (i) => ({
      ID: s.id[i], Stale: s.stale[i], Existence: s.existence[i], Domain: s.domain[i], Kind: s.kind[i],
      Status: s.status[i], Flags: s.flags[i], Priority: s.priority[i], Distress: s.distress[i], Sensors: s.sensors[i],
    })),
    Labels: rows(f.labels.length, (i) => {
      const { id, values } = f.labels[i]!
      const has = LABELS.reduce((bits, name, k) => (values[name] === undefined ? bits : bits | (1 << k)), 0)
      return { ID: id, Has: has, Values: LABELS.map((name) => values[name] ?? '') }
    }),
    Gone: rows(f.gone.length, (i) => ({ ID: f.gone[i]!.id, Reason: f.gone[i]!.reason, Into: f.gone[i]!.into })),
  }
}

describe('golden frames', () => {
  const names = readdirSync(golden).filter((n) => n.endsWith('.bin'))
  it('are there', () => expect(names.length).toBeGreaterThanOrEqual(4))
  it.each(names)('%s', (name) => {
    const want = JSON.parse(readFileSync(new URL(name.replace('.bin', '.json'), golden), 'utf8'))
    expect(plain(decode(bytes(name)))).toEqual(want)
  })
})

describe('wrong frames', () => {
  const whole = new Uint8Array(bytes('delta.bin'))
  it('cut anywhere', () => {
    for (let n = 0; n < whole.length; n++) expect(() => decode(whole.slice(0, n).buffer), `${n} bytes`).toThrow(FrameError)
  })
  it('with a byte too many', () => {
    const longer = new Uint8Array(whole.length + 1)
    longer.set(whole)
    expect(() => decode(longer.buffer)).toThrow('left over')
  })
  it('of another version', () => {
    const other = whole.slice()
    other[0] = 1
    expect(() => decode(other.buffer)).toThrow(expect.objectContaining({ version: true }))
  })
  it('with any byte changed are refused or read, nothing else', () => {
    for (let at = 0; at < whole.length; at++)
      for (const bits of [0x01, 0x80, 0xff]) {
        const other = whole.slice()
        other[at]! ^= bits
        try {
          decode(other.buffer)
        } catch (e) {
          expect(e).toBeInstanceOf(FrameError)
        }
      }
  })
})

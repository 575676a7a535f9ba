import { describe, expect, it } from 'vitest'
import { ReplayClock, ServerClock } from './clock'

describe("the server's clock", () => {
  it('is told best by the quickest message', () => {
    const c = new ServerClock()
    c.add(1000_100, 1000_140)
    c.add(1001_100, 1001_105)
    c.add(1002_100, 1002_190)
    expect(c.offset).toBe(-5)
  })
  it('is not set back by a line that becomes slow, for however long', () => {
    const c = new ServerClock()
    c.add(1000_000, 1000_000)
    for (let at = 1010_000; at < 1300_000; at += 1000) c.add(at - 10_000, at)
    c.answer(1295_000, 1290_000, 1300_000)
    expect(c.offset).toBe(0)
  })
  it('follows the drift of two clocks', () => {
    const c = new ServerClock()
    for (let at = 0; at < 3600_000; at += 1000) c.add(at * (1 - 100e-6) - 5, at)
    expect(c.offset).toBeCloseTo(-365, 0)
  })
  it('follows a step ahead at once, and one back when the server answers', () => {
    const c = new ServerClock()
    c.add(1000, 1000)
    c.add(3_601_000, 1000)
    expect(c.offset).toBe(3_600_000)
    c.add(2000, 2000)
    expect(c.offset).toBe(3_600_000)
    c.answer(2995, 2990, 3000)
    expect(c.offset).toBe(-5)
  })
})

describe('the clock of a replay', () => {
  it('is told best by the quickest message of the last seconds', () => {
    const c = new ReplayClock(1000, 8)
    c.add(8000, 1000)
    c.add(8700, 1100)
    expect(c.at(1100)).toBe(8800)
    c.add(16_000, 2200)
    expect(c.at(2200)).toBe(16_000)
  })
})

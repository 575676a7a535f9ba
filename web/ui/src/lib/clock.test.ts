import { describe, expect, it } from 'vitest'
import { ServerClock } from './clock'

describe("the server's clock", () => {
  it('is told best by the quickest message', () => {
    const c = new ServerClock()
    c.add(1000_100, 1000_140)
    c.add(1001_100, 1001_105)
    c.add(1002_100, 1002_190)
    expect(c.offset).toBe(-5)
  })
  it('forgets what is older than its window', () => {
    const c = new ServerClock(1000)
    c.add(5000, 5000)
    c.add(6400, 6500)
    expect(c.offset).toBe(-100)
  })
  it('follows a step at once', () => {
    const c = new ServerClock()
    c.add(1000, 1000)
    c.add(3_601_000, 1000)
    expect(c.offset).toBe(3_600_000)
    c.add(2000, 2000)
    expect(c.offset).toBe(0)
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Session } from './api'
import { Away } from './away.svelte'

const session = (after_s: number, locked = false) => ({ lock: { after_s, picture: true, locked } }) as Session

describe('a person who is away', () => {
  const asked: string[] = []
  let signs: Record<string, () => void> = {}
  let status = 204
  beforeEach(() => {
    vi.useFakeTimers()
    asked.length = 0
    signs = {}
    status = 204
    vi.stubGlobal('addEventListener', (name: string, call: () => void) => (signs[name] = call))
    vi.stubGlobal('removeEventListener', (name: string) => delete signs[name])
    vi.stubGlobal('fetch', async (path: string) => {
      asked.push(path)
      return new Response(status === 204 ? null : JSON.stringify({ code: 'locked' }), { status })
    })
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('locks the session after the time of the policy, not before', async () => {
    const away = new Away(session(600))
    const end = away.follow()
    await vi.advanceTimersByTimeAsync(595_000)
    expect(away.locked).toBe(false)
    signs.keydown!()
    await vi.advanceTimersByTimeAsync(595_000)
    expect(away.locked).toBe(false)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(away.locked).toBe(true)
    expect(asked).toEqual(['/api/session/activity', '/api/session/lock'])
    away.unlocked()
    await vi.advanceTimersByTimeAsync(595_000)
    expect(away.locked).toBe(false)
    end()
    expect(signs).toEqual({})
    await vi.advanceTimersByTimeAsync(10_000)
    expect(away.locked).toBe(false)
  })
  it('is never locked out where the policy says so', async () => {
    const away = new Away(session(0))
    away.follow()
    await vi.advanceTimersByTimeAsync(86_400_000)
    signs.keydown!()
    expect([away.locked, asked]).toEqual([false, []])
  })
  it('tells the server once a minute, and learns from it that the session is locked', async () => {
    const away = new Away(session(600))
    away.follow()
    for (let i = 0; i < 130; i++) {
      signs.pointerdown!()
      await vi.advanceTimersByTimeAsync(1000)
    }
    expect(asked.length).toBe(2)
    status = 423
    await vi.advanceTimersByTimeAsync(60_000)
    signs.pointerdown!()
    await vi.advanceTimersByTimeAsync(1)
    expect(away.locked).toBe(true)
  })
  it('finds a session locked that was', () => {
    expect(new Away(session(600, true)).locked).toBe(true)
  })
})

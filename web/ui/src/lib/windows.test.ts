import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Windows, type Channel } from './windows.svelte'

/** Channels of one address, as browsers join them: everybody hears but who speaks. */
function channels() {
  const all = new Set<Channel>()
  return (): Channel => {
    const own: Channel = {
      onmessage: null,
      postMessage: (m) => {
        for (const c of all) if (c !== own) queueMicrotask(() => c.onmessage?.({ data: m } as MessageEvent))
      },
      close: () => all.delete(own),
    }
    all.add(own)
    return own
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const settled = () => vi.advanceTimersByTimeAsync(0)
const speaking = (...all: Windows[]) => all.filter((w) => w.speaks).length

test('one window sounds as soon as another opens, whichever it is', async () => {
  for (let i = 0; i < 20; i++) {
    const open = channels()
    const [first, second, third] = [new Windows(), new Windows(), new Windows()]
    const ends = [first.join(open(), false)]
    await settled()
    expect([first.speaks, first.second]).toEqual([true, false])

    await vi.advanceTimersByTimeAsync(700) // between two beats
    ends.push(second.join(open(), true))
    await settled()
    expect(speaking(first, second)).toBe(1)
    expect(first.second).toBe(true)

    ends.push(third.join(open(), false))
    await settled()
    expect(speaking(first, second, third)).toBe(1)

    ends[1]!()
    await settled()
    expect(speaking(first, third)).toBe(1)
    expect([first.second, third.second]).toEqual([false, false])
    ends[0]!()
    ends[2]!()
  }
})

test('a window that broke down is missed after a while, and another sounds', async () => {
  const open = channels()
  const [first, second] = [new Windows(), new Windows()]
  const one = open()
  const two = open()
  const ends = [first.join(one, false), second.join(two, true)]
  await settled()
  const [silent, dumb, dead] = first.speaks ? [second, one, ends[0]!] : [first, two, ends[1]!]
  dumb.postMessage = () => {}
  dead()
  expect(silent.speaks).toBe(false)
  await vi.advanceTimersByTimeAsync(10_000)
  expect(silent.speaks).toBe(true)
  ;(dead === ends[0] ? ends[1]! : ends[0]!)()
})

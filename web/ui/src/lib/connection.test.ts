import { beforeEach, describe, expect, it } from 'vitest'
import { Client } from './client'
import type { Socket } from './connection'
import { timeAt, type FromWorker, type Replay } from './messages'
import { VERSION } from './wire'

const T = Date.UTC(2026, 2, 1, 12)
const iso = (ms: number) => new Date(ms).toISOString()

/** An empty snapshot or delta, as bytes (docs/protocol.md). */
function frame(o: { kind?: number; channel?: number; epoch: number; base?: number; sequence: number; clock: number; missing?: number; behind?: number }): ArrayBuffer {
  const b = new ArrayBuffer(64)
  const v = new DataView(b)
  v.setUint8(0, VERSION)
  v.setUint8(1, o.kind ?? 1)
  v.setUint8(2, o.channel ?? 0)
  for (const [at, n] of [[24, o.epoch], [32, o.base ?? 0], [40, o.sequence], [48, o.clock]] as const) v.setBigUint64(at, BigInt(n), true)
  v.setUint32(56, o.missing ?? 0, true)
  v.setUint32(60, o.behind ?? 0, true)
  return b
}

class Place {
  now = 5_000_000
  sockets: (Socket & { sent: Record<string, unknown>[] })[] = []
  timers: { at: number; call: () => void }[] = []
  out: FromWorker[] = []
  readonly client = new Client(
    {
      open: () => {
        const sent: Record<string, unknown>[] = []
        const s = { readyState: 0, binaryType: '', onmessage: null, onclose: null, sent, send: (t: string) => sent.push(JSON.parse(t)), close: () => {} }
        this.sockets.push(s)
        return s
      },
      sessionOver: () => Promise.resolve(false),
      now: () => this.now,
      later: (ms, call) => {
        const timer = { at: this.now + ms, call }
        this.timers.push(timer)
        return () => (this.timers = this.timers.filter((t) => t !== timer))
      },
      random: () => 0.5,
    },
    (m) => this.out.push(m),
  )

  get socket() {
    return this.sockets.at(-1)!
  }
  pass(ms: number) {
    const end = this.now + ms
    for (let next; (next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]); ) {
      this.timers = this.timers.filter((t) => t !== next)
      this.now = next.at
      next.call()
    }
    this.now = end
  }
  hello() {
    ;(this.socket as { readyState: number }).readyState = 1
    this.hear({ type: 'hello', protocol: VERSION, exercise: false })
  }
  hear(m: object | ArrayBuffer) {
    this.socket.onmessage!({ data: m instanceof ArrayBuffer ? m : JSON.stringify(m) })
  }
  /** What was sent of a kind since it was asked last. */
  sent(type: string) {
    const found = this.socket.sent.filter((m) => m.type === type)
    for (const m of found) this.socket.sent.splice(this.socket.sent.indexOf(m), 1)
    return found
  }
  last<K extends FromWorker['type']>(type: K) {
    return this.out.findLast((m) => m.type === type) as Extract<FromWorker, { type: K }>
  }
  stands(o: { request: number; at: number; epoch?: number; paused?: boolean; speed?: number }) {
    this.hear({
      type: 'replay', channel: 1, request: o.request, epoch: o.epoch ?? 9, at: iso(o.at), speed: o.speed ?? 1, paused: o.paused ?? true, end: false,
      known: iso(o.at), oldest: iso(T - 3600_000), newest: iso(T + 3600_000), detail: iso(T), observations: iso(T),
      coarse: false, thinned: false, gap: null, gaps: [{ from: iso(T), to: iso(T + 5000) }],
    })
  }
}

let p: Place
beforeEach(() => {
  p = new Place()
  p.client.take({ type: 'view', view: { bbox: [-70, -17, -68, -15], zoom: 9 } })
  p.client.take({ type: 'start', url: 'ws://x' })
  p.hello()
  p.hear(frame({ epoch: 3, sequence: 10, clock: T + 7200_000 }))
})

const replay = (): Replay => p.last('replay').replay!

describe('the live picture', () => {
  it('runs on the server clock', () => {
    expect(p.last('picture').mode).toBe('live')
    expect(timeAt(p.last('picture').tempo, p.now + 1500)).toBe(T + 7200_000 + 1500)
  })
  it('asks for everything after a gap, ignores deltas, and is live again', () => {
    p.hear(frame({ kind: 2, epoch: 3, base: 12, sequence: 13, clock: T }))
    expect(p.sent('snapshot')).toEqual([{ type: 'snapshot', channel: 0 }])
    expect(p.last('status').status.link).toBe('gap')
    p.hear(frame({ kind: 2, epoch: 3, base: 13, sequence: 14, clock: T }))
    expect(p.sent('snapshot')).toEqual([])
    p.hear(frame({ epoch: 3, sequence: 14, clock: T }))
    expect(p.last('status').status.link).toBe('live')
  })
  it('says how many tracks are still to come, and how old the picture is', () => {
    p.hear(frame({ kind: 2, epoch: 3, base: 10, sequence: 11, clock: T + 7203_000, missing: 8700, behind: 2500 }))
    expect(p.last('status').status).toMatchObject({ link: 'live', missing: 8700, clock: T + 7200_500 })
    p.hear(frame({ kind: 2, epoch: 3, base: 11, sequence: 11, clock: T + 7203_500 }))
    expect(p.last('status').status).toMatchObject({ link: 'live', missing: 0, clock: T + 7203_500 })
  })
  it('shows a picture that comes in parts once, if the rest comes soon', () => {
    const shown = () => p.out.filter((m) => m.type === 'picture').length
    p.pass(1000)
    let before = shown()
    p.hear(frame({ epoch: 4, sequence: 1, clock: T, missing: 9000 }))
    p.pass(100)
    p.hear(frame({ kind: 2, epoch: 4, base: 1, sequence: 1, clock: T, missing: 3000 }))
    expect(shown()).toBe(before)
    p.hear(frame({ kind: 2, epoch: 4, base: 1, sequence: 1, clock: T }))
    expect(shown()).toBe(before + 1)

    before = shown()
    p.hear(frame({ epoch: 5, sequence: 1, clock: T, missing: 9000 }))
    p.pass(399)
    expect(shown()).toBe(before)
    p.pass(1)
    expect(shown()).toBe(before + 1) // a weak line: what is there is better than nothing
    p.hear(frame({ kind: 2, epoch: 5, base: 1, sequence: 1, clock: T, missing: 3000 }))
    expect(shown()).toBe(before + 2)
  })
  it('goes on after a break only from a picture that was whole', () => {
    const reconnect = () => {
      p.socket.onclose!({ code: 1006 })
      p.pass(500)
      p.hello()
      return p.sent('subscribe').at(-1)!.resume
    }
    expect(reconnect()).toEqual({ epoch: 3, sequence: 10 })
    p.hear(frame({ epoch: 3, sequence: 12, clock: T, missing: 1 }))
    expect(reconnect()).toBeUndefined()
  })
  it('asks again for a snapshot that cannot be read', () => {
    p.hear(frame({ epoch: 3, sequence: 14, clock: T }).slice(0, 50))
    p.hear(frame({ epoch: 3, sequence: 14, clock: T }).slice(0, 50))
    expect(p.sent('snapshot')).toHaveLength(2)
  })
})

describe('a replay', () => {
  const open = () => {
    p.client.take({ type: 'replay', wish: { at: T, speed: 8, paused: false } })
    p.stands({ request: 1, at: T, paused: false, speed: 8 })
    p.hear(frame({ channel: 1, epoch: 9, sequence: 100, clock: T }))
  }

  it('is asked for, with a view of its own, and is shown from its first frame on', () => {
    p.sent('subscribe')
    p.client.take({ type: 'replay', wish: { at: T } })
    expect(p.sent('replay')).toEqual([{ type: 'replay', channel: 1, request: 1, at: iso(T) }])
    expect(p.sent('subscribe').map((m) => [m.channel, m.max_hz, m.topics])).toEqual([[0, 0.5, ['alerts', 'feeds', 'system', 'casework', 'registry', 'notices', 'health']], [1, 4, ['alerts']]])
    expect(replay().going).toBe(T)
    expect(p.last('picture').mode).toBe('live')
    p.stands({ request: 1, at: T })
    expect(replay()).toMatchObject({ going: null, paused: true, epoch: 9, oldest: T - 3600_000, gaps: [{ from: T, to: T + 5000 }] })
    p.hear(frame({ channel: 1, epoch: 9, sequence: 100, clock: T }))
    expect(p.last('picture')).toMatchObject({ mode: 'replay' })
    expect(timeAt(p.last('picture').tempo, p.now + 9000)).toBe(T)
  })

  it('runs on at its speed between frames, but not for ever', () => {
    open()
    p.pass(250)
    p.hear(frame({ kind: 2, channel: 1, epoch: 9, base: 100, sequence: 102, clock: T + 2000 }))
    const { tempo } = p.last('picture')
    expect(timeAt(tempo, p.now + 100)).toBeCloseTo(T + 2800, 0)
    expect(timeAt(tempo, p.now + 60_000)).toBe(timeAt(tempo, p.now + 3000))
  })

  it('is driven by one wish at a time, the newest', () => {
    open()
    p.sent('replay')
    for (let k = 1; k <= 5; k++) p.client.take({ type: 'replay', wish: { at: T + k * 1000, paused: true } })
    expect(p.sent('replay')).toEqual([{ type: 'replay', channel: 1, request: 2, at: iso(T + 1000), paused: true }])
    expect(replay().going).toBe(T + 5000)
    p.stands({ request: 2, at: T + 1000 })
    expect(p.sent('replay')).toEqual([{ type: 'replay', channel: 1, request: 3, at: iso(T + 5000), paused: true }])
    expect(replay().going).toBe(T + 5000)
    p.stands({ request: 3, at: T + 5000 })
    expect(replay().going).toBeNull()
  })

  it('leaves the live alerts alone, and its own have its channel', () => {
    open()
    p.hear({ type: 'alert', alert: { id: 'now' } })
    p.hear({ type: 'alerts', channel: 1, epoch: 9, alerts: [] })
    expect(p.out.filter((m) => m.type === 'text').slice(-2).map((m) => m.message.channel)).toEqual([undefined, 1])
  })

  it('asks for its own snapshot after a gap', () => {
    open()
    p.hear(frame({ kind: 2, channel: 1, epoch: 8, base: 1, sequence: 2, clock: T }))
    expect(p.sent('snapshot')).toEqual([{ type: 'snapshot', channel: 1 }])
    expect(p.last('status').status.link).toBe('live')
  })

  it('is left: the live picture is shown again, at its pace', () => {
    open()
    p.sent('subscribe')
    p.client.take({ type: 'live' })
    expect(p.sent('replay').at(-1)).toEqual({ type: 'replay', channel: 1, close: true })
    expect(p.sent('subscribe').map((m) => [m.channel, m.max_hz])).toEqual([[0, 20]])
    expect(p.last('replay').replay).toBeNull()
    expect(p.last('picture').mode).toBe('live')
    p.hear(frame({ kind: 2, channel: 1, epoch: 9, base: 100, sequence: 101, clock: T })) // too late
    expect(p.last('picture').mode).toBe('live')
  })

  it('that cannot begin says why', () => {
    p.client.take({ type: 'replay', wish: { at: T } })
    p.hear({ type: 'error', channel: 1, request: 1, code: 'replays', detail: '' })
    expect(p.last('replay')).toEqual({ type: 'replay', replay: null, trouble: 'replays' })
  })

  it('stays where it is when a wish is refused', () => {
    open()
    p.client.take({ type: 'replay', wish: { at: T + 1 } })
    p.hear({ type: 'error', channel: 1, request: 2, code: 'history', detail: '' })
    expect(replay()).toMatchObject({ going: null, trouble: 'history', epoch: 9 })
  })

  it('stands while the line is broken, and is opened again where it was', () => {
    open()
    p.hear(frame({ kind: 2, channel: 1, epoch: 9, base: 100, sequence: 102, clock: T + 2000 }))
    p.socket.onclose!({ code: 1006 })
    expect(p.last('status').status.link).toBe('offline')
    expect(timeAt(p.last('picture').tempo, p.now + 2000)).toBe(timeAt(p.last('picture').tempo, p.now))
    p.pass(1000)
    p.hello()
    expect(p.sent('replay')).toEqual([{ type: 'replay', channel: 1, request: 2, at: iso(T + 2000), speed: 8, paused: false }])
    expect(p.sent('subscribe').map((m) => m.channel)).toContain(1)
    p.stands({ request: 2, at: T + 2000, epoch: 11, paused: false, speed: 8 })
    p.hear(frame({ channel: 1, epoch: 11, sequence: 102, clock: T + 2000 }))
    expect(p.last('picture')).toMatchObject({ mode: 'replay' })
    expect(p.last('picture').tempo.rate).toBe(8)
  })
})

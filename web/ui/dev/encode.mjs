// Encoder of docs/protocol.md's frames for the mock server. It is written
// apart from the decoder and from web/wire; its frames are decoded by the real
// worker in the browser test.

const LABELS = ['name', 'mmsi', 'icao', 'callsign', 'squawk', 'system']

export function encode(f) {
  const motion = f.motion ?? []
  const state = f.state ?? []
  const labels = f.labels ?? []
  const gone = f.gone ?? []
  const head = Buffer.alloc(64)
  head.writeUInt8(2, 0)
  head.writeUInt8(f.snapshot ? 1 : 2, 1)
  head.writeUInt8(0, 2)
  head.writeUInt8(f.exercise ? 1 : 0, 3)
  head.writeUInt32LE(gone.length, 4)
  head.writeUInt32LE(motion.length, 8)
  head.writeUInt32LE(state.length, 12)
  head.writeUInt32LE(labels.length, 16)
  head.writeBigUInt64LE(BigInt(f.epoch), 24)
  head.writeBigUInt64LE(BigInt(f.snapshot ? 0 : f.base), 32)
  head.writeBigUInt64LE(BigInt(f.sequence), 40)
  head.writeBigInt64LE(BigInt(Math.round(f.clock)), 48)

  const column = (rows, Type, value) => Buffer.from(Type.from(rows, value).buffer)
  const pad = (n) => Buffer.alloc(((n + 3) & ~3) - n)
  const parts = [
    head,
    column(motion, Int32Array, (t) => Math.round(t.lat * 1e7)),
    column(motion, Int32Array, (t) => Math.round(t.lon * 1e7)),
    column(motion, Uint32Array, (t) => Math.max(0, Math.round(f.clock - t.time))),
    column(motion, Uint16Array, (t) => Math.round(t.speed * 100)),
    column(motion, Uint16Array, (t) => (t.speed > 0 ? Math.round(t.course * 100) % 36000 : 0xffff)),
    column(motion, Int16Array, (t) => t.height ?? -0x8000),
    column(motion, Uint16Array, (t) => t.sd),
    column(motion, Uint16Array, () => 0),
    column(motion, Uint8Array, (t) => t.datum ?? 0),
    pad(motion.length * 23),
    column(state, Uint16Array, (t) => t.stale),
    ...['existence', 'domain', 'kind', 'status', 'flags', 'priority', 'distress', 'sensors'].map((k) => column(state, Uint8Array, (t) => t[k])),
    pad(state.length * 10),
  ]
  const tail = []
  const varint = (n) => {
    while (n > 127) {
      tail.push((n % 128) | 128)
      n = Math.floor(n / 128)
    }
    tail.push(n)
  }
  const ids = (rows, rest) => {
    let last = 0
    for (const r of rows) {
      varint(r.id - last)
      last = r.id
      rest?.(r)
    }
  }
  ids(motion)
  ids(state)
  ids(labels, (t) => {
    tail.push(LABELS.reduce((bits, k, i) => (t.labels[k] === undefined ? bits : bits | (1 << i)), 0))
    for (const k of LABELS) {
      if (t.labels[k] === undefined) continue
      const text = Buffer.from(t.labels[k])
      tail.push(text.length, ...text)
    }
  })
  ids(gone, (g) => {
    tail.push(g.reason)
    if (g.reason === 2) varint(g.into)
  })
  return Buffer.concat([...parts, Buffer.from(tail)])
}

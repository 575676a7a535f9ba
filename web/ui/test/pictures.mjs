// The client's side of the property test in web/live: the worker's line
// (src/lib/connection.ts) on a socket that a test in Go holds. The test says
// what happens, one message at a time, and gets what the client sent.
//
// A message: u32 length, u8 kind, content. An answer: u32 length, JSON.

import { load } from '../dev/bundle.mjs'

const { Connection } = await load('connection')

let now = 0 // ms
let timers = []
let sent = []
let socket = null
let line = null
let replay = null
let pictures = 0

class Held {
  readyState = 0
  binaryType = ''
  onmessage = null
  onclose = null
  send(text) {
    if (this !== socket) throw new Error('sent on an old socket')
    sent.push(text)
  }
  close() {
    this.readyState = 3
  }
}

function fresh() {
  now = 1_700_000_000_000
  timers = []
  sent = []
  replay = null
  pictures = 0
  line = new Connection(
    {
      open: () => (socket = new Held()),
      sessionOver: () => Promise.resolve(false),
      now: () => now,
      later: (ms, call) => {
        const timer = { at: now + ms, call }
        timers.push(timer)
        return () => (timers = timers.filter((t) => t !== timer))
      },
      random: () => 0.5,
    },
    { status: () => {}, text: () => {}, picture: () => pictures++, replay: (r) => (replay = r) },
  )
}

/** Lets time pass. */
function pass(ms) {
  const end = now + ms
  for (;;) {
    const next = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0]
    if (!next) break
    timers = timers.filter((t) => t !== next)
    now = next.at
    next.call()
  }
  now = end
}

/** A picture as lists of numbers, in order of id. */
function dump(channel) {
  if (!channel) return null
  const { picture: p, old } = channel
  const names = ['id', 'lat', 'lon', 'time', 'speed', 'course', 'height', 'sd', 'coast', 'datum',
    'stale', 'existence', 'domain', 'kind', 'status', 'flags', 'priority', 'distress', 'sensors']
  const rows = []
  for (let s = 0; s < p.size; s++) {
    if (p.slot(p.columns.id[s]) !== s) throw new Error(`slot of ${p.columns.id[s]}`)
    rows.push({ numbers: names.map((n) => p.columns[n][s]), labels: p.labels[s] })
  }
  rows.sort((a, b) => a.numbers[0] - b.numbers[0])
  return { epoch: p.epoch, sequence: p.sequence, missing: p.missing, behind: p.behind, old, rows }
}

const does = {
  n: () => fresh(),
  u: () => line.start('ws://test/'),
  o: () => (socket.readyState = 1),
  t: (content) => socket.onmessage({ data: content.toString() }),
  b: (content) => socket.onmessage({ data: Uint8Array.from(content).buffer }),
  c: (content) => {
    socket.readyState = 3
    socket.onclose({ code: Number(content.toString()) })
  },
  p: (content) => pass(Number(content.toString())),
  v: (content) => {
    const v = JSON.parse(content.toString())
    line.look({ bbox: v.bbox, zoom: 5 }, v.follow ?? [])
  },
  w: (content) => line.wish(JSON.parse(content.toString())),
  l: () => line.leave(),
}

function answer(kind, content) {
  let what = null
  let trouble = ''
  try {
    if (kind === 'd') what = { live: dump(line.live), past: dump(line.past), replay, shown: line.replaying, link: line.status.link }
    else does[kind](content)
  } catch (e) {
    trouble = String(e.stack)
  }
  const text = Buffer.from(JSON.stringify({ sent, what, trouble }))
  sent = []
  const head = Buffer.alloc(4)
  head.writeUInt32LE(text.length)
  process.stdout.write(Buffer.concat([head, text]))
}

let rest = Buffer.alloc(0)
process.stdin.on('data', (data) => {
  rest = rest.length ? Buffer.concat([rest, data]) : data
  while (rest.length >= 4) {
    const n = rest.readUInt32LE(0)
    if (rest.length < 4 + n) break
    answer(String.fromCharCode(rest[4]), rest.subarray(5, 4 + n))
    rest = rest.subarray(4 + n)
  }
})

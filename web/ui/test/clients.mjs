// Ten clients at once at 10,000 tracks: the page in Chromium, and nine in Node
// that run the code of the page's worker. One of them has a line of 50 kB/s:
// it alone is late, says so, and recovers. The server ends and starts again
// under all of them: each comes back by itself, and shows nothing old as new.

import assert from 'node:assert/strict'
import { connect, createServer } from 'node:net'
import { after, test } from 'node:test'
import WebSocket from 'ws'
import { load } from '../dev/bundle.mjs'
import { eventually, inOrder } from './page.mjs'
import { enrol, nothingStrayed, rig } from './rig.mjs'

const TRACKS = 10_000
const OTHERS = 9
const WEAK = 50_000 // bytes a second
const LATE = 4 // s
const step = inOrder(test)
const r = await rig({ args: ['--boats', String(TRACKS), '--report', '5s'] })
const { page } = r
const ends = [] // what ends with the tests, not with the step that began it
after(() => ends.forEach((end) => end()))
const { Client } = await load('client')

/** A line that lets so many bytes a second through to the client; Infinity: all. */
async function weakLine(port) {
  const line = { rate: WEAK }
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    const end = () => { client.destroy(); upstream.destroy() }
    for (const s of [client, upstream]) s.on('error', end).on('close', end)
    client.pipe(upstream)
    let free = 0 // when the next bytes may pass, ms
    upstream.on('data', (data) => {
      client.write(data)
      const now = performance.now()
      free = Math.max(free, now) + (1000 * data.length) / line.rate
      if (free <= now) return
      upstream.pause()
      setTimeout(() => upstream.resume(), free - now)
    })
  })
  await new Promise((open) => server.listen(0, '127.0.0.1', open))
  line.port = server.address().port
  ends.push(() => server.close())
  return line
}

/** A client in Node, and what it was told last. */
function client(url, cookie) {
  const place = {
    open: (to) => new WebSocket(to, { headers: { Cookie: cookie, Origin: url.replace('ws', 'http') }, perMessageDeflate: false }).on('error', () => {}),
    sessionOver: async () => (await fetch(`${r.origin}/api/session`, { headers: { Cookie: cookie } })).status === 401,
    now: () => performance.timeOrigin + performance.now(),
    later: (ms, call) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    random: Math.random,
  }
  const c = { links: [], pictures: 0 }
  const worker = new Client(place, (m) => {
    if (m.type === 'picture') c.pictures++
    if (m.type === 'status' && c.links.at(-1) !== m.status.link) c.links.push(m.status.link)
  })
  worker.take({ type: 'view', view: { bbox: [-180, -85, 180, 85], zoom: 3 } })
  worker.take({ type: 'start', url: `${url}/api/live` })
  ends.push(() => worker.take({ type: 'stop' }))
  c.tracks = () => worker.line.picture.size
  c.missing = () => worker.line.status.missing
  c.roundTrip = () => worker.line.status.roundTrip
  c.link = () => worker.line.status.link
  c.shed = () => worker.line.status.shed
  c.epoch = () => worker.line.picture.epoch
  /** How old the picture is, as the client itself believes, s; the page says so from LATE on. */
  c.late = () => (place.now() + worker.line.status.offset - worker.line.status.clock) / 1000
  return c
}

/** Samples what `of` says, twice a second. */
async function watch(seconds, of) {
  const out = []
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((next) => setTimeout(next, 500))) out.push(of())
  return out
}

let line, weak, strong
const full = (c) => c.missing() === 0 && c.tracks() >= 0.97 * TRACKS

step('ten clients get ten thousand tracks, the weak one in parts', async () => {
  await enrol(r)
  await eventually(async () => (await r.get('/api/system')).tracks >= 0.97 * TRACKS, 'ten thousand tracks', 60)
  const cookie = (await r.watched.context.cookies()).map((c) => `${c.name}=${c.value}`).join('; ')
  const { host, port } = new URL(r.origin)
  line = await weakLine(Number(port))
  strong = Array.from({ length: OTHERS - 1 }, () => client(`ws://${host}`, cookie))
  weak = client(`ws://127.0.0.1:${line.port}`, cookie)
  await eventually(() => weak.tracks() > 0, 'the first part over the weak line', 30)
  assert.ok(weak.missing() > 1000, `${weak.missing()} tracks are still to come: the line is not weak`)
  await eventually(() => strong.every(full), 'ten thousand tracks in eight clients', 30)
  await eventually(() => weak.missing() < 100 && weak.tracks() >= 0.97 * TRACKS, 'ten thousand tracks over the weak line', 60)
})

step('the weak line is late alone, and says so', async () => {
  // On a busy machine all may be late for a moment: three seconds in a row tell.
  let alone = 0
  await eventually(async () => {
    const [now] = await watch(0.5, () => weak.late() > LATE && strong.every((c) => c.late() < LATE))
    return (alone = now ? alone + 1 : 0) === 6
  }, 'the weak line alone is late, and knows it', 60)
  const shed = Math.max(...strong.map((c) => c.shed()))
  assert.ok(weak.shed() > shed, `the server left out ${weak.shed()} frames of the weak line, and up to ${shed} of the others`)
  assert.ok(weak.roundTrip() < 8000, `an answer takes ${weak.roundTrip()} ms: it waits behind the picture`)
  assert.deepEqual([weak, ...strong].map((c) => c.links.join(' ')), Array(OTHERS).fill('connecting live'), 'the lines hold')
  assert.equal(await page.getByText('La conexión es demasiado lenta').count(), 0)
})

step('it recovers', async () => {
  line.rate = Infinity
  await eventually(() => full(weak) && weak.late() < LATE, 'the line is in time again', 30)
  let inTime = 0
  await eventually(async () => {
    const [late] = await watch(0.5, () => weak.late() > LATE)
    return (inTime = late ? 0 : inTime + 1) === 6
  }, 'and stays so', 30)
})

step('the server starts again under all of them, and nothing old is shown as new', async () => {
  const all = [...strong, weak]
  const epochs = all.map((c) => c.epoch())
  await r.program.stop()
  await page.getByText('Sin conexión con el servidor').waitFor()
  await eventually(() => all.every((c) => c.link() !== 'live'), 'every client knows that it has no line', 20)
  // A client that is live has the picture of the new server, or says nothing.
  let old = 0
  const looking = setInterval(() => (old += all.filter((c, i) => c.link() === 'live' && c.epoch() === epochs[i]).length), 20)
  await r.restart()
  await eventually(() => all.every((c) => c.link() === 'live'), 'every client is back by itself', 60)
  clearInterval(looking)
  assert.equal(old, 0, 'an old picture is shown as live')
  await page.locator('dl .link').getByText('En vivo').waitFor({ timeout: 60_000 })
  await eventually(() => all.every((c) => full(c) && c.late() < LATE), 'ten thousand tracks again, in time', 60)
  for (const c of all) assert.ok(c.links.includes('offline'), `${c.links}`)
  await nothingStrayed(r)
})

// A server that speaks Atalaya's API and browser protocol with a small moving
// world, for work on the screens, their tests and the frame benchmark.
//
//   node dev/mock.mjs [--port 8790] [--tracks 300] [--fast] [--no-exercise]
//
// Sign in as "oficial" or "observador" with the password "de-prueba-1", or
// open /enrol#prueba.

import { readFileSync, existsSync, statSync } from 'node:fs'
import http from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WebSocketServer } from 'ws'
import { encode } from './encode.mjs'
import { basemap, World } from './world.mjs'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))

/** Stricter than it has to be: no inline style, no data: or blob: URL. */
export const policy =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; " +
  "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const types = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.geojson': 'application/geo+json', '.json': 'application/json', '.md': 'text/plain; charset=utf-8', '.LESSER': 'text/plain',
}

export function start({ port = 0, tracks = 300, fast = false, exercise = true, alertAfterMs = 4000 } = {}) {
  const world = new World({ count: tracks, fast })
  const epoch = Math.floor(Math.random() * 2 ** 52)
  const people = { oficial: 'officer', observador: 'viewer' }
  const passwords = { oficial: 'de-prueba-1', observador: 'de-prueba-1' }
  const sessions = new Map()
  const answers = new Map() // by idempotency key
  const clients = new Set()
  const started = new Date()
  let sequence = 1
  let snapshotsAsked = 0

  const alerts = firstAlerts(world)
  const touch = (a, kind, who, extra = {}) => {
    a.version++
    a.changes.push({ version: a.version, kind, at: new Date().toISOString(), who, revision: 1, ...extra })
    mark(a)
    tell({ type: 'alert', alert: a })
  }
  const mark = (a) => {
    const t = world.byId.get(a.finding.track)
    if (t) t.priority = Math.max(0, ...alerts.filter((b) => b.state !== 'closed' && b.finding.track === t.id).map((b) => b.priority))
    changed.add(t)
  }
  const changed = new Set()
  alerts.forEach(mark)

  const feeds = () => feedHealth(started, tracks)
  const system = () => ({
    now: new Date().toISOString(), started: started.toISOString(), version: 'mock', exercise, step: sequence, step_ms: 3.1, lag_ms: 12,
    waiting: 0, tracks: world.tracks.length, inputs: sequence * 80, clients: clients.size, bus_shed: 0,
    storage: { state: 'ok', since: started.toISOString(), lost_steps: 0, used_bytes: 48e6, free_bytes: 212e9 },
    owed_alerts: 0, clock: { synchronized: true, error_s: 0.002, stepped_s: 0, stepped_at: '0001-01-01T00:00:00Z' }, memory_bytes: 180e6,
  })

  const server = http.createServer(async (req, res) => {
    const url = new URL(req.url, 'http://mock')
    const send = (status, body, type = 'application/json', headers = {}) => {
      res.writeHead(status, {
        'Content-Type': type, 'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff',
        ...(exercise && { 'Atalaya-Exercise': 'true' }), ...headers,
      })
      res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
    }
    const problem = (status, code, detail) => send(status, { type: `urn:atalaya:problem:${code}`, title: code, status, code, detail }, 'application/problem+json')
    if (!url.pathname.startsWith('/api/')) return file(url.pathname, send)
    const body = await json(req)
    const token = /atalaya_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    const person = sessions.get(token)
    const info = (p) => ({
      person: p, exercise, version: 'mock', languages: ['es', 'en'], lock: { after_s: 0, picture: true, locked: false },
      failures: { count: 0, last: '0001-01-01T00:00:00Z' }, expires: '2100-01-01T00:00:00Z',
    })
    const enter = (name) => {
      const id = Math.random().toString(36).slice(2)
      const p = { id: `P${Object.keys(people).indexOf(name) + 1}`, name, role: people[name] }
      sessions.set(id, p)
      send(200, info(p), 'application/json', { 'Set-Cookie': `atalaya_session=${id}; HttpOnly; SameSite=Strict; Path=/` })
    }
    const route = `${req.method} ${url.pathname}`
    if (route === 'POST /api/session')
      return passwords[body.name] && passwords[body.name] === body.password ? enter(body.name) : problem(401, 'wrong-credentials', 'name or password is wrong: try again')
    if (route === 'GET /api/session/options') return send(200, { passkeys: false, why: 'number', exercise })
    if (route === 'POST /api/enrol/start') return body.token === 'prueba' ? send(200, { role: 'officer' }) : problem(404, 'not-found', 'this link is not valid: ask for a new one')
    if (route === 'POST /api/enrol') {
      if (body.token !== 'prueba') return problem(404, 'not-found', 'this link is not valid: ask for a new one')
      people[body.name] = 'officer'
      passwords[body.name] = body.password
      return enter(body.name)
    }
    if (!person) return problem(401, 'not-signed-in', 'no session: sign in')
    if (route === 'GET /api/session') return send(200, info(person))
    if (route === 'DELETE /api/session') {
      sessions.delete(token)
      return send(204, '')
    }
    if (route === 'GET /api/feeds') return send(200, { feeds: feeds(), registered: registered().feeds })
    if (route === 'GET /api/sensors') return send(200, { items: registered().sensors })
    if (route === 'GET /api/assets') return send(200, { items: [] })
    if (/^GET .*\/versions$/.test(route)) return send(200, { versions: [] })
    if (route === 'GET /api/system') return send(200, system())
    if (route === 'GET /api/maps') return send(200, { maps: [] })
    if (route === 'GET /api/elevation') return send(200, { models: [] })
    if (route === 'GET /api/areas') return send(200, areas())
    if (route === 'GET /api/alerts') {
      const states = url.searchParams.get('state')?.split(',')
      return send(200, { alerts: alerts.filter((a) => !states || states.includes(a.state)).toReversed() })
    }
    if (route === 'GET /api/places') return send(200, { places: places(url.searchParams.get('q')) })
    const history = historyOf(url, alerts, started)
    if (req.method === 'GET' && history) return send(200, history)
    const one = /^GET \/api\/alerts\/([^/]+)$/.exec(route)
    if (one) return send(200, alerts.find((a) => a.id === decodeURIComponent(one[1])) ?? {})
    const decision = /^POST \/api\/alerts\/([^/]+)\/(acknowledge|close)$/.exec(route)
    if (decision) {
      const key = req.headers['idempotency-key']
      if (!key) return problem(422, 'invalid', 'Idempotency-Key is missing')
      if (answers.has(key)) return send(200, { ...answers.get(key), repeated: true })
      if (person.role !== 'officer') return problem(403, 'forbidden', 'your role is viewer: ask an officer to do this')
      const a = alerts.find((b) => b.id === decodeURIComponent(decision[1]))
      if (!a) return problem(404, 'not-found', 'there is no such alert')
      const to = decision[2] === 'close' ? 'closed' : 'acknowledged'
      if (a.state === to || a.state === 'closed') return problem(409, 'alert-state', `alert ${a.id} is ${a.state}: look at it again`)
      a.state = to
      if (to === 'closed') a.outcome = body.outcome
      touch(a, to, { id: person.id, name: person.name, role: person.role }, { note: body.note, outcome: body.outcome })
      const answer = { alert: a, change: a.changes.at(-1), repeated: false }
      answers.set(key, answer)
      return send(200, answer)
    }
    const track = /^GET \/api\/tracks\/(\d+)(\/history)?$/.exec(route)
    if (track) {
      const t = world.byId.get(Number(track[1]))
      if (!t) return problem(404, 'not-found', 'the picture has no such track now')
      return send(200, track[2] ? { points: past(t) } : detail(t, sequence))
    }
    problem(404, 'no-such-resource', 'nothing is here')
  })

  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  server.on('upgrade', (req, socket, head) => {
    const token = /atalaya_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
    if (req.url !== '/api/live' || !sessions.has(token)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(req, socket, head, (ws) => join_(ws, token))
  })

  function join_(ws, token) {
    const client = { ws, token, held: new Set(), base: 0, view: null, whole: true, subscribed: false }
    clients.add(client)
    ws.on('close', () => clients.delete(client))
    say(client, { type: 'hello', protocol: 2, version: 'mock', exercise, epoch, now: new Date().toISOString() })
    ws.on('message', (data) => {
      const m = JSON.parse(data)
      if (m.type === 'ping') say(client, { type: 'pong', sent: m.sent, now: new Date().toISOString() })
      if (m.type === 'snapshot') {
        client.whole = true
        snapshotsAsked++
      }
      if (m.type !== 'subscribe') return
      client.view = m
      client.subscribed = true
      say(client, { type: 'alerts', alerts: alerts.filter((a) => a.state !== 'closed') })
      say(client, { type: 'feeds', feeds: feeds() })
      say(client, { type: 'system', system: system() })
      frame(client, [])
    })
    setTimeout(() => {
      if (!alerts.some((a) => a.id === 'late')) {
        const t = world.tracks.find((x) => x.labels.name && !x.priority && x.domain === 1 && !(x.flags & 1))
        if (t) {
          alerts.push(alertOf('late', t, 3, ['Cruce de frontera con probabilidad 0,93', 'Border crossing with probability 0.93'], new Date()))
          touch(alerts.at(-1), 'raised', {})
        }
      }
    }, alertAfterMs)
  }

  const say = (c, m) => c.ws.readyState === 1 && c.ws.send(JSON.stringify(m))
  const tell = (m) => clients.forEach((c) => c.subscribed && say(c, m))

  function frame(c, moved) {
    if (c.ws.readyState !== 1 || !c.subscribed || c.ws.bufferedAmount > 8e6) return
    const box = widen(c.view.bbox)
    const sees = (t) => !box || t.priority > 0 || t.distress > 0 || t.flags & 1 || c.view.follow?.includes(t.id) ||
      (t.lat >= box[1] && t.lat <= box[3] && (box[0] <= box[2] ? t.lon >= box[0] && t.lon <= box[2] : t.lon >= box[0] || t.lon <= box[2]))
    if (c.whole) c.held.clear()
    const motion = [], state = [], labels = [], gone = []
    const news = new Set(moved)
    for (const t of world.tracks) {
      if (!sees(t)) {
        if (c.held.delete(t.id)) gone.push({ id: t.id, reason: 3 })
        continue
      }
      const known = c.held.has(t.id)
      if (!known || news.has(t)) motion.push(t)
      if (!known || changed.has(t)) state.push(t)
      if (!known && Object.keys(t.labels).length) labels.push(t)
      c.held.add(t.id)
    }
    c.ws.send(encode({ snapshot: c.whole, exercise, epoch, base: c.base, sequence, clock: Date.now(), motion, state, labels, gone }))
    c.base = sequence
    c.whole = false
  }

  const steps = setInterval(() => {
    sequence++
    const moved = world.step(Date.now(), sequence % 4, 4)
    clients.forEach((c) => frame(c, moved))
    changed.clear()
    if (sequence % 4 === 0) {
      tell({ type: 'system', system: system() })
      tell({ type: 'feeds', feeds: feeds() })
    }
  }, 250)

  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${server.address().port}`,
        world,
        alerts,
        snapshotsAsked: () => snapshotsAsked,
        /** Cuts every connection, as a bad line does. */
        cut: () => clients.forEach((c) => c.ws.terminate()),
        /** Leaves out a sequence, so that the next delta has a gap. */
        gap: () => clients.forEach((c) => (c.base += 1000)),
        /** Forgets who is signed in, without a word. */
        forget: () => sessions.clear(),
        endSessions: () => {
          sessions.clear()
          clients.forEach((c) => c.ws.close(4401, 'the session is over'))
        },
        stop: () => new Promise((done) => {
          clearInterval(steps)
          clients.forEach((c) => c.ws.terminate())
          server.close(done)
          server.closeAllConnections()
        }),
      })
    })
  })
}

function file(path, send) {
  if (path.startsWith('/basemap/')) {
    try {
      return send(200, basemap(path.slice('/basemap/'.length)), types[extname(path)] ?? 'text/plain')
    } catch {
      return send(404, 'not found', 'text/plain')
    }
  }
  const name = join(dist, path)
  const found = name.startsWith(dist) && existsSync(name) && statSync(name).isFile()
  send(200, readFileSync(found ? name : join(dist, 'index.html')), types[found ? extname(name) : '.html'] ?? 'application/octet-stream')
}

async function json(req) {
  let text = ''
  for await (const chunk of req) text += chunk
  return text ? JSON.parse(text) : {}
}

function widen(b) {
  if (!b) return null
  const width = (b[2] - b[0] + 360) % 360 || 360
  const wrap = (x) => ((((x + 180) % 360) + 360) % 360) - 180
  const h = (b[3] - b[1]) / 4
  return width * 1.5 >= 360 ? [-180, b[1] - h, 180, b[3] + h] : [wrap(b[0] - width / 4), b[1] - h, wrap(b[2] + width / 4), b[3] + h]
}

function belief(t) {
  const kinds = ['unknown', 'vessel', 'aircraft', 'rotorcraft', 'glider', 'drone']
  const a = (t.course * Math.PI) / 180
  return {
    id: t.id, revision: 0, status: t.status ? 'confirmed' : 'tentative', domain: ['unknown', 'water', 'land', 'air'][t.domain], kind: kinds[t.kind] ?? 'unknown',
    state: {
      time: new Date(t.time).toISOString(), position: { lat: t.lat, lon: t.lon }, height: { metres: t.height ?? 0, datum: ['none', 'ellipsoid', 'sea', 'ground', 'pressure'][t.datum] },
      east_mps: t.speed * Math.sin(a), north_mps: t.speed * Math.cos(a), climb_mps: 0, cov: [],
    },
    existence: t.existence / 255,
    claims: Object.entries(t.labels).map(([k, value]) => ({ kind: k === 'system' ? 'mavlink' : k, value, honest: k === 'mmsi' ? 0.94 : 0.9 })),
    sensors: sensorsOf(t), proven: !(t.flags & 2), on_ground: false, born: new Date(t.time - 1_260_000).toISOString(),
    updated: new Date(t.time).toISOString(), last_seq: 5000 + t.id,
  }
}

const sensorsOf = (t) => (t.kind === 5 ? ['dron-condor'] : t.air ? ['adsb-copacabana'] : t.sensors > 1 ? ['ais-copacabana', 'radar-tiquina'] : t.labels.mmsi ? ['ais-copacabana'] : ['radar-tiquina'])

function detail(t, sequence) {
  return {
    track: belief(t), own: (t.flags & 1) > 0,
    lineage: sensorsOf(t).map((sensor, i) => ({
      observation: 90_000 + sequence + i, sensor, time: new Date(t.time).toISOString(), distance2: 1.2, likelihood: 0.3, weight: i ? 0.71 : 1,
      rivals: [], proven: false, model: 'cv-kalman/1',
    })),
  }
}

function past(t) {
  const points = []
  let { lat, lon } = t
  for (let i = 60; i > 0; i--) {
    const a = ((t.course + 180 + 30 * Math.sin(i / 9)) * Math.PI) / 180
    lat += (t.speed * 60 * Math.cos(a)) / 111_195
    lon += (t.speed * 60 * Math.sin(a)) / 106_900
    points.unshift({ time: new Date(t.time - (61 - i) * 60_000).toISOString(), position: { lat, lon }, sd_m: t.sd, status: 'confirmed' })
  }
  return points
}

function alertOf(id, t, priority, [es, en], at) {
  const [nameEs, nameEn] = [es, en].map((x) => x.replace(/ (?:con probabilidad|with probability).*| \(.*/, ''))
  const name = t.labels.name ?? t.labels.callsign ?? t.labels.mmsi ?? `T${t.id}`
  return {
    id, kind: 'alert', priority, raised: at.toISOString(), deadline: new Date(+at + 5 * 60_000).toISOString(), state: 'new', withdrawn: false, version: 1,
    count: 1, last: at.toISOString(),
    rule: {
      id: 'border-crossing', version: 2, name: { es: nameEs, en: nameEn },
      response: { es: 'Identifique la embarcación por radio y decida si una patrulla la revisa.', en: 'Identify the boat by radio and decide whether a patrol checks it.' },
    },
    changes: [{ version: 1, kind: 'raised', at: at.toISOString(), who: {}, revision: 1 }],
    finding: {
      id, revision: 1, status: 1, rule: 'border-crossing', rule_version: 2, priority, alert: true, track: t.id, time: new Date(at - 1500).toISOString(),
      position: { lat: t.lat, lon: t.lon }, area: 'border-bol-per', area_version: 1, probability: 0.93, inputs: [88_121, 88_164, 88_201, 88_245],
      belief: belief(t),
      why: {
        es: `${es}: ${name} pasó de PER a BOL a 2,4 km del puesto legal más cercano, a ${(t.speed * 1.94).toFixed(1)} nudos. La línea tiene un error declarado de 1000 m y la traza de ${t.sd} m.`,
        en: `${en}: ${name} went from PER to BOL 2.4 km from the nearest legal post, at ${(t.speed * 1.94).toFixed(1)} kn. The line has a stated error of 1000 m and the track of ${t.sd} m.`,
      },
      expected: { es: 'Identifique la embarcación por radio y decida si una patrulla la revisa.', en: 'Identify the boat by radio and decide whether a patrol checks it.' },
    },
  }
}

/** Towns of the base map that begin so. */
function places(q) {
  return JSON.parse(basemap('towns.geojson')).features
    .filter((f) => f.properties.name.toLowerCase().startsWith(q.toLowerCase()))
    .map((f) => ({ kind: 'town', id: f.properties.name, name: f.properties.name, position: { lat: f.geometry.coordinates[1], lon: f.geometry.coordinates[0] }, radius_m: 1000, detail: 'BO' }))
}

/** The past of six hours: quiet, with the alerts that there are. */
function historyOf(url, alerts, started) {
  const q = (name) => Date.parse(url.searchParams.get(name))
  const raised = (a) => Date.parse(a.raised)
  switch (url.pathname) {
    case '/api/history/range': {
      const oldest = new Date(started - 6 * 3_600_000).toISOString()
      return { oldest, newest: new Date().toISOString(), detail: oldest, observations: oldest, gaps: [] }
    }
    case '/api/history/events': {
      const bin_s = Math.max(60, Math.ceil((q('to') - q('from')) / 60_000 / Number(url.searchParams.get('bins'))) * 60)
      const bins = Array.from({ length: Math.ceil((q('to') - q('from')) / 1000 / bin_s) }, (_, i) => ({ findings: (i * 7) % 5, alerts: [0, 0, 0, 0] }))
      for (const a of alerts) {
        const bin = bins[Math.floor((raised(a) - q('from')) / 1000 / bin_s)]
        if (bin) bin.alerts[a.priority - 1]++
      }
      return { from: new Date(q('from')).toISOString(), bin_s, bins }
    }
    case '/api/history/next': {
      const next = url.searchParams.get('direction') !== 'previous'
      const found = alerts.toSorted((a, b) => (next ? 1 : -1) * (raised(a) - raised(b))).find((a) => (next ? raised(a) > q('after') : raised(a) < q('after')))
      return found ? { event: { kind: 'alert', at: found.raised, id: found.id, track: found.finding.track, priority: found.priority, rule: found.finding.rule, why: found.finding.why } } : {}
    }
  }
}

function firstAlerts(world) {
  const boats = world.tracks.filter((t) => t.domain === 1 && !(t.flags & 1))
  if (boats.length < 20) return []
  const ago = (min) => new Date(Date.now() - min * 60_000)
  boats[5].labels = { mmsi: '970123456' }
  const distress = alertOf('sart', boats[5], 4, ['Llamada de socorro (AIS-SART)', 'Call for help (AIS-SART)'], ago(2))
  boats[5].distress = 1
  const old = alertOf('zone', boats[9], 2, ['Entrada en zona vigilada con probabilidad 0,88', 'Entry into a watched area with probability 0.88'], ago(26))
  old.state = 'acknowledged'
  old.version = 2
  old.changes.push({ version: 2, kind: 'acknowledged', at: ago(21).toISOString(), who: { id: 'P1', name: 'oficial', role: 'officer' }, note: 'Patrulla L-07 avisada por radio.', revision: 1 })
  return [old, alertOf('cross', boats[12], 3, ['Cruce de frontera con probabilidad 0,97', 'Border crossing with probability 0.97'], ago(9)), distress]
}

function feedHealth(started, tracks) {
  const at = (s) => new Date(Date.now() - s * 1000).toISOString()
  const n = Math.round((Date.now() - started) / 1000) + 4000
  const base = { why: '', cause: { code: '' }, since: started.toISOString(), bad: {}, duplicate: 0, late: 0, clock_doubt: 0, refused: 0, lost: 0, bytes: n * 60, restarts: 0, sender_unproven: true }
  return [
    { ...base, feed: 'ais-copacabana', sensor: 'ais-copacabana', format: 'ais', source: 'udp://127.0.0.1:10110', state: 'up', last_frame: at(0.4), good: 40 * n, bad: { checksum: 12, 'unknown-type': 3 }, duplicate: 812 },
    { ...base, feed: 'adsb-copacabana', sensor: 'adsb-copacabana', format: 'beast', source: 'tcp://127.0.0.1:30005', state: 'up', last_frame: at(0.1), good: 210 * n, bad: { crc: 1931 }, clock_offset_s: 0.2 },
    { ...base, feed: 'radar-tiquina', sensor: 'radar-tiquina', format: 'asterix', source: 'udp://239.1.1.1:8600', state: 'degraded', last_frame: at(2.1), good: 9 * n, bad: { 'item-length': 77 }, late: 41, cause: { code: 'many-bad', share: 0.12, count: 77, kind: 'malformed' },
      registration: { state: 'steady', azimuth_deg: { off: 0.53, sd: 0.03 }, range_m: { off: -42.1, sd: 3.2 }, pairs: 5460, refused: 33, last: at(2.1) } },
    { ...base, feed: 'radar-desaguadero', sensor: 'radar-desaguadero', format: 'nmea', source: 'serial:///dev/ttyUSB0?baud=38400', state: 'silent', last_frame: at(312), good: 3120, sender_unproven: false, cause: { code: 'nothing-comes', seconds: 312 }, restarts: 3 },
    { ...base, feed: 'dron-condor', sensor: 'dron-condor', format: 'mavlink', source: 'udp://127.0.0.1:14550', state: tracks > 2000 ? 'up' : 'refused', last_frame: '0001-01-01T00:00:00Z', good: 0, refused: 96, cause: tracks > 2000 ? { code: '' } : { code: 'sender-not-allowed', sender: '10.0.0.9', count: 96 } },
  ]
}

/** What is registered for the feeds. */
function registered() {
  const version = { number: 1, from: '0001-01-01T00:00:00Z', until: '0001-01-01T00:00:00Z', known: '2026-01-01T00:00:00Z', by: 'configuration', reason: 'seeded' }
  const all = feedHealth(new Date(), 0)
  const kinds = { ais: 'ais-receiver', beast: 'adsb-receiver', asterix: 'radar', nmea: 'marine-radar', mavlink: 'drone' }
  return {
    feeds: all.map((f) => ({ id: f.feed, sensor: f.sensor, version, format: f.format, source: f.source, allowed: [], proven: !f.sender_unproven, silent_after_ns: 60e9, mavlink1: false, repair: false })),
    sensors: all.map((f, i) => ({
      id: f.sensor, name: f.sensor, kind: kinds[f.format], version, position: { lat: -16.2 - 0.06 * i, lon: -69.1 + 0.1 * i }, height: { metres: 3850, datum: 'sea' }, moving: kinds[f.format] === 'drone',
      position_sd_m: 0, range_sd_m: 0, bearing_sd_deg: 0, max_range_m: kinds[f.format] === 'radar' ? 30_000 : kinds[f.format] === 'marine-radar' ? 9000 : 0, detection: 0, time_offset_ns: 0, scan_period_ns: 0, sac: 0, sic: 0, system_id: 0,
    })),
  }
}

function areas() {
  const borders = JSON.parse(basemap('borders.geojson')).features.filter((f) => f.properties.name === 'BOL-PER')
  const p = (kind, name, more = {}) => ({ kind, name, version: 1, buffer_m: 0, source: 'ejemplo', dated: '2024-01-01T00:00:00Z', accuracy_m: 50, demonstration: true, ...more })
  const f = (id, type, coordinates, properties) => ({ type: 'Feature', id, geometry: { type, coordinates }, properties })
  return {
    type: 'FeatureCollection',
    features: [
      ...borders.map((b) => f('border-bol-per', 'LineString', b.geometry.coordinates, p('border', 'Frontera Bolivia-Perú', { left: 'BOL', right: 'PER', accuracy_m: 1000, source: b.properties.source }))),
      f('post-kasani', 'Point', [-69.093, -16.236], p('legal-post', 'Puesto Kasani', { buffer_m: 2500 })),
      f('lane-tiquina', 'LineString', [[-68.862, -16.221], [-68.845, -16.213]], p('ferry-lane', 'Paso de Tiquina', { buffer_m: 500 })),
      f('lane-puno', 'LineString', [[-69.09, -16.15], [-69.35, -15.95], [-69.85, -15.83]], p('ferry-lane', 'Copacabana-Puno', { buffer_m: 1000 })),
      f('watched-suriqui', 'Polygon', [[[-68.85, -16.42], [-68.68, -16.42], [-68.68, -16.3], [-68.85, -16.3], [-68.85, -16.42]]], p('watched', 'Zona vigilada Suriqui')),
    ],
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name, otherwise) => {
    const i = process.argv.indexOf(name)
    return i < 0 ? otherwise : Number(process.argv[i + 1])
  }
  const { url } = await start({
    port: option('--port', 8790), tracks: option('--tracks', 300), fast: process.argv.includes('--fast'), exercise: !process.argv.includes('--no-exercise'),
  })
  console.log(`mock server at ${url} (oficial / de-prueba-1; /enrol#prueba)`)
}

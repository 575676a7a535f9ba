// The one place where frames are received and decoded: connection, picture
// and list live here, and the page gets flat arrays.

import { ServerClock, localNow } from './clock'
import { find, sameOrder, TrackList, type ListQuery } from './list'
import { fixedX, fixedY, pixelsPerUnit } from './mercator'
import type { FromWorker, Status, ToWorker, View } from './messages'
import { pack, type Box } from './pack'
import { Picture, title } from './picture'
import { decode, FrameError, SNAPSHOT, VERSION } from './wire'

const port = self as unknown as {
  postMessage(m: FromWorker, transfer?: Transferable[]): void
  onmessage: ((e: MessageEvent<ToWorker>) => void) | null
}

const PING_MS = 5000
const DEAD_MS = 10_000
const RETRY_MS = [500, 1000, 2000, 4000, 8000]
const LIST_MS = 1000
const MAX_LABELS = 150
/** So much longer than packing took the worker waits to the next, but at most a second. */
const PACK_REST = 10

const picture = new Picture()
const list = new TrackList()
const clock = new ServerClock()
let query: ListQuery = { sort: { by: 'attention', down: false }, text: '', domains: [], onlyAttention: false, hold: false, from: 0, count: 40 }
let listedAt = 0
let view: View | null = null
let selected = 0
let packedAt = 0 // when the picture was packed last, and how long that took
let packing = 0
let later: ReturnType<typeof setTimeout> | undefined
let palette: Uint8Array = new Uint8Array(27).fill(200)

let url = ''
let socket: WebSocket | null = null
let attempts = 0
let greeted = false
let heard = 0
let timer: ReturnType<typeof setTimeout> | undefined
const status: Status = {
  link: 'connecting', since: Date.now(), exercise: false, offset: 0, roundTrip: -1,
  shed: 0, snapshots: 0, bytes: 0, retryAt: 0,
}

port.onmessage = ({ data }) => {
  switch (data.type) {
    case 'start':
      url = data.url
      connect()
      break
    case 'stop':
      end()
      break
    case 'palette':
      palette = data.palette
      break
    case 'view':
      view = data.view
      subscribe()
      break
    case 'select':
      selected = data.id
      subscribe()
      publish()
      break
    case 'name': {
      const slot = picture.slot(data.id)
      if (slot >= 0) port.postMessage({ type: 'name', id: data.id, text: title(data.id, picture.labels[slot]!) })
      break
    }
    case 'list':
      listPage(data.query)
      break
    case 'find':
      port.postMessage({ type: 'found', text: data.text, rows: find(picture, data.text, data.count) })
      break
  }
}

function connect() {
  clearTimeout(timer)
  if (!url) return
  link('connecting')
  heard = localNow()
  greeted = false
  const s = new WebSocket(url)
  socket = s
  s.binaryType = 'arraybuffer'
  s.onmessage = (e) => {
    if (s !== socket) return
    heard = localNow()
    if (typeof e.data === 'string') text(e.data)
    else frame(e.data as ArrayBuffer)
  }
  s.onclose = (e) => {
    if (s !== socket) return
    socket = null
    if (!url) return
    if (e.code === 4401) return end('session')
    if (e.code === 4406) return end('version')
    // A connection that is refused does not say why: the session may be over.
    if (!greeted) void fetch('/api/session').then((r) => r.status === 401 && end('session'), () => undefined)
    const wait = RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)]! * (0.5 + Math.random() / 2)
    status.retryAt = Date.now() + wait
    link('offline')
    timer = setTimeout(connect, wait)
  }
}

setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN) send({ type: 'ping', sent: localNow() })
  if (socket && localNow() - heard > DEAD_MS) {
    // A line that died without a word: do not wait for its close.
    const dead = socket
    dead.onclose?.(new CloseEvent('close', { code: 1006 }))
    dead.close()
  }
}, PING_MS)

function text(data: string) {
  let message: { type: string } & Record<string, unknown>
  try {
    message = JSON.parse(data)
  } catch {
    return
  }
  if (message.type === 'hello') {
    attempts = 0
    greeted = true
    status.exercise = message.exercise === true
    status.retryAt = 0
    if (message.protocol !== VERSION) return end('version')
    subscribe()
  } else if (message.type === 'pong') {
    status.roundTrip = Math.round(localNow() - Number(message.sent))
    report()
    return
  }
  port.postMessage({ type: 'text', message })
}

function frame(data: ArrayBuffer) {
  const at = localNow()
  status.bytes += data.byteLength
  try {
    const f = decode(data)
    if (f.channel !== 0) return
    clock.add(f.clock, at)
    status.offset = clock.offset
    status.shed += f.shed
    status.exercise = f.exercise
    if (picture.apply(f) === 'gap') {
      if (status.link !== 'gap') requestSnapshot()
      return
    }
    if (f.kind === SNAPSHOT) status.snapshots++
    if (status.link !== 'live') link('live')
    const into = picture.merged.get(selected)
    if (into !== undefined) {
      selected = into
      port.postMessage({ type: 'select', id: into })
    }
    publish(localNow() - at)
    if (at - listedAt >= LIST_MS) listPage(query)
  } catch (e) {
    if (!(e instanceof FrameError)) throw e
    if (e.version) end('version')
    else requestSnapshot()
  }
}

/** Ends for good, saying why if there is a reason. */
function end(why?: Status['link']) {
  url = ''
  clearTimeout(timer)
  socket?.close(1000)
  if (why) link(why)
}

function requestSnapshot() {
  link('gap')
  send({ type: 'snapshot', channel: 0 })
}

function subscribe() {
  if (!view || socket?.readyState !== WebSocket.OPEN) return
  send({
    type: 'subscribe', channel: 0, bbox: view.bbox, zoom: view.zoom, max_hz: 10,
    follow: selected ? [selected] : [], topics: ['alerts', 'feeds', 'system'],
    ...(picture.sequence >= 0 ? { resume: { epoch: picture.epoch, sequence: picture.sequence } } : {}),
  })
}

function send(m: object) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(m))
}

function publish(decoded = 0) {
  clearTimeout(later)
  const start = localNow()
  const wait = packedAt + Math.min(packing * PACK_REST, 1000) - start
  if (wait > 0) {
    later = setTimeout(publish, wait, decoded)
    return
  }
  const slot = picture.slot(selected)
  const packed = pack(picture, { selected, view: box(), scale: pixelsPerUnit(view?.zoom ?? 0), maxLabels: MAX_LABELS, palette })
  packedAt = localNow()
  packing = packedAt - start
  const message: FromWorker = {
    type: 'picture', packed, offset: clock.offset, decoded, selected: slot < 0 ? null : picture.row(slot),
  }
  port.postMessage(message, [packed.id.buffer, packed.vertices])
}

function box(): Box | null {
  if (!view) return null
  const [west, south, east, north] = view.bbox
  return { west: fixedX(west), south: fixedY(south), east: fixedX(east), north: fixedY(north) }
}

function listPage(q: ListQuery) {
  const scrolled = q !== query && sameOrder(q, query)
  query = q
  if (!scrolled) {
    list.refresh(picture, q)
    listedAt = localNow()
  }
  port.postMessage({ type: 'list', page: list.page(picture, q, selected) })
  report()
}

function link(to: Status['link']) {
  if (status.link !== to) {
    status.link = to
    status.since = Date.now()
  }
  report()
}

function report() {
  port.postMessage({ type: 'status', status: { ...status } })
}

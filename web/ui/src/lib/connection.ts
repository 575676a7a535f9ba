// The line to the server: it connects, keeps the pictures that come over it
// (the live one and, beside it, that of a replay), and says what happened. It
// runs in the worker and, for tests and load, in Node: nothing of the browser
// is used but what is handed in.

import { ServerClock } from './clock'
import type { Replay, Status, Tempo, View, Wish } from './messages'
import { Picture } from './picture'
import { PastPicture, REPLAY_CHANNEL, type Message } from './replay'
import { decode, FrameError, SNAPSHOT, VERSION } from './wire'

/** What is used of a WebSocket. */
export interface Socket {
  readonly readyState: number
  binaryType: string
  onmessage: ((e: { data: unknown }) => void) | null
  onclose: ((e: { code: number }) => void) | null
  send(text: string): void
  close(code?: number): void
}

/** What the line needs of the place where it runs. */
export interface Surroundings {
  open(url: string): Socket
  /** Whether the session is over; asked when a connection was refused. */
  sessionOver(): Promise<boolean>
  /** ms since 1970, never stepped. */
  now(): number
  /** Calls back once after so many ms; what it gives cancels that. */
  later(ms: number, call: () => void): () => void
  random(): number
}

/** Who is told what happens on the line. */
export interface Listener {
  status(s: Status): void
  /** A text message of the server, of either channel. */
  text(m: Message): void
  /** The picture that is shown changed, or its tempo; it took so many ms to take in. */
  picture(decoded: number): void
  /** How the replay stands; null: there is none, for the reason of `trouble` if it could not begin. */
  replay(r: Replay | null, trouble: string): void
}

const OPEN = 1
/** So large frames are acknowledged: over a weak line the next one waits for that, and nothing lies about on the way. */
const ACKED_BYTES = 8192
const PING_MS = 5000
const DEAD_MS = 10_000
const RETRY_MS = [500, 1000, 2000, 4000, 8000]
// More than there are steps, so that each is sent when it is done.
const HZ = 20
const REPLAY_HZ = 4
/** While a replay is shown, the live picture needs to be there, not to move. */
const UNSEEN_HZ = 0.5

export class Connection {
  readonly status: Status
  private readonly place: Surroundings
  private readonly listener: Listener
  private readonly topics: string[]
  private readonly live = { picture: new Picture(), old: false }
  private past: PastPicture | null = null
  private readonly clock = new ServerClock()
  private view: View | null = null
  private follow: number[] = []

  private url = ''
  private socket: Socket | null = null
  private attempts = 0
  private greeted = false
  private heard = 0
  private cancelRetry = () => {}
  private cancelPing = () => {}

  constructor(place: Surroundings, listener: Listener, topics = ['alerts', 'feeds', 'system', 'casework', 'registry', 'notices', 'health']) {
    this.place = place
    this.listener = listener
    this.topics = topics
    this.status = {
      link: 'connecting', since: place.now(), exercise: false, offset: 0, roundTrip: -1,
      shed: 0, snapshots: 0, tracks: 0, missing: 0, bytes: 0, retryAt: 0, clock: 0,
    }
  }

  /** The picture that is shown: the replay's from its first frame on. */
  get picture(): Picture {
    return this.replaying ? this.past!.picture : this.live.picture
  }

  /** Whether the picture that is shown is of the past. */
  get replaying(): boolean {
    return this.past !== null && this.past.picture.sequence >= 0
  }

  /** The time of the picture that is shown. */
  tempo(): Tempo {
    return this.replaying ? this.past!.tempo() : { clock: this.clock.offset, at: 0, rate: 1, until: Infinity }
  }

  start(url: string) {
    this.url = url
    this.ping()
    this.connect()
  }

  stop() {
    this.end()
  }

  look(view: View, follow: number[]) {
    this.view = view
    this.follow = follow
    this.subscribe()
  }

  /** Opens the replay, or moves it. */
  wish(w: Wish) {
    if (!this.past) {
      if (w.at === undefined) return
      this.past = new PastPicture(w.at, this.place.now())
    }
    this.past.wish(w)
    this.sendWish()
    this.listener.replay(this.past.state, '')
  }

  /** Ends the replay: the live picture is shown again. */
  leave() {
    if (!this.past) return
    this.send({ type: 'replay', channel: REPLAY_CHANNEL, close: true })
    this.forget('')
  }

  private forget(trouble: string) {
    this.past = null
    this.count()
    this.subscribe()
    this.listener.replay(null, trouble)
    this.listener.picture(0)
  }

  private connect() {
    this.cancelRetry()
    if (!this.url) return
    this.link('connecting')
    this.heard = this.place.now()
    this.greeted = false
    const s = this.place.open(this.url)
    this.socket = s
    s.binaryType = 'arraybuffer'
    s.onmessage = (e) => {
      if (s !== this.socket) return
      this.heard = this.place.now()
      if (typeof e.data === 'string') this.text(e.data)
      else {
        const data = e.data as ArrayBuffer
        this.frame(data)
        if (data.byteLength >= ACKED_BYTES) this.send({ type: 'ack' })
      }
    }
    s.onclose = (e) => {
      if (s === this.socket) this.lost(e.code)
    }
  }

  private lost(code: number) {
    this.socket = null
    if (!this.url) return
    if (code === 4401) return this.end('session')
    if (code === 4406) return this.end('version')
    // A connection that is refused does not say why: the session may be over.
    if (!this.greeted) void this.place.sessionOver().then((over) => over && this.end('session'), () => undefined)
    const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)]! * (0.5 + this.place.random() / 2)
    this.status.retryAt = this.place.now() + wait
    this.link('offline')
    this.cancelRetry = this.place.later(wait, () => this.connect())
    if (this.past) {
      this.past.lost()
      this.listener.picture(0)
    }
  }

  private ping() {
    this.cancelPing = this.place.later(PING_MS, () => this.ping())
    this.send({ type: 'ping', sent: this.place.now() })
    const dead = this.socket
    if (dead && this.place.now() - this.heard > DEAD_MS) {
      // A line that died without a word: do not wait for its close.
      this.lost(1006)
      dead.close()
    }
  }

  private text(data: string) {
    let m: Message
    try {
      m = JSON.parse(data)
    } catch {
      return
    }
    switch (m.type) {
      case 'hello':
        this.attempts = 0
        this.greeted = true
        this.status.exercise = m.exercise === true
        this.status.retryAt = 0
        if (m.protocol !== VERSION) return this.end('version')
        this.sendWish()
        this.subscribe()
        break
      case 'pong':
        this.status.roundTrip = Math.round(this.place.now() - Number(m.sent))
        this.clock.answer(Date.parse(String(m.now)), Number(m.sent), this.place.now())
        this.status.offset = this.clock.offset
        this.listener.status(this.status)
        return
    }
    if (m.channel !== REPLAY_CHANNEL) this.listener.text(m)
    else if (this.past) this.textOfPast(m, this.past)
  }

  private textOfPast(m: Message, past: PastPicture) {
    switch (m.type) {
      case 'replay':
        past.stands(m, this.place.now())
        break
      case 'error':
        if (past.refused(m)) return this.forget(past.state.trouble)
        break
      default:
        return this.listener.text(m)
    }
    this.sendWish()
    this.listener.replay(past.state, '')
    if (this.replaying) this.listener.picture(0)
  }

  private frame(data: ArrayBuffer) {
    const at = this.place.now()
    this.status.bytes += data.byteLength
    try {
      const f = decode(data)
      const c = f.channel === 0 ? this.live : f.channel === REPLAY_CHANNEL ? this.past : null
      if (!c || (c.old && f.kind !== SNAPSHOT)) return
      this.status.shed += f.shed
      this.status.exercise = f.exercise
      if (c === this.live) {
        if (f.epoch !== c.picture.epoch) this.clock.forget()
        this.clock.add(f.clock, at)
        this.status.offset = this.clock.offset
        this.status.clock = f.clock - f.behind
      }
      if (c.picture.apply(f) === 'gap') return this.missing(f.channel)
      c.old = false
      if (f.kind === SNAPSHOT) this.status.snapshots++
      const filling = this.status.missing > 0
      this.count()
      if (c === this.live && this.status.link !== 'live') this.link('live')
      else if (filling !== this.status.missing > 0) this.listener.status(this.status)
      if (c === this.past) this.past.heardOf(f.clock, at)
      if (c.picture === this.picture) this.listener.picture(this.place.now() - at)
    } catch (e) {
      if (!(e instanceof FrameError)) throw e
      if (e.version) return this.end('version')
      this.missing(0)
      if (this.past) this.missing(REPLAY_CHANNEL) // whose it was cannot be known
    }
  }

  /** Counts the tracks of the picture that is shown. */
  private count() {
    this.status.tracks = this.picture.size
    this.status.missing = this.picture.missing
  }

  /** Asks for everything again. What comes until then is ignored. */
  private missing(channel: number) {
    if (channel === 0) {
      this.live.old = true
      this.link('gap')
    } else if (this.past) {
      this.past.old = true
    }
    this.send({ type: 'snapshot', channel })
  }

  /** Ends for good, saying why if there is a reason. */
  private end(why?: Status['link']) {
    this.url = ''
    this.cancelRetry()
    this.cancelPing()
    this.socket?.close(1000)
    if (why) this.link(why)
  }

  private sendWish() {
    if (!this.past || !this.ready()) return
    const first = !this.past.asked
    const m = this.past.next()
    if (m) this.send(m)
    if (m && first) this.subscribe()
  }

  private subscribe() {
    const v = this.view
    if (!v || !this.ready()) return
    const view = { type: 'subscribe', bbox: v.bbox, zoom: v.zoom, follow: this.follow }
    const p = this.live.picture
    this.send({
      ...view, channel: 0, max_hz: this.past ? UNSEEN_HZ : HZ, topics: this.topics, acks: true,
      ...(p.whole ? { resume: { epoch: p.epoch, sequence: p.sequence } } : {}),
    })
    if (this.past?.asked) this.send({ ...view, channel: REPLAY_CHANNEL, max_hz: REPLAY_HZ, topics: this.topics.filter((t) => t === 'alerts') })
  }

  /** Whether the line is open and the server has said hello. */
  private ready(): boolean {
    return this.greeted && this.socket?.readyState === OPEN
  }

  private send(m: object) {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(m))
  }

  private link(to: Status['link']) {
    if (this.status.link !== to) {
      this.status.link = to
      this.status.since = this.place.now()
    }
    this.listener.status(this.status)
  }
}

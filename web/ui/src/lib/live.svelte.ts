// The page's side of the picture: it starts the worker and keeps what the
// screens show. Flat arrays go to the map without passing through Svelte.
//
// In a replay (mode 'replay') page, row and onpicture are of the past, as it was
// known at pictureNow(); alerts, feeds and system stay live beside it, and
// pastAlerts are the alerts as they stood then.

import type { Alert, CaseworkNews, Feed, System } from './api'
import { localNow } from './clock'
import type { ListPage, ListQuery } from './list'
import { timeAt, type FromWorker, type Look, type Mode, type Replay, type Status, type Tempo, type ToWorker, type View, type Wish } from './messages'
import type { Packed } from './pack'
import { Papers } from './papers.svelte'
import type { TrackRow } from './picture'
import type { TrailPoint } from './trail'
import { takeWorker } from './worker'

/** The server sends a frame every two seconds at least: a picture that is older came over a line that is too slow. */
const LATE_MS = 4000

export class Live {
  status: Status = $state.raw({
    link: 'connecting', since: Date.now(), exercise: false, offset: 0, roundTrip: -1, shed: 0, snapshots: 0, tracks: 0, missing: 0, bytes: 0, retryAt: 0, clock: 0,
  })
  /** Alerts that are not closed, the most urgent first. */
  alerts: Alert[] = $state.raw([])
  /** The last notices, the newest first; the API has the others. */
  notices: Alert[] = $state.raw([])
  /** What is wrong with the system now, the newest first. */
  health: Alert[] = $state.raw([])
  feeds: Feed[] = $state.raw([])
  system: System | null = $state.raw(null)
  /** How many versions there are of each kind of registered things (`area`, `sensor`, …): one that changed is to be read again. */
  registry: Readonly<Record<string, number>> = $state.raw({})
  page: ListPage = $state.raw({ total: 0, all: 0, from: 0, rows: [], selected: -1 })
  selected = $state(0)
  row: TrackRow | null = $state.raw(null)
  /** Tracks that are chosen together, and what is known of them. */
  group: number[] = $state.raw([])
  groupRows: TrackRow[] = $state.raw([])
  /** The server's clock, once a second. */
  now = $state(Date.now())
  /** What is shown, or was asked for: nobody may take a replay for what is. */
  mode: Mode = $state('live')
  /** How the replay stands; null: there is none. */
  replay: Replay | null = $state.raw(null)
  /** Why the last replay could not begin, as the server's code; '': it could. */
  replayTrouble = $state('')
  /** Alerts that were open at the replay's time, as they stood then, the most urgent first. */
  pastAlerts: Alert[] = $state.raw([])
  /** Which picture is shown: another one after each jump of a replay. */
  epoch = $state(0)
  /** The time of the picture that is shown: live the server's, four times a second in a replay. */
  time = $state(Date.now())

  /** What changes in cases, reports, tasks and the shift log. */
  readonly papers = new Papers()

  onpicture: ((p: Packed, decoded: number) => void) | null = null
  onname: ((id: number, text: string) => void) | null = null
  onalert: ((a: Alert) => void) | null = null

  private finding: { text: string; answer: (rows: TrackRow[]) => void }[] = []
  private versions = new Map<string, number>() // newest seen, by alert
  private readonly worker: Worker
  private readonly timer: ReturnType<typeof setInterval>
  private tempo: Tempo = { clock: 0, at: 0, rate: 1, until: Infinity }

  constructor() {
    this.worker = takeWorker()
    this.worker.onmessage = (e: MessageEvent<FromWorker>) => this.take(e.data)
    const url = new URL('/api/live', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    this.send({ type: 'start', url: url.href })
    let ticks = 0
    this.timer = setInterval(() => {
      const second = ++ticks % 4 === 0
      if (second) this.now = this.serverNow()
      if (second || this.mode === 'replay') this.time = this.pictureNow()
    }, 250)
  }

  /** How old the live picture is where that is too old, s; 0: it is not, or the line is not live at all. */
  get late(): number {
    const { link, clock } = this.status
    const age = link === 'live' && clock ? this.now - clock : 0
    return age > LATE_MS ? Math.round(age / 1000) : 0
  }

  stop() {
    this.send({ type: 'stop' })
    clearInterval(this.timer)
    setTimeout(() => this.worker.terminate(), 200)
  }

  serverNow(): number {
    return localNow() + this.status.offset
  }

  /** The time of the picture that is shown, ms since 1970: where things are is to be drawn for it. */
  pictureNow(): number {
    return timeAt(this.tempo, localNow())
  }

  /** Shows the picture as it was known at a time (ms since 1970), standing unless told to play. */
  replayAt(at: number, speed = 1, paused = true) {
    this.wish({ at, speed, paused })
  }

  /** Goes on from where the replay stands. */
  play(speed?: number) {
    this.wish({ paused: false, ...(speed === undefined ? {} : { speed }) })
  }

  pause() {
    this.wish({ paused: true })
  }

  /** Goes so many ms on, or back, from the time that is shown or asked for, and stands there. */
  step(ms: number) {
    if (this.replay) this.wish({ at: (this.replay.going ?? this.pictureNow()) + ms, paused: true })
  }

  /** Leaves the replay. */
  goLive() {
    this.send({ type: 'live' })
  }

  private wish(wish: Wish) {
    this.replayTrouble = ''
    this.send({ type: 'replay', wish })
  }

  /** Colours of the symbols, for pack(). */
  palette(palette: Uint8Array) {
    this.send({ type: 'palette', palette })
  }

  view(view: View) {
    this.send({ type: 'view', view })
  }

  list(query: ListQuery) {
    this.send({ type: 'list', query: { ...query, sort: { ...query.sort }, domains: [...query.domains] } })
  }

  select(id: number) {
    this.selected = id
    this.row = null
    this.send({ type: 'select', id })
  }

  /** What the map shows now. */
  look(look: Look) {
    this.send({ type: 'look', look })
  }

  /** Chooses tracks together; groupRows has what is known of them. */
  choose(ids: number[]) {
    this.group = ids
    if (!ids.length) this.groupRows = []
    this.send({ type: 'group', ids: [...ids] })
  }

  /** What the history says of a track, for its trail. */
  trail(id: number, points: TrailPoint[]) {
    this.send({ type: 'past', id, points })
  }

  /** Asks for what a track is called; onname has the answer. */
  name(id: number) {
    this.send({ type: 'name', id })
  }

  /** Tracks of the picture that a few words find, the urgent first. */
  find(text: string, count: number): Promise<TrackRow[]> {
    return new Promise((answer) => {
      this.finding.push({ text, answer })
      this.send({ type: 'find', text, count })
    })
  }

  /** Takes an alert as the server answered it, without waiting for the stream. */
  decided(a: Alert) {
    this.put(a)
  }

  private send(m: ToWorker) {
    this.worker.postMessage(m)
  }

  private take(m: FromWorker) {
    switch (m.type) {
      case 'picture':
        this.status = this.status.offset === m.offset ? this.status : { ...this.status, offset: m.offset }
        this.row = m.selected
        this.tempo = m.tempo
        if (m.epoch !== this.epoch) {
          this.epoch = m.epoch
          this.time = this.pictureNow()
        }
        this.onpicture?.(m.packed, m.decoded)
        break
      case 'list':
        this.page = m.page
        break
      case 'status':
        this.status = m.status
        break
      case 'name':
        this.onname?.(m.id, m.text)
        break
      case 'group':
        if (this.group.length) this.groupRows = m.rows
        break
      case 'found':
        this.finding.splice(this.finding.findIndex((f) => f.text === m.text), 1)[0]?.answer(m.rows)
        break
      case 'select':
        this.selected = m.id
        break
      case 'replay':
        this.replay = m.replay
        this.mode = m.replay ? 'replay' : 'live'
        if (m.trouble) this.replayTrouble = m.trouble
        if (!m.replay) this.pastAlerts = []
        break
      case 'text':
        if (m.message.channel) this.past(m.message)
        else this.text(m.message)
        break
    }
  }

  /** Alerts of the replay: all after a jump, then those that changed. */
  private past(m: { type: string } & Record<string, unknown>) {
    if (m.type === 'alerts') this.pastAlerts = (m.alerts as Alert[]).toSorted(urgency)
    if (m.type === 'alert') this.pastAlerts = withAlert(this.pastAlerts, m.alert as Alert)
  }

  private text(m: { type: string } & Record<string, unknown>) {
    switch (m.type) {
      case 'alerts':
        this.alerts = (m.alerts as Alert[]).toSorted(urgency)
        this.versions = new Map(this.alerts.map((a) => [a.id, a.version]))
        break
      case 'alert': {
        const a = m.alert as Alert
        const known = this.alerts.some((b) => b.id === a.id)
        this.put(a)
        if (!known && a.state === 'new') this.onalert?.(a)
        break
      }
      case 'feeds':
        this.feeds = m.feeds as Feed[]
        break
      case 'system':
        this.system = m.system as System
        break
      case 'casework':
      case 'case':
      case 'report':
      case 'task':
      case 'handover':
      case 'log':
        this.papers.tell(m as unknown as CaseworkNews)
        break
      case 'registry':
        this.registry = m.revisions as Record<string, number>
        break
      case 'notices':
        this.notices = m.notices as Alert[]
        break
      case 'health':
        this.health = m.health as Alert[]
        break
    }
  }

  private put(a: Alert) {
    // Answers and messages overtake one another: the higher version counts.
    if ((this.versions.get(a.id) ?? 0) > a.version) return
    this.versions.set(a.id, a.version)
    if (a.kind === 'health') this.health = this.health.map((b) => (b.id === a.id ? a : b))
    else this.alerts = withAlert(this.alerts, a)
  }
}

/** The open alerts after one came or changed. */
function withAlert(all: Alert[], a: Alert): Alert[] {
  const rest = all.filter((b) => b.id !== a.id)
  return a.state === 'closed' || a.kind !== 'alert' ? rest : [...rest, a].toSorted(urgency)
}

/** New before acknowledged, then by priority, then the newest first. */
function urgency(a: Alert, b: Alert): number {
  const fresh = Number(b.state === 'new') - Number(a.state === 'new')
  return fresh || b.priority - a.priority || b.raised.localeCompare(a.raised)
}

// The page's side of the live picture: it starts the worker and keeps what the
// screens show. Flat arrays go to the map without passing through Svelte.

import type { Alert, Feed, System } from './api'
import { localNow } from './clock'
import type { ListPage, ListQuery } from './list'
import type { FromWorker, Status, ToWorker, View } from './messages'
import type { Packed } from './pack'
import type { TrackRow } from './picture'

export class Live {
  status: Status = $state.raw({
    link: 'connecting', since: Date.now(), exercise: false, offset: 0, roundTrip: -1, shed: 0, snapshots: 0, bytes: 0, retryAt: 0,
  })
  /** Alerts that are not closed, the most urgent first. */
  alerts: Alert[] = $state.raw([])
  feeds: Feed[] = $state.raw([])
  system: System | null = $state.raw(null)
  page: ListPage = $state.raw({ total: 0, all: 0, from: 0, rows: [], selected: -1 })
  selected = $state(0)
  row: TrackRow | null = $state.raw(null)
  /** The server's clock, once a second. */
  now = $state(Date.now())

  onpicture: ((p: Packed, decoded: number) => void) | null = null
  onname: ((id: number, text: string) => void) | null = null
  onalert: ((a: Alert) => void) | null = null

  private finding: { text: string; answer: (rows: TrackRow[]) => void }[] = []
  private versions = new Map<string, number>() // newest seen, by alert
  private readonly worker: Worker
  private readonly timer: ReturnType<typeof setInterval>

  constructor() {
    this.worker = new Worker(new URL('./live.worker.ts', import.meta.url), { type: 'module' })
    this.worker.onmessage = (e: MessageEvent<FromWorker>) => this.take(e.data)
    const url = new URL('/api/live', location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    this.send({ type: 'start', url: url.href })
    this.timer = setInterval(() => (this.now = this.serverNow()), 1000)
  }

  stop() {
    this.send({ type: 'stop' })
    clearInterval(this.timer)
    setTimeout(() => this.worker.terminate(), 200)
  }

  serverNow(): number {
    return localNow() + this.status.offset
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
      case 'found':
        this.finding.splice(this.finding.findIndex((f) => f.text === m.text), 1)[0]?.answer(m.rows)
        break
      case 'select':
        this.selected = m.id
        break
      case 'text':
        this.text(m.message)
        break
    }
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
    }
  }

  private put(a: Alert) {
    // Answers and messages overtake one another: the higher version counts.
    if ((this.versions.get(a.id) ?? 0) > a.version) return
    this.versions.set(a.id, a.version)
    const rest = this.alerts.filter((b) => b.id !== a.id)
    this.alerts = a.state === 'closed' ? rest : [...rest, a].toSorted(urgency)
  }
}

/** New before acknowledged, then by priority, then the newest first. */
function urgency(a: Alert, b: Alert): number {
  const fresh = Number(b.state === 'new') - Number(a.state === 'new')
  return fresh || b.priority - a.priority || b.raised.localeCompare(a.raised)
}

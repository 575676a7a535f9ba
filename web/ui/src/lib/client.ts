// All that the worker does, without the worker: the line, the list, and what
// the map draws. The page's messages come to take(); tests and load run the
// same in Node.

import { Connection, type Surroundings } from './connection'
import { find, sameOrder, TrackList, type ListQuery } from './list'
import { fixedX, fixedY, pixelsPerUnit } from './mercator'
import type { FromWorker, Look, ToWorker, View } from './messages'
import { pack, PackMemory, type Box } from './pack'
import { attention, title } from './picture'
import { colourOf, NAME_FONT, symbolRadius } from './symbol'
import { FEW_TRACKS, segments, Trails } from './trail'
import { OWN } from './wire'

const LIST_MS = 1000
const MAX_LABELS = 150
/** As many as the protocol takes. */
const MAX_FOLLOWED = 64
/** With so few tracks in view all have a trail. */
const FEW_TRAILS = 60
const MAX_TRAILS = 200
/** So much longer than packing took the worker waits to the next, but at most a second. */
const PACK_REST = 4
/** So long after its first part a live picture is shown as far as it is there, ms. */
const GATHER_MS = 400
/** While a replay plays, a track moves on so long past its stale limit, ms of the user's time: the next frame tells. */
const GRACE_MS = 600

export type Post = (m: FromWorker, transfer?: ArrayBuffer[]) => void

export class Client {
  readonly line: Connection
  private readonly place: Surroundings
  private readonly post: Post
  private readonly list = new TrackList()
  private query: ListQuery = { sort: { by: 'attention', down: false }, text: '', domains: [], onlyAttention: false, hold: false, from: 0, count: 40 }
  private listedAt = 0
  private view: View | null = null
  private lookNow: Look | null = null
  private selected = 0
  private group: ReadonlySet<number> = new Set()
  private memory = new PackMemory()
  private readonly trails = new Trails()
  private grouped = false
  private trailsOf = '' // epoch of the picture that they are of
  private packedAt = 0 // when the picture was packed last, and how long that took
  private packing = 0
  private cancelLater = () => {}
  private gathered = { snapshot: 0, until: 0 } // the live picture that comes in, and how long the rest of it is awaited
  private palette: Uint8Array = new Uint8Array(27).fill(200)

  constructor(place: Surroundings, post: Post) {
    this.place = place
    this.post = post
    this.line = new Connection(place, {
      status: () => this.report(),
      text: (message) => post({ type: 'text', message }),
      picture: (decoded) => this.changed(decoded),
      replay: (replay, trouble) => post({ type: 'replay', replay, trouble }),
    })
  }

  take(m: ToWorker) {
    switch (m.type) {
      case 'start':
        return this.line.start(m.url)
      case 'stop':
        return this.line.stop()
      case 'palette':
        this.palette = m.palette
        return
      case 'view':
        this.view = m.view
        return this.look()
      case 'look':
        this.lookNow = m.look
        return this.publish()
      case 'select':
        this.selected = m.id
        this.look()
        return this.publish()
      case 'group':
        this.group = new Set(m.ids)
        this.look()
        this.groupRows()
        return this.publish()
      case 'past':
        this.trails.begin(m.id, m.points)
        return this.publish()
      case 'name': {
        const slot = this.line.picture.slot(m.id)
        if (slot >= 0) this.post({ type: 'name', id: m.id, text: title(m.id, this.line.picture.labels[slot]!) })
        return
      }
      case 'list':
        return this.listPage(m.query)
      case 'find':
        return this.post({ type: 'found', text: m.text, rows: find(this.line.picture, m.text, m.count) })
      case 'replay':
        return this.line.wish(m.wish)
      case 'live':
        return this.line.leave()
    }
  }

  private look() {
    if (this.view) this.line.look(this.view, [...(this.selected ? [this.selected] : []), ...this.group].slice(0, MAX_FOLLOWED))
  }

  private changed(decoded: number) {
    const into = this.line.picture.merged.get(this.selected)
    if (into !== undefined) {
      this.selected = into
      this.look()
      this.post({ type: 'select', id: into })
    }
    this.publish(decoded)
    if (this.place.now() - this.listedAt >= LIST_MS) {
      this.listPage(this.query)
      this.groupRows()
    }
  }

  private publish(decoded = 0) {
    this.cancelLater()
    const start = this.place.now()
    const { missing, snapshots } = this.line.status
    if (snapshots !== this.gathered.snapshot) this.gathered = { snapshot: snapshots, until: start + GATHER_MS }
    const gathers = missing > 0 && !this.line.replaying ? this.gathered.until : 0
    const wait = Math.max(this.packedAt + Math.min(this.packing * PACK_REST, 1000), gathers) - start
    if (wait > 0) {
      this.cancelLater = this.place.later(wait, () => this.publish(decoded))
      return
    }
    const { picture } = this.line
    const tempo = this.line.tempo()
    const slot = picture.slot(this.selected)
    const look = this.lookNow
    const at = look ?? this.view
    const scale = pixelsPerUnit(at?.zoom ?? 0)
    const size = { width: look?.width ?? 1000, height: look?.height ?? 700 }
    const packed = pack(picture, {
      selected: this.selected, group: this.group, view: boxOf(at), scale, ...size, maxLabels: MAX_LABELS, palette: this.palette,
      radius: (seen) => symbolRadius({ scale, ...size }, seen, look?.set), pointer: look?.pointer ?? null,
      names: look?.names ?? true, set: look?.set ?? 'civil', density: look?.density ?? 'auto', detail: look?.detail ?? 1000, painted: look?.painted ?? false,
      measure: textWidth, rate: tempo.rate, grace: this.line.replaying ? tempo.rate * GRACE_MS : 0,
    }, this.memory)
    packed.trails = this.trailsNow(packed.seen, look?.trails ?? true)
    this.packedAt = this.place.now()
    this.packing = this.packedAt - start
    this.post({
      type: 'picture', packed, offset: this.line.status.offset, decoded, selected: slot < 0 ? null : picture.row(slot),
      mode: this.line.replaying ? 'replay' : 'live', epoch: picture.epoch, tempo,
    }, [packed.id.buffer as ArrayBuffer, packed.vertices, packed.dots, packed.trails])
  }

  /** Trails of what is chosen or asks for attention, and of all where there are few. */
  private trailsNow(seen: number, shown: boolean): ArrayBuffer {
    const { picture } = this.line
    const c = picture.columns
    const epoch = `${this.line.replaying} ${picture.epoch}`
    if (epoch !== this.trailsOf) this.trails.clear()
    this.trailsOf = epoch
    const wanted = new Set<number>(this.group)
    if (this.selected) wanted.add(this.selected)
    const all = seen <= FEW_TRAILS && picture.size <= FEW_TRACKS
    for (let s = 0; s < picture.size && wanted.size < MAX_TRAILS; s++)
      if (all || attention(c.priority[s]!, c.distress[s]!) || c.flags[s]! & OWN) wanted.add(c.id[s]!)
    this.trails.take(picture, wanted)
    if (!shown) return new ArrayBuffer(0)
    const drawn = []
    for (const id of wanted) {
      const s = picture.slot(id)
      const points = this.trails.of(id)
      if (s < 0 || !points.length) continue
      const colour = 3 * colourOf(c.domain[s]!, c.flags[s]!, c.priority[s]!, c.distress[s]!)
      drawn.push({ points, rgb: [...this.palette.subarray(colour, colour + 3)], to: { x: c.x[s]!, y: c.y[s]! } })
    }
    return segments(drawn, 0.75)
  }

  /** What is known of the tracks that are chosen together. */
  private groupRows() {
    if (!this.group.size && !this.grouped) return
    this.grouped = this.group.size > 0
    const { picture } = this.line
    const rows = [...this.group].map((id) => picture.slot(id)).filter((s) => s >= 0).map((s) => picture.row(s))
    this.post({ type: 'group', rows })
  }

  private listPage(q: ListQuery) {
    const scrolled = q !== this.query && sameOrder(q, this.query)
    this.query = q
    if (!scrolled) {
      this.list.refresh(this.line.picture, q)
      this.listedAt = this.place.now()
    }
    this.post({ type: 'list', page: this.list.page(this.line.picture, q, this.selected) })
    this.report()
  }

  private report() {
    this.post({ type: 'status', status: { ...this.line.status } })
  }
}

function boxOf(view: View | null): Box | null {
  if (!view) return null
  const [west, south, east, north] = view.bbox
  return { west: fixedX(west), south: fixedY(south), east: fixedX(east), north: fixedY(north) }
}

/** Width of a name on the map, CSS pixels; roughly, where nothing can measure it. */
const textWidth = (() => {
  const ctx = typeof OffscreenCanvas === 'undefined' ? null : new OffscreenCanvas(1, 1).getContext('2d')
  if (!ctx) return (text: string) => 6.4 * text.length
  ctx.font = NAME_FONT
  const known = new Map<string, number>()
  return (text: string) => {
    let w = known.get(text)
    if (w === undefined) {
      if (known.size > 5000) known.clear()
      known.set(text, (w = ctx.measureText(text).width))
    }
    return w
  }
})()

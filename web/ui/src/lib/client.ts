// All that the worker does, without the worker: the line, the list, and what
// the map draws. The page's messages come to take(); tests and load run the
// same in Node.

import { localNow } from './clock'
import { Connection, type Surroundings } from './connection'
import { find, sameOrder, TrackList, type ListQuery } from './list'
import { fixedX, fixedY, pixelsPerUnit } from './mercator'
import type { FromWorker, ToWorker, View } from './messages'
import { pack, type Box } from './pack'
import { title } from './picture'

const LIST_MS = 1000
const MAX_LABELS = 150
/** So much longer than packing took the worker waits to the next, but at most a second. */
const PACK_REST = 10
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
  private selected = 0
  private packedAt = 0 // when the picture was packed last, and how long that took
  private packing = 0
  private cancelLater = () => {}
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
      case 'select':
        this.selected = m.id
        this.look()
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
    if (this.view) this.line.look(this.view, this.selected ? [this.selected] : [])
  }

  private changed(decoded: number) {
    const into = this.line.picture.merged.get(this.selected)
    if (into !== undefined) {
      this.selected = into
      this.look()
      this.post({ type: 'select', id: into })
    }
    this.publish(decoded)
    if (localNow() - this.listedAt >= LIST_MS) this.listPage(this.query)
  }

  private publish(decoded = 0) {
    this.cancelLater()
    const start = localNow()
    const wait = this.packedAt + Math.min(this.packing * PACK_REST, 1000) - start
    if (wait > 0) {
      this.cancelLater = this.place.later(wait, () => this.publish(decoded))
      return
    }
    const { picture } = this.line
    const tempo = this.line.tempo()
    const slot = picture.slot(this.selected)
    const packed = pack(picture, {
      selected: this.selected, view: this.box(), scale: pixelsPerUnit(this.view?.zoom ?? 0), maxLabels: MAX_LABELS, palette: this.palette,
      rate: tempo.rate, grace: this.line.replaying ? tempo.rate * GRACE_MS : 0,
    })
    this.packedAt = localNow()
    this.packing = this.packedAt - start
    this.post({
      type: 'picture', packed, offset: this.line.status.offset, decoded, selected: slot < 0 ? null : picture.row(slot),
      mode: this.line.replaying ? 'replay' : 'live', tempo,
    }, [packed.id.buffer as ArrayBuffer, packed.vertices])
  }

  private box(): Box | null {
    if (!this.view) return null
    const [west, south, east, north] = this.view.bbox
    return { west: fixedX(west), south: fixedY(south), east: fixedX(east), north: fixedY(north) }
  }

  private listPage(q: ListQuery) {
    const scrolled = q !== this.query && sameOrder(q, this.query)
    this.query = q
    if (!scrolled) {
      this.list.refresh(this.line.picture, q)
      this.listedAt = localNow()
    }
    this.post({ type: 'list', page: this.list.page(this.line.picture, q, this.selected) })
    this.report()
  }

  private report() {
    this.post({ type: 'status', status: { ...this.line.status } })
  }
}

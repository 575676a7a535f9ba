// The area that is being drawn, and the one that is looked at. The form and
// the map share it: a point that is typed is seen at once, one that is dragged
// is read at once. It outlives the screens, so that an alert may be looked at
// in between.

import type { Area, AreaWish, Window } from './api'
import { timeOf } from './api'
import { geometryOf, isKind, leastPoints, mostPoints, pointsOf, shapeOf, type AreaKind } from './areas'
import type { LatLon } from './coordinates'

const two = (n: number) => String(n).padStart(2, '0')

/** A time as a field of date and time has it, in the time of this computer; '' is none. */
const fieldOf = (ms: number | null): string => {
  if (ms === null) return ''
  const d = new Date(ms)
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`
}
const isoOf = (field: string): string | undefined => (field ? new Date(field).toISOString() : undefined)

export class Draft {
  /** The area that is changed, and the version that was; '' and 0: it is new. */
  readonly id: string
  version: number
  kind: AreaKind = $state('watched')
  name = $state('')
  owner = $state('')
  reason = $state('')
  buffer: number | null = $state(null) // m
  left = $state('')
  right = $state('')
  source = $state('')
  dated = $state('') // YYYY-MM-DD
  accuracy: number | null = $state(null) // m
  demonstration = $state(false)
  from = $state('')
  until = $state('')
  windows: Window[] = $state([])
  offset = $state(-new Date().getTimezoneOffset()) // minutes
  points: LatLon[] = $state.raw([])
  holes: LatLon[][] = $state.raw([])
  /** Points that the server found wrong, from 0. */
  wrong: number | null = $state(null)
  private removed: { at: number; point: LatLon } | null = null

  readonly shape = $derived(shapeOf(this.kind))
  readonly whole = $derived(this.points.length >= leastPoints[this.shape])
  readonly full = $derived(this.points.length >= mostPoints[this.shape])

  constructor(of: Area | AreaKind, now: number) {
    if (typeof of === 'string') {
      this.id = ''
      this.version = 0
      this.kind = of
      return
    }
    const p = of.properties
    this.id = of.id
    this.version = p.version
    this.kind = isKind(p.kind) ? p.kind : 'watched'
    this.name = p.name
    this.owner = p.owner ?? ''
    this.buffer = p.buffer_m || null
    this.left = p.left ?? ''
    this.right = p.right ?? ''
    this.source = p.source
    this.dated = timeOf(p.dated) === null ? '' : p.dated!.slice(0, 10)
    this.accuracy = p.accuracy_m || null
    this.demonstration = p.demonstration
    // What begins or ended already begins again now; what is planned stays so.
    const future = (s: string | undefined) => ((timeOf(s) ?? 0) > now ? fieldOf(timeOf(s)) : '')
    this.from = future(p.from)
    this.until = future(p.until)
    this.windows = structuredClone(p.schedule?.windows ?? [])
    if (this.windows.length) this.offset = p.schedule!.utc_offset_min
    const { points, holes } = pointsOf(of.geometry)
    this.points = points
    this.holes = holes
  }

  add(...more: LatLon[]) {
    const room = mostPoints[this.shape]
    this.points = room === 1 ? more.slice(-1) : [...this.points, ...more].slice(0, room)
    this.wrong = null
  }

  set(at: number, p: LatLon) {
    this.points = this.points.with(at, p)
    this.wrong = null
  }

  remove(at: number) {
    const point = this.points[at]
    if (!point) return
    this.removed = { at, point }
    this.points = this.points.toSpliced(at, 1)
    this.wrong = null
  }

  /** Puts the point back that was removed last. */
  putBack() {
    if (!this.removed) return
    this.points = this.points.toSpliced(this.removed.at, 0, this.removed.point)
    this.removed = null
  }

  /** Another kind: where it has another shape, the points stay as far as it takes them. */
  become(kind: AreaKind) {
    this.kind = kind
    this.points = this.points.slice(0, mostPoints[shapeOf(kind)])
    this.holes = shapeOf(kind) === 'polygon' ? this.holes : []
    this.wrong = null
  }

  wish(): AreaWish {
    const border = this.kind === 'border'
    return {
      name: this.name.trim(), kind: this.kind, geometry: geometryOf(this.shape, this.points, this.holes),
      ...(this.owner.trim() && { owner: this.owner.trim() }),
      ...(this.windows.length > 0 && { schedule: { utc_offset_min: this.offset, windows: $state.snapshot(this.windows) } }),
      ...(this.shape !== 'polygon' && this.buffer && { buffer_m: this.buffer }),
      ...(border && this.left && { left: this.left.trim().toUpperCase() }), ...(border && this.right && { right: this.right.trim().toUpperCase() }),
      ...(this.source.trim() && { source: this.source.trim() }), ...(this.dated && { dated: `${this.dated}T00:00:00Z` }),
      ...(this.accuracy && { accuracy_m: this.accuracy }), ...(this.demonstration && { demonstration: true }),
      ...(this.from && { from: isoOf(this.from)! }), ...(this.until && { until: isoOf(this.until)! }),
    }
  }
}

/** What somebody would lose. */
const contents = (d: Draft) => JSON.stringify([
  d.kind, d.name, d.owner, d.reason, d.buffer, d.left, d.right, d.source, d.dated, d.accuracy, d.demonstration, d.from, d.until, d.windows, d.offset, d.points, d.holes.length,
])

class Board {
  /** The version of an area that is looked at; the map marks it. */
  shown: Area | null = $state.raw(null)
  /** The one in hand. */
  draft: Draft | null = $state.raw(null)
  /** All that are not saved, with what they were made from. */
  drafts: readonly Draft[] = $state.raw([])
  private begun = new WeakMap<Draft, string>()

  /** Takes the draft of an area, or of a new one, in hand; makes it where there is none. */
  take(of: Area | AreaKind, now: number) {
    const id = typeof of === 'string' ? '' : of.id
    let d = this.drafts.find((x) => x.id === id)
    if (!d) {
      d = new Draft(of, now)
      this.begun.set(d, contents(d))
      this.drafts = [...this.drafts, d]
    }
    this.draft = d
  }

  /** Lays the draft aside; one that nobody wrote into goes. */
  lay() {
    const d = this.draft
    this.draft = null
    if (d && contents(d) === this.begun.get(d)) this.drop(d)
  }

  /** Throws a draft away: it is saved, or nobody wants it. */
  drop(d: Draft) {
    this.drafts = this.drafts.filter((x) => x !== d)
    if (this.draft === d) this.draft = null
  }
}

export const board = new Board()

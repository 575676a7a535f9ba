// The picture that a client holds: columns of numbers, one slot a track, dense.
// It is built from frames in the worker; pack() makes from it what the map
// draws.

import { fixedX, fixedY, unitsPerMetre } from './mercator'
import {
  DELTA, MERGED, NO_COURSE, NO_HEIGHT, NO_SPEED, SNAPSHOT,
  type Frame, type LabelName,
} from './wire'

export type Labels = Partial<Record<LabelName, string>>

/** What the screen shows of one track, in units for people's eyes left raw. */
export interface TrackRow {
  id: number
  lat: number // degrees
  lon: number
  time: number // ms since 1970, of the position
  seen: number // ms since 1970, of the last observation
  stale: number // s after seen
  speed: number | null // m/s
  course: number | null // degrees
  height: number | null // m
  datum: number
  sd: number // m
  existence: number // 0..1
  domain: number
  kind: number
  status: number
  flags: number
  priority: number
  distress: number
  sensors: number
  labels: Labels
}

/** What happened to the stream when a frame was applied. */
export type Applied = 'ok' | 'gap'

const columns = {
  id: Float64Array, time: Float64Array, seen: Float64Array,
  x: Int32Array, y: Int32Array, lat: Int32Array, lon: Int32Array,
  vx: Float32Array, vy: Float32Array,
  speed: Uint16Array, course: Uint16Array, height: Int16Array, sd: Uint16Array, coast: Uint16Array, stale: Uint16Array,
  datum: Uint8Array, existence: Uint8Array, domain: Uint8Array, kind: Uint8Array, status: Uint8Array,
  flags: Uint8Array, priority: Uint8Array, distress: Uint8Array, sensors: Uint8Array,
} as const

type Columns = { [K in keyof typeof columns]: InstanceType<(typeof columns)[K]> }

export class Picture {
  /** Number of tracks; slots 0 to size-1 are in use. */
  size = 0
  epoch = -1
  sequence = -1
  exercise = false
  /** Server time of the newest frame, ms since 1970. */
  clock = 0
  /** Tracks that are still to come. */
  missing = 0
  /** All that changed more than so many ms before the clock is in it. */
  behind = 0
  /** Grows with every change of the set of tracks, their states or labels. */
  version = 0
  /** Where a track went that ended by merging, so that a selection follows. */
  readonly merged = new Map<number, number>()

  readonly labels: Labels[] = []
  private search: string[] = []
  private readonly slots = new Map<number, number>()
  private capacity = 0
  private col = {} as Columns

  get columns(): Columns {
    return this.col
  }

  /** Whether it is all that there was to see at its clock. */
  get whole(): boolean {
    return this.sequence >= 0 && this.missing === 0 && this.behind === 0
  }

  slot(id: number): number {
    return this.slots.get(id) ?? -1
  }

  /** Takes a frame in, or says that something is missing before it. */
  apply(f: Frame): Applied {
    if (f.kind === SNAPSHOT) this.clear()
    else if (f.kind === DELTA && (f.epoch !== this.epoch || f.base !== this.sequence)) return 'gap'
    this.epoch = f.epoch
    this.sequence = f.sequence
    this.clock = f.clock
    this.missing = f.missing
    this.behind = f.behind
    this.exercise = f.exercise
    for (const g of f.gone) {
      if (g.reason === MERGED) {
        this.merged.set(g.id, g.into)
        if (this.merged.size > 1000) this.merged.delete(this.merged.keys().next().value!)
      }
      this.remove(g.id)
    }
    this.applyMotion(f)
    this.applyState(f)
    for (const row of f.labels) {
      const s = this.slots.get(row.id)
      if (s === undefined) continue
      const labels = { ...this.labels[s] }
      for (const [name, value] of Object.entries(row.values) as [LabelName, string][]) {
        if (value === '') delete labels[name]
        else labels[name] = value
      }
      this.labels[s] = labels
      this.search[s] = searchText(row.id, labels)
      this.version++
    }
    return 'ok'
  }

  private applyMotion(f: Frame) {
    const m = f.motion
    for (let i = 0; i < m.count; i++) {
      const s = this.slotOf(m.id[i]!)
      const c = this.col
      const lat = m.lat[i]! * 1e-7
      const time = f.clock - m.age[i]!
      c.lat[s] = m.lat[i]!
      c.lon[s] = m.lon[i]!
      c.x[s] = fixedX(m.lon[i]! * 1e-7)
      c.y[s] = fixedY(lat)
      c.time[s] = time
      c.coast[s] = m.coast[i]!
      c.seen[s] = time - m.coast[i]! * 100
      const speed = m.speed[i]!
      const course = m.course[i]!
      c.speed[s] = speed
      c.course[s] = course
      if (speed === NO_SPEED || course === NO_COURSE) {
        c.vx[s] = c.vy[s] = 0
      } else {
        const v = speed * 0.01 * unitsPerMetre(lat)
        const angle = (course * Math.PI) / 18000
        c.vx[s] = v * Math.sin(angle)
        c.vy[s] = -v * Math.cos(angle)
      }
      c.height[s] = m.height[i]!
      c.datum[s] = m.datum[i]!
      c.sd[s] = m.sd[i]!
    }
  }

  private applyState(f: Frame) {
    const st = f.state
    if (st.count) this.version++
    for (let i = 0; i < st.count; i++) {
      const s = this.slotOf(st.id[i]!)
      const c = this.col
      c.stale[s] = st.stale[i]!
      c.existence[s] = st.existence[i]!
      c.domain[s] = st.domain[i]!
      c.kind[s] = st.kind[i]!
      c.status[s] = st.status[i]!
      c.flags[s] = st.flags[i]!
      c.priority[s] = st.priority[i]!
      c.distress[s] = st.distress[i]!
      c.sensors[s] = st.sensors[i]!
    }
  }

  /** When a track is no longer extrapolated, ms since 1970. */
  staleAt(s: number): number {
    return this.col.seen[s]! + this.col.stale[s]! * 1000
  }

  row(s: number): TrackRow {
    const c = this.col
    const speed = c.speed[s]!
    const course = c.course[s]!
    const height = c.height[s]!
    return {
      id: c.id[s]!, lat: c.lat[s]! * 1e-7, lon: c.lon[s]! * 1e-7, time: c.time[s]!, seen: c.seen[s]!, stale: c.stale[s]!,
      speed: speed === NO_SPEED ? null : speed / 100,
      course: course === NO_COURSE ? null : course / 100,
      height: height === NO_HEIGHT ? null : height,
      datum: c.datum[s]!, sd: c.sd[s]!, existence: c.existence[s]! / 255,
      domain: c.domain[s]!, kind: c.kind[s]!, status: c.status[s]!, flags: c.flags[s]!,
      priority: c.priority[s]!, distress: c.distress[s]!, sensors: c.sensors[s]!,
      labels: this.labels[s]!,
    }
  }

  matches(s: number, words: string[]): boolean {
    const text = this.search[s]!
    return words.every((w) => text.includes(w))
  }

  clear() {
    this.size = 0
    this.slots.clear()
    this.merged.clear()
    this.labels.length = 0
    this.search.length = 0
    this.version++
  }

  private slotOf(id: number): number {
    const known = this.slots.get(id)
    if (known !== undefined) return known
    if (this.size === this.capacity) this.grow()
    const s = this.size++
    for (const name of names) this.col[name][s] = 0
    this.col.id[s] = id
    this.slots.set(id, s)
    this.labels[s] = {}
    this.search[s] = searchText(id, {})
    this.version++
    return s
  }

  /** Removes a track; the last slot moves into its place. */
  private remove(id: number) {
    const s = this.slots.get(id)
    if (s === undefined) return
    const last = --this.size
    this.slots.delete(id)
    if (s !== last) {
      for (const name of names) this.col[name][s] = this.col[name][last]!
      this.labels[s] = this.labels[last]!
      this.search[s] = this.search[last]!
      this.slots.set(this.col.id[s]!, s)
    }
    this.labels.length = this.search.length = last
    this.version++
  }

  private grow() {
    this.capacity = Math.max(1024, this.capacity * 2)
    for (const name of names) {
      const bigger = new columns[name](this.capacity)
      if (this.col[name]) bigger.set(this.col[name])
      ;(this.col as Record<string, unknown>)[name] = bigger
    }
  }
}

const names = Object.keys(columns) as (keyof Columns)[]

const searchText = (id: number, labels: Labels): string => fold([`t${id}`, ...Object.values(labels)].join(' '))

/** Lower case without accents, so that "Ñusta" is found by "nusta". */
export const fold = (s: string): string =>
  s.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase()

/** What people call a track: its name, else what it claims, else its number. */
export function title(id: number, labels: Labels): string {
  return labels.name ?? labels.callsign ?? labels.mmsi ?? labels.icao?.toUpperCase() ?? (labels.system ? `MAV ${labels.system}` : `T${id}`)
}

/** Whether a track asks for attention: an open alert or a call for help. */
export const attention = (priority: number, distress: number): boolean => priority > 0 || distress > 0

// Frames for tests.

import { DELTA, SNAPSHOT, type Frame, type Gone, type Label } from './wire'

export interface TestTrack {
  id: number
  lat?: number
  lon?: number
  age?: number // ms
  speed?: number // m/s
  course?: number // degrees
  coast?: number // s
  stale?: number // s
  domain?: number
  kind?: number
  status?: number
  flags?: number
  priority?: number
  distress?: number
}

interface Options {
  snapshot?: boolean
  base?: number
  sequence?: number
  clock?: number
  missing?: number
  behind?: number
  motion?: TestTrack[]
  state?: TestTrack[]
  labels?: Label[]
  gone?: Gone[]
}

export function frame(o: Options): Frame {
  const m = o.motion ?? []
  const s = o.state ?? m
  return {
    kind: o.snapshot ? SNAPSHOT : DELTA, channel: 0, exercise: false, shed: 0, epoch: 9,
    base: o.snapshot ? 0 : (o.base ?? 1), sequence: o.sequence ?? 1, clock: o.clock ?? 1_000_000, missing: o.missing ?? 0, behind: o.behind ?? 0,
    motion: {
      count: m.length,
      id: Float64Array.from(m, (t) => t.id),
      lat: Int32Array.from(m, (t) => Math.round((t.lat ?? 0) * 1e7)),
      lon: Int32Array.from(m, (t) => Math.round((t.lon ?? 0) * 1e7)),
      age: Uint32Array.from(m, (t) => t.age ?? 0),
      speed: Uint16Array.from(m, (t) => Math.round((t.speed ?? 0) * 100)),
      course: Uint16Array.from(m, (t) => (t.course === undefined ? 0xffff : t.course * 100)),
      height: Int16Array.from(m, () => -0x8000),
      sd: Uint16Array.from(m, () => 10),
      coast: Uint16Array.from(m, (t) => (t.coast ?? 0) * 10),
      datum: Uint8Array.from(m, () => 0),
    },
    state: {
      count: s.length,
      id: Float64Array.from(s, (t) => t.id),
      stale: Uint16Array.from(s, (t) => t.stale ?? 60),
      existence: Uint8Array.from(s, () => 255),
      domain: Uint8Array.from(s, (t) => t.domain ?? 1),
      kind: Uint8Array.from(s, (t) => t.kind ?? 1),
      status: Uint8Array.from(s, (t) => t.status ?? 1),
      flags: Uint8Array.from(s, (t) => t.flags ?? 0),
      priority: Uint8Array.from(s, (t) => t.priority ?? 0),
      distress: Uint8Array.from(s, (t) => t.distress ?? 0),
      sensors: Uint8Array.from(s, () => 1),
    },
    labels: o.labels ?? [],
    gone: o.gone ?? [],
  }
}

// Decoder of the binary frames described in docs/protocol.md. The columns of a
// decoded frame are views of the message where alignment allows; nothing is
// copied but the ids and labels.

export const VERSION = 2
export const SNAPSHOT = 1
export const DELTA = 2

export const NO_SPEED = 0xffff
export const NO_COURSE = 0xffff
export const NO_HEIGHT = -0x8000

export const OWN = 1
export const UNPROVEN = 2
export const ON_GROUND = 4
/** Only people told of it. */
export const TOLD = 8
/** Only another tracker, a neighbour's, told of it. */
export const FOREIGN = 16

export const ENDED = 1
export const MERGED = 2
export const LEFT_VIEW = 3

/** The labels, in the order of their bits. */
export const LABELS = ['name', 'mmsi', 'icao', 'callsign', 'squawk', 'system'] as const
export type LabelName = (typeof LABELS)[number]

export interface Motion {
  count: number
  id: Float64Array
  lat: Int32Array
  lon: Int32Array
  age: Uint32Array
  speed: Uint16Array
  course: Uint16Array
  height: Int16Array
  sd: Uint16Array
  coast: Uint16Array
  datum: Uint8Array
}

export interface State {
  count: number
  id: Float64Array
  stale: Uint16Array
  existence: Uint8Array
  domain: Uint8Array
  kind: Uint8Array
  status: Uint8Array
  flags: Uint8Array
  priority: Uint8Array
  distress: Uint8Array
  sensors: Uint8Array
}

export interface Label {
  id: number
  /** Only the labels that changed; empty: removed. */
  values: Partial<Record<LabelName, string>>
}

export interface Gone {
  id: number
  reason: number
  /** The track that goes on; 0 unless merged. */
  into: number
}

export interface Frame {
  kind: typeof SNAPSHOT | typeof DELTA
  channel: number
  exercise: boolean
  shed: number
  epoch: number
  base: number
  sequence: number
  /** Server time in milliseconds since 1970. */
  clock: number
  /** Tracks that should be in the picture and follow. */
  missing: number
  /** All that changed more than so many ms before the clock is in the picture. */
  behind: number
  motion: Motion
  state: State
  labels: Label[]
  gone: Gone[]
}

/** A frame that breaks the protocol. `version` says that only its version does. */
export class FrameError extends Error {
  readonly version: boolean
  constructor(message: string, version = false) {
    super(message)
    this.version = version
  }
}

const HEADER = 64
const MOTION = 23
const STATE = 10
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads one message. It throws a FrameError on anything but a correct frame. */
export function decode(message: ArrayBuffer): Frame {
  const view = new DataView(message)
  if (view.byteLength < 1) throw new FrameError('empty frame')
  if (view.getUint8(0) !== VERSION) throw new FrameError(`protocol version ${view.getUint8(0)}`, true)
  if (view.byteLength < HEADER) throw new FrameError('frame ends in its header')
  const u32 = (at: number) => view.getUint32(at, true)
  const kind = view.getUint8(1)
  const gone = u32(4)
  const motion = u32(8)
  const state = u32(12)
  const labels = u32(16)
  const base = safe(view, 32)
  const sequence = safe(view, 40)
  if (kind !== SNAPSHOT && kind !== DELTA) throw new FrameError(`frame of kind ${kind}`)
  if (view.getUint8(3) > 1) throw new FrameError('unknown flags')
  if (base > sequence || (kind === SNAPSHOT && (base !== 0 || gone !== 0))) throw new FrameError('base does not fit')
  if (gone * 2 + motion * (MOTION + 1) + state * (STATE + 1) + labels * 3 > view.byteLength - HEADER)
    throw new FrameError('frame counts more rows than it holds')

  const r = new Reader(message)
  const m = readMotion(r, motion)
  const s = readState(r, state)
  r.ids(m.id)
  r.ids(s.id)
  const frame: Frame = {
    kind,
    channel: view.getUint8(2),
    exercise: view.getUint8(3) === 1,
    shed: u32(20),
    epoch: safe(view, 24),
    base,
    sequence,
    clock: safe(view, 48),
    missing: u32(56),
    behind: u32(60),
    motion: m,
    state: s,
    labels: readLabels(r, labels),
    gone: readGone(r, gone),
  }
  if (r.at !== view.byteLength) throw new FrameError('bytes left over')
  return frame
}

function safe(view: DataView, at: number): number {
  const high = view.getUint32(at + 4, true)
  if (high >= 0x200000) throw new FrameError('number over 2^53')
  return high * 0x100000000 + view.getUint32(at, true)
}

class Reader {
  at = HEADER
  readonly bytes: Uint8Array
  readonly message: ArrayBuffer

  constructor(message: ArrayBuffer) {
    this.message = message
    this.bytes = new Uint8Array(message)
  }

  /** Moves over n bytes and gives where they start. */
  skip(n: number): number {
    const at = this.at
    if (n > this.bytes.length - at) throw new FrameError('frame ends too early')
    this.at = at + n
    return at
  }

  pad() {
    while (this.at & 3) if (this.bytes[this.skip(1)] !== 0) throw new FrameError('padding is not zero')
  }

  varint(): number {
    let value = 0
    let factor = 1
    for (;;) {
      const b = this.bytes[this.skip(1)]!
      value += (b & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) throw new FrameError('number over 2^53')
      if (b < 0x80) {
        if (b === 0 && factor > 1) throw new FrameError('number longer than it needs')
        return value
      }
      factor *= 128
      if (factor > Number.MAX_SAFE_INTEGER) throw new FrameError('number over 2^53')
    }
  }

  nextId(last: number): number {
    const id = last + this.varint()
    if (id <= last || id > Number.MAX_SAFE_INTEGER) throw new FrameError('ids do not ascend')
    return id
  }

  ids(into: Float64Array) {
    let last = 0
    for (let i = 0; i < into.length; i++) into[i] = last = this.nextId(last)
  }

  text(): string {
    const n = this.bytes[this.skip(1)]!
    const at = this.skip(n)
    try {
      return text.decode(this.bytes.subarray(at, at + n))
    } catch {
      throw new FrameError('label is not UTF-8')
    }
  }
}

function readMotion(r: Reader, n: number): Motion {
  const at = r.skip(n * MOTION)
  const b = r.message
  const m: Motion = {
    count: n,
    id: new Float64Array(n),
    lat: new Int32Array(b, at, n),
    lon: new Int32Array(b, at + 4 * n, n),
    age: new Uint32Array(b, at + 8 * n, n),
    speed: new Uint16Array(b, at + 12 * n, n),
    course: new Uint16Array(b, at + 14 * n, n),
    height: new Int16Array(b, at + 16 * n, n),
    sd: new Uint16Array(b, at + 18 * n, n),
    coast: new Uint16Array(b, at + 20 * n, n),
    datum: new Uint8Array(b, at + 22 * n, n),
  }
  for (let i = 0; i < n; i++) {
    const course = m.course[i]!
    if (Math.abs(m.lat[i]!) > 90e7 || Math.abs(m.lon[i]!) > 180e7 || (course > 35999 && course !== NO_COURSE))
      throw new FrameError('place or course out of range')
  }
  r.pad()
  return m
}

function readState(r: Reader, n: number): State {
  const at = r.skip(n * STATE)
  const column = (k: number) => new Uint8Array(r.message, at + k * n, n)
  const s: State = {
    count: n,
    id: new Float64Array(n),
    stale: new Uint16Array(r.message, at, n),
    existence: column(2),
    domain: column(3),
    kind: column(4),
    status: column(5),
    flags: column(6),
    priority: column(7),
    distress: column(8),
    sensors: column(9),
  }
  r.pad()
  return s
}

function readLabels(r: Reader, n: number): Label[] {
  const rows: Label[] = []
  let last = 0
  for (let i = 0; i < n; i++) {
    const id = (last = r.nextId(last))
    const has = r.bytes[r.skip(1)]!
    if (has === 0 || has >= 1 << LABELS.length) throw new FrameError('unknown labels')
    const values: Label['values'] = {}
    for (let k = 0; k < LABELS.length; k++) if (has & (1 << k)) values[LABELS[k]!] = r.text()
    rows.push({ id, values })
  }
  return rows
}

function readGone(r: Reader, n: number): Gone[] {
  const rows: Gone[] = []
  let last = 0
  for (let i = 0; i < n; i++) {
    const id = (last = r.nextId(last))
    const reason = r.bytes[r.skip(1)]!
    if (reason < ENDED || reason > LEFT_VIEW) throw new FrameError('gone for an unknown reason')
    const into = reason === MERGED ? r.varint() : 0
    if (reason === MERGED && into === 0) throw new FrameError('merged into nothing')
    rows.push({ id, reason, into })
  }
  return rows
}

// How a sensor does, from how its feeds do; and why, in words.

import { timeOf, type Feed, type FeedState, type Offset, type Registration, type Version } from './api'
import * as format from './format'
import { t, tOr } from './i18n.svelte'

/** Of a sensor: that of its feeds, or that it has none, or holds no more. */
export type SensorState = FeedState | 'none' | 'ended'

const troubles: SensorState[] = ['refused', 'silent', 'degraded', 'starting', 'none', 'up', 'ended']

/** The worst first. */
export const trouble = (s: SensorState): number => troubles.indexOf(s)

/** Whether a version holds. */
export const inForce = (v: Version, now: number): boolean => {
  const until = timeOf(v.until)
  return (timeOf(v.from) ?? 0) <= now && (until === null || now < until)
}

const brings = (f: Feed): boolean => f.state === 'up' || f.state === 'degraded'

/** Nothing comes of a sensor with these feeds, and something should. */
export const isLost = (feeds: Feed[]): boolean => feeds.some((f) => f.state === 'silent' || f.state === 'refused') && !feeds.some((f) => brings(f) || f.state === 'starting')

/** The state of a sensor in force: while one of its feeds brings something it is at most degraded. */
export function stateOf(feeds: Feed[]): SensorState {
  if (!feeds.length) return 'none'
  const worst = worstOf(feeds)!.state
  return trouble(worst) < trouble('degraded') && !isLost(feeds) ? 'degraded' : worst
}

/** The feed that needs somebody most. */
export const worstOf = (feeds: Feed[]): Feed | undefined => feeds.toSorted((a, b) => trouble(a.state) - trouble(b.state))[0]

/** What the system says of a connection, in the words of the screen where it is a usual thing. */
function said(detail: string): string {
  const usual = [
    [/connection refused/, 'net.refused'], [/no such host|server misbehaving/, 'net.noHost'], [/no route to host|network is unreachable|host is down/, 'net.noRoute'],
    [/timeout|timed out|deadline/, 'net.timeout'], [/connection reset|broken pipe|EOF/, 'net.closed'], [/address already in use/, 'net.inUse'],
    [/cannot assign requested address/, 'net.notOurs'], [/no such file or directory|no such device/, 'net.noDevice'], [/permission denied/, 'net.permission'],
  ] as const
  const found = usual.find(([pattern]) => pattern.test(detail))
  return found ? t(found[1]) : `«${detail}»`
}

/** A kind of bad frames. */
export const badKind = (kind: string): string => tOr(`bad.${kind}`, kind)

export interface Explained { why: string; todo: string }

/** Why a feed is not up, and what to do; null: it is up. `name` says what people call a sensor. */
export function explain(f: Feed, name: (sensor: string) => string): Explained | null {
  const c = f.cause
  const time = format.age(Math.abs(c.seconds ?? 0) * 1000)
  const n = format.count(c.count ?? 0)
  const share = format.percent(c.share ?? 0)
  const kind = badKind(c.kind ?? '')
  const detail = c.detail ?? ''
  const { source } = f
  const sensor = name(c.sensor ?? f.sensor)
  switch (c.code) {
    case '': return null
    case 'waiting': return { why: t('cause.waiting', { time }), todo: t('todo.waiting') }
    case 'cannot-run': return { why: t('cause.cannotRun', { detail }), todo: t('todo.cannotRun') }
    case 'exercise-apart': return { why: t('cause.apart', { sensor }), todo: t('todo.apart') }
    case 'sensor-not-registered': return { why: t('cause.noSensor', { sensor }), todo: t('todo.noSensor') }
    case 'sender-not-allowed': return { why: t('cause.sender', { sender: c.sender ?? '?', n }), todo: t('todo.sender') }
    case 'other-source': return { why: t('cause.otherSource', { detail, n }), todo: t('todo.otherSource') }
    case 'recording-ended': return { why: t('cause.ended'), todo: t('todo.ended') }
    case 'connection-fails': return { why: t('cause.connection', { source, detail: said(detail) }), todo: t('todo.connection') }
    case 'connection-unstable': return { why: t('cause.unstable', { source, n, detail: said(detail) }), todo: t('todo.unstable') }
    case 'nothing-comes': return { why: t('cause.nothing', { source, time }), todo: t('todo.nothing') }
    case 'nothing-readable': return { why: t('cause.unreadable', { source, format: formatName(f.format), n, kind }), todo: t('todo.unreadable') }
    case 'many-bad': return { why: t('cause.manyBad', { share, n, kind }), todo: t('todo.manyBad') }
    case 'clock-contradicts-ours': return { why: t('cause.clock', { time, share }), todo: t('todo.clock') }
    case 'late': return { why: t('cause.late', { time, share }), todo: t('todo.late') }
  }
}

export const formatName = (f: string): string => tOr(`format.${f}`, f)

/** What is known of how far a sensor is off: a name and what is measured too much, for people. */
export function offsets(r: Registration): { name: string; value: string }[] {
  const told = (o: Offset, digits: number, unit: string) =>
    `${o.off < 0 ? '−' : '+'}${format.number(Math.abs(o.off), digits)}${unit} ± ${format.number(o.sd, digits)}${unit} (1 σ)`
  return [
    ...(r.azimuth_deg ? [{ name: t('registration.azimuth'), value: told(r.azimuth_deg, 2, '°') }] : []),
    ...(r.range_m ? [{ name: t('registration.range'), value: told(r.range_m, 1, ' m') }] : []),
    ...(r.time_ms ? [{ name: t('registration.time'), value: told(r.time_ms, 0, ' ms') }] : []),
  ]
}

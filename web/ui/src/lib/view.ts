// What a screen shows, and its address: a link pasted by a colleague shows the
// same. Everything in an address is untrusted: what is not understood or out
// of bounds is left out, and the rest holds.

import { layers, usualLayers, type Layer } from './layers'
import { domains } from './names'

export const screens = [
  'operations', // the map
  'alerts', // the queue alone, for a second monitor
  'cases', 'reports', 'tasks', 'log', 'rules', 'permits', 'areas', 'authorities', 'sensors', 'people', 'account', 'help',
] as const
export type Screen = (typeof screens)[number]

/** Panels at the left of the map; '' is folded. */
export const panels = ['', 'tracks', 'feeds', 'layers', 'terrain'] as const
export type Panel = (typeof panels)[number]

/** What the alert queue lists; '' is folded. */
export const queues = ['', 'open', 'shelved', 'closed', 'notices', 'health'] as const
export type Queue = (typeof queues)[number]

export const symbolSets = ['civil', 'military'] as const
export type SymbolSet = (typeof symbolSets)[number]

export type Domain = (typeof domains)[number]

/** Things that are chosen by their name, one of each kind at a time. */
export const chosen = ['alert', 'case', 'area', 'report', 'task', 'permit', 'sensor', 'asset', 'rule', 'person', 'authority'] as const
export type Chosen = (typeof chosen)[number]

/** Where the map looks. */
export interface Place {
  lat: number // degrees
  lon: number
  zoom: number
}

export interface View extends Record<Chosen, string> {
  screen: Screen
  /** null: where this person looked last, else the whole region. */
  place: Place | null
  /** The chosen track; 0: none. Of `Chosen` the empty text means none. */
  track: number
  /** The map goes with the chosen track. */
  follow: boolean
  /** Layers that are shown, in the order of `layers`. */
  layers: readonly Layer[]
  /** The user's own maps that are shown, by id; null: all. */
  maps: readonly string[] | null
  symbols: SymbolSet
  /** Lists are filtered: by words, */
  find: string
  /** tracks by domain (none: all), */
  domains: readonly Domain[]
  /** tracks by asking for attention, */
  attention: boolean
  /** records by state (none: the screen's usual ones). */
  states: readonly string[]
  /** records from this time, ms since 1970, */
  from: number | null
  /** and before that one; null: without a limit. */
  to: number | null
  /** null: the list's usual order. */
  sort: { by: string; down: boolean } | null
  /** Columns of the track table; none: this person's own choice. */
  columns: readonly string[]
  /** Time of a replay, ms since 1970; null: live. */
  at: number | null
  /** Times that the replay runs faster than the clock did; 0: it stands. */
  speed: number
  panel: Panel
  /** The panel has the map's place too. */
  wide: boolean
  queue: Queue
  /** Frames are measured; see measure.ts. */
  measure: boolean
}

export const usual: View = {
  screen: 'operations', place: null, track: 0, follow: false,
  alert: '', case: '', area: '', report: '', task: '', permit: '', sensor: '', asset: '', rule: '', person: '', authority: '',
  layers: usualLayers, maps: null, symbols: 'civil', find: '', domains: [], attention: false, states: [], from: null, to: null, sort: null, columns: [],
  at: null, speed: 0, panel: 'tracks', wide: false, queue: 'open', measure: false,
}

export const MAX_SPEED = 60
const MAX_NAME = 200 // as the API bounds names
const MAX_TEXT = 100
const MAX_ITEMS = 30
const MAX_ZOOM = 22
const FIRST = Date.UTC(2000, 0, 1)
const LAST = Date.UTC(2100, 0, 1)

/** Reads an address; unknown parts are ignored. */
export function parse(address: { pathname: string; search: string }): View {
  const q = new URLSearchParams(address.search)
  const text = (name: string, longest: number) => {
    const s = q.get(name) ?? ''
    return s.length <= longest && !/\p{Cc}/u.test(s) ? s : ''
  }
  const words = (name: string) => text(name, 1000).split(',').filter((w) => /^[a-z][a-z_-]{0,29}$/.test(w)).slice(0, MAX_ITEMS)
  const first = address.pathname.split('/')[1]
  const at = readTime(q.get('t'))
  return {
    screen: oneOf(screens, first) ?? usual.screen,
    place: readPlace(q.get('map')),
    track: whole(q.get('track'), 1, Number.MAX_SAFE_INTEGER) ?? 0,
    follow: q.has('follow'),
    ...(Object.fromEntries(chosen.map((name) => [name, text(name, MAX_NAME)])) as Record<Chosen, string>),
    layers: q.has('layers') ? layers.filter((l) => words('layers').includes(l)) : usual.layers,
    maps: q.has('maps') ? unique(text('maps', 1000).split(',').filter((m) => /^[\w][\w.-]{0,99}$/.test(m) && m !== 'none')).slice(0, MAX_ITEMS) : usual.maps,
    symbols: oneOf(symbolSets, q.get('symbols')) ?? usual.symbols,
    find: text('find', MAX_TEXT),
    domains: domains.filter((d) => words('domains').includes(d)),
    attention: q.has('attention'),
    states: unique(words('states')),
    from: readTime(q.get('from')),
    to: readTime(q.get('to')),
    sort: readSort(q.get('sort')),
    columns: unique(words('columns')),
    at,
    speed: at === null ? 0 : (whole(q.get('speed'), 0, MAX_SPEED) ?? 0),
    panel: oneOf(panels, q.get('panel') === 'none' ? '' : q.get('panel')) ?? usual.panel,
    wide: q.has('wide'),
    queue: oneOf(queues, q.get('queue') === 'none' ? '' : q.get('queue')) ?? usual.queue,
    measure: q.has('measure'),
  }
}

/** The address of a view, from the root; parse() reads it back. */
export function format(v: View): string {
  const parts: string[] = []
  const add = (name: string, value: string) => parts.push(value === '' ? name : `${name}=${encode(value)}`)
  if (v.place) add('map', `${fixed(v.place.zoom, 2)}/${fixed(v.place.lat, 5)}/${fixed(v.place.lon, 5)}`)
  if (v.at !== null) add('t', writeTime(v.at))
  if (v.at !== null && v.speed) add('speed', String(v.speed))
  if (v.track) add('track', String(v.track))
  if (v.follow) add('follow', '')
  for (const name of chosen) if (v[name]) add(name, v[name])
  if (v.panel !== usual.panel) add('panel', v.panel || 'none')
  if (v.wide) add('wide', '')
  if (v.queue !== usual.queue) add('queue', v.queue || 'none')
  if (v.find) add('find', v.find)
  if (v.domains.length) add('domains', v.domains.join())
  if (v.attention) add('attention', '')
  if (v.states.length) add('states', v.states.join())
  if (v.from !== null) add('from', writeTime(v.from))
  if (v.to !== null) add('to', writeTime(v.to))
  if (v.sort) add('sort', (v.sort.down ? '-' : '') + v.sort.by)
  if (v.columns.length) add('columns', v.columns.join())
  if (v.layers.join() !== usual.layers.join()) add('layers', v.layers.join() || 'none')
  if (v.maps) add('maps', v.maps.join() || 'none')
  if (v.symbols !== usual.symbols) add('symbols', v.symbols)
  if (v.measure) add('measure', '')
  const path = v.screen === 'operations' ? '/' : `/${v.screen}`
  return parts.length ? `${path}?${parts.join('&')}` : path
}

/** What a link to another screen keeps: place, time and what is chosen, but not the filters of the list that is left. */
export const onScreen = (v: View, screen: Screen): View => ({ ...v, screen, find: '', states: [], from: null, to: null, sort: null })

/** As encodeURIComponent, but leaves what an address may have and people read. */
const encode = (s: string) => encodeURIComponent(s).replace(/%(?:2C|2F|3A|40)/g, decodeURIComponent).replaceAll('%20', '+')

const fixed = (n: number, digits: number) => String(Number(n.toFixed(digits)))

const oneOf = <T extends string>(list: readonly T[], s: string | null | undefined): T | undefined => list.find((x) => x === s)

const unique = (list: string[]) => [...new Set(list)]

function whole(s: string | null, least: number, most: number): number | undefined {
  if (s === null || !/^\d{1,16}$/.test(s)) return undefined
  const n = Number(s)
  return n >= least && n <= most ? n : undefined
}

function readPlace(s: string | null): Place | null {
  const m = /^(-?\d{1,3}(?:\.\d{1,9})?)\/(-?\d{1,3}(?:\.\d{1,9})?)\/(-?\d{1,3}(?:\.\d{1,9})?)$/.exec(s ?? '')
  if (!m) return null
  const [zoom, lat, lon] = m.slice(1).map(Number) as [number, number, number]
  return zoom >= 0 && zoom <= MAX_ZOOM && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon, zoom } : null
}

const writeTime = (ms: number) => new Date(ms).toISOString().replace('.000Z', 'Z')

function readTime(s: string | null): number | null {
  if (s === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(s)) return null
  const t = Date.parse(s)
  return t >= FIRST && t < LAST ? t : null
}

function readSort(s: string | null): View['sort'] {
  const m = /^(-?)([a-z][a-z_-]{0,29})$/.exec(s ?? '')
  return m ? { by: m[2]!, down: m[1] === '-' } : null
}

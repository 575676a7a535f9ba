// The columns of the track table.

import * as format from './format'
import { t, tOr, type Plain } from './i18n.svelte'
import type { SortBy } from './list'
import { datums, distresses, domains, kinds, statuses } from './names'
import { title, type TrackRow } from './picture'
import { FOREIGN, UNPROVEN } from './wire'

export interface Column {
  head: Plain
  sort: SortBy | null
  /** rem */
  width: number
  right?: boolean
  text(r: TrackRow, now: number): string
}

const none = '–'

const all = {
  name: { head: 'column.name', sort: 'name', width: 7, text: (r) => title(r.id, r.labels) },
  attention: {
    head: 'column.attention', sort: 'attention', width: 7,
    text: (r) => (r.distress ? tOr(`distress.${distresses[r.distress]}`, '') : r.priority ? tOr(`alert.priority.${r.priority}`, '') : none),
  },
  number: { head: 'column.number', sort: 'number', width: 4.5, right: true, text: (r) => `T${r.id}` },
  kind: {
    head: 'column.kind', sort: 'kind', width: 8.5,
    text: (r) => (r.kind ? tOr(`kind.${kinds[r.kind]}`, '') : r.domain ? `${t('kind.unknown')}, ${tOr(`domain.${domains[r.domain]}`, '')}` : t('kind.unknown')),
  },
  claims: {
    head: 'column.claims', sort: null, width: 9,
    text: (r) => [r.labels.mmsi, r.labels.icao?.toUpperCase(), r.labels.callsign, r.labels.squawk].filter(Boolean).join(' · ') || none,
  },
  speed: { head: 'detail.speed', sort: 'speed', width: 4.5, right: true, text: (r) => (r.speed === null ? none : format.speed(r.speed, r.domain)) },
  course: { head: 'detail.course', sort: 'course', width: 4, right: true, text: (r) => (r.course === null ? none : format.course(r.course)) },
  height: {
    head: 'detail.height', sort: 'height', width: 6, right: true,
    text: (r) => (r.height === null ? none : `${format.count(r.height)} m${r.datum ? ` ${t(`column.datum.${datums[r.datum] ?? 'none'}`)}` : ''}`),
  },
  position: { head: 'detail.position', sort: null, width: 14.5, text: (r) => format.position(r.lat, r.lon) },
  error: { head: 'column.error', sort: 'error', width: 5.5, right: true, text: (r) => `± ${format.metres(r.sd)}` },
  sure: { head: 'column.sure', sort: 'sure', width: 4.5, right: true, text: (r) => format.percent(r.existence) },
  state: { head: 'column.state', sort: null, width: 7, text: (r) => t(`column.status.${statuses[r.status] ?? 'ended'}`) },
  sensors: { head: 'column.sensors', sort: 'sensors', width: 5, right: true, text: (r) => (r.sensors === 255 ? '255+' : String(r.sensors)) },
  sender: { head: 'column.sender', sort: null, width: 7.5, text: (r) => t(r.flags & FOREIGN ? 'column.foreign' : r.flags & UNPROVEN ? 'column.unproven' : 'column.proven') },
  age: { head: 'column.age', sort: 'age', width: 3.75, right: true, text: (r, now) => format.age(now - r.seen) },
} as const satisfies Record<string, Column>

export type ColumnName = keyof typeof all
export const columns: Readonly<Record<ColumnName, Column>> = all
export const columnNames = Object.keys(all) as ColumnName[]

/** Beside the map, and in its place. */
export const usualColumns: readonly ColumnName[] = ['name', 'speed', 'age']
export const wideColumns: readonly ColumnName[] = ['name', 'attention', 'kind', 'claims', 'speed', 'course', 'height', 'position', 'error', 'sure', 'sensors', 'age']

/** The columns of a list of names, in the table's order; unknown ones are left out. */
export const columnsOf = (wanted: readonly string[]): ColumnName[] => columnNames.filter((c) => wanted.includes(c))

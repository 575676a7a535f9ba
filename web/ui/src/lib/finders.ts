// What the search box finds by itself.

import { type Alert } from './api'
import { commands } from './commands/registry.svelte'
import { commandIds, commandTable } from './commands/table'
import * as format from './format'
import type { Frame } from './frame.svelte'
import { gear } from './gear.svelte'
import { said, t, tOr } from './i18n.svelte'
import { domains, kinds } from './names'
import { fold, title, type TrackRow } from './picture'
import { inForce } from './sensing'
import type { Finder, Found } from './search.svelte'
import { timeIn } from './when'
import { view } from './view.svelte'

const MOST_TRACKS = 8
const MOST_TOWNS = 5

/** How well a text fits what is looked for; 0: not. Both are folded. */
export function fit(text: string, wanted: string): number {
  if (text === wanted) return 1
  if (text.startsWith(wanted)) return 0.8
  if (text.includes(` ${wanted}`)) return 0.65
  return wanted.split(/\s+/).every((w) => text.includes(w)) ? 0.5 : 0
}

const fitting = (found: Found[]) => found.filter((f) => f.rank > 0)

export const finders = (f: Frame): Record<string, Finder> => ({
  commands: (text) => {
    const wanted = fold(text)
    return fitting(commandIds.filter((id) => id !== 'go.search' && commands.available(id)).map((id): Found => {
      const { text: key, group } = commandTable[id]
      const keys = commands.keys(id)[0]
      return {
        id, icon: 'command', title: t(key), detail: t(`command.group.${group}`), rank: 0.95 * fit(fold(t(key)), wanted),
        ...(keys ? { keys } : {}), run: () => void commands.run(id),
      }
    }))
  },

  tracks: async (text) => (await f.live.find(text, MOST_TRACKS)).map((r) => ({
    id: String(r.id), icon: 'tracks', title: title(r.id, r.labels), detail: trackDetail(r, f.live.time), rank: Math.max(0.4, fit(fold(title(r.id, r.labels)), fold(text))),
    run: () => {
      view.open('operations')
      f.chooseTrack(r.id)
      f.goTo(r.lat, r.lon)
    },
  })),

  alerts: (text) => {
    const wanted = fold(text)
    return fitting(f.live.alerts.map((a): Found => ({
      id: a.id, icon: 'alerts', title: said(a.finding.why), detail: `${t('search.alert')} · ${tOr(`alert.priority.${a.priority}`, '')}`,
      rank: 0.7 * fit(fold(`${alertName(a)} ${said(a.finding.why)}`), wanted), run: () => f.chooseAlert(a),
    }))).slice(0, 4)
  },

  areas: (text) => {
    const wanted = fold(text)
    return fitting((f.areas?.features ?? []).map((a): Found => ({
      id: a.id, icon: 'areas', title: a.properties.name, detail: t('search.area'), rank: 0.8 * fit(fold(a.properties.name), wanted), run: () => view.open('areas', { area: a.id }),
    }))).slice(0, 4)
  },

  papers: (text) => {
    const [, letter, number] = /^([rk])(\d{1,9})$/i.exec(text.trim()) ?? []
    if (!letter) return []
    const [screen, name] = letter.toLowerCase() === 'r' ? (['reports', 'report'] as const) : (['tasks', 'task'] as const)
    const id = `${letter.toUpperCase()}${number}`
    return [{ id, icon: screen, title: t(`${name}.title`, { id }), detail: t(`${screen}.title`), rank: 0.97, run: () => view.open(screen, { [name]: id }) }]
  },

  sensors: (text) => {
    const wanted = fold(text)
    const now = f.live.now
    const sensors = gear.sensors.filter((s) => inForce(s.version, now)).map((s): Found => ({
      id: s.id, icon: 'sensors', title: s.name || s.id, detail: `${t('sensors.found')} · ${tOr(`sensor.kind.${s.kind}`, s.kind)} · ${s.id}`,
      rank: 0.85 * Math.max(fit(fold(s.name), wanted), fit(fold(s.id), wanted)), run: () => view.open('sensors', { sensor: s.id, asset: '' }),
    }))
    const assets = gear.assets.filter((a) => inForce(a.version, now)).map((a): Found => ({
      id: `asset ${a.id}`, icon: 'tasks', title: a.name || a.id, detail: `${t('sensors.foundAsset')} · ${tOr(`asset.kind.${a.kind}`, a.kind)} · ${a.id}`,
      rank: 0.75 * Math.max(fit(fold(a.name), wanted), fit(fold(a.id), wanted)), run: () => view.open('sensors', { asset: a.id, sensor: '' }),
    }))
    return fitting([...sensors, ...assets]).slice(0, 6)
  },

  towns: async (text) => {
    const wanted = fold(text)
    if (wanted.length < 2) return []
    const found = (await towns()).map((town): Found & { size: number } => ({
      id: `${town.name} ${town.lat}`, icon: 'place', title: town.name, detail: `${t('search.town')} · ${format.position(town.lat, town.lon)}`, size: town.population,
      rank: 0.6 * fit(fold(town.name), wanted),
      run: () => {
        view.open('operations')
        f.goTo(town.lat, town.lon)
      },
    }))
    return found.filter((x) => x.rank > 0).toSorted((a, b) => b.rank - a.rank || b.size - a.size).slice(0, MOST_TOWNS)
  },

  times: (text) => {
    const at = timeIn(text, f.live.now)
    return at === null ? [] : [{
      id: String(at), icon: 'clock', title: format.time(at, f.live.now), detail: t('search.time'), rank: 0.98,
      run: () => view.go({ screen: 'operations', at, speed: 0 }),
    }]
  },
})

const alertName = (a: Alert) => title(a.finding.track, Object.fromEntries((a.finding.belief.claims ?? []).map((c) => [c.kind, c.value])))

const trackDetail = (r: TrackRow, now: number) =>
  [t('search.track'), r.kind ? tOr(`kind.${kinds[r.kind]}`, '') : tOr(`domain.${domains[r.domain]}`, ''), ...Object.values(r.labels).filter((l) => l !== title(r.id, r.labels)).slice(0, 2), t('list.age', { age: format.age(now - r.seen) })].join(' · ')

interface Town { name: string; population: number; lat: number; lon: number }
let loaded: Promise<Town[]> | undefined

/** The towns of the base map, read once, when somebody searches. */
function towns(): Promise<Town[]> {
  loaded ??= fetch('/basemap/towns.geojson')
    .then((r) => r.json())
    .then((c: { features: { properties: { name: string; population: number }; geometry: { coordinates: [number, number] } }[] }) =>
      c.features.map(({ properties: p, geometry: g }) => ({ name: p.name, population: p.population, lat: g.coordinates[1], lon: g.coordinates[0] })))
    .catch(() => {
      loaded = undefined // asked again with the next letter
      return []
    })
  return loaded
}

// What the search box finds by itself.

import { api, timeOf, type Alert, type PlaceKind } from './api'
import { commands } from './commands/registry.svelte'
import { commandIds, commandTable } from './commands/table'
import { FORMS, parse, write } from './coordinates'
import * as format from './format'
import type { Frame } from './frame.svelte'
import { gear } from './gear.svelte'
import { said, t, tOr } from './i18n.svelte'
import { domains, kinds } from './names'
import { fold, title, type TrackRow } from './picture'
import { ruleName } from './rules'
import { inForce } from './sensing'
import type { Finder, Found } from './search.svelte'
import { timeIn } from './when'
import { view } from './view.svelte'

type Labels = TrackRow['labels']

const MOST_TRACKS = 8
const MOST_PLACES = 6
const MOST_ENDED = 5
/** The past is asked when nobody has typed for so long. */
const PAUSE_MS = 250
const ALERT_ID = /^A[A-Z2-7]{13}$/

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

  /** An alert by its id, closed ones too. */
  alertId: async (text) => {
    const id = text.trim().toUpperCase()
    if (!ALERT_ID.test(id)) return []
    const a = await api.alert(id)
    return [{ id, icon: 'alerts', title: said(a.finding.why), detail: `${t('search.alert')} · ${t(`alert.state.${a.state}`)}`, rank: 1, run: () => f.chooseAlert(a) }]
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

  /** Rules by their name; they are asked for each time, for they change seldom and are few. */
  rules: async (text) => {
    const wanted = fold(text)
    if (wanted.length < 2) return []
    return fitting((await api.rules()).map((r): Found => ({
      id: r.id, icon: 'rules', title: ruleName(r), detail: `${t('search.rule')} · ${t(`rules.kind.${r.kind}`)} · ${r.id}`,
      rank: 0.75 * Math.max(fit(fold(ruleName(r)), wanted), fit(fold(r.id), wanted)), run: () => view.open('rules', { rule: r.id, states: [] }),
    }))).slice(0, 4)
  },

  /** Tracks that ended, or are not in the picture of the time that is shown. */
  past: async (text) => {
    const wanted = fold(text)
    if (wanted.length < 3 || timeIn(text, f.live.now) !== null || parse(text).ok) return []
    const wish = ++asked
    await new Promise((rest) => setTimeout(rest, PAUSE_MS))
    if (wish !== asked) return [] // somebody typed on
    const [{ tracks }, shown] = await Promise.all([api.historyTracks(text, 2 * MOST_ENDED), f.live.find(text, 100)])
    const here = new Set(shown.map((r) => r.id))
    return tracks.filter((x) => !here.has(x.track.id)).slice(0, MOST_ENDED).map(({ track, known, living }) => {
      const labels = Object.fromEntries((track.claims ?? []).map((c) => [c.kind, c.value])) as Labels
      const name = title(track.id, labels)
      const at = living ? null : timeOf(known)
      return {
        id: String(track.id), icon: 'replay', title: name,
        detail: [living ? t('search.trackNow') : t('search.trackEnded'), ...Object.values(labels).filter((l) => l !== name).slice(0, 2), ...(at === null ? [] : [format.time(at, f.live.now)])].join(' · '),
        rank: Math.max(0.3, 0.9 * fit(fold(name), wanted)),
        run: () => {
          view.go({ screen: 'operations', track: track.id, alert: '', at, speed: 0 })
          f.goTo(track.state.position.lat, track.state.position.lon)
        },
      }
    })
  },

  /** Towns and areas; what is ours has a finder of its own. */
  places: async (text) => {
    const wanted = fold(text)
    if (wanted.length < 2) return []
    return (await api.places(text, MOST_PLACES)).places.filter((p) => p.kind === 'town' || p.kind === 'area').map((p): Found => ({
      id: `${p.kind} ${p.id}`, icon: placeIcons[p.kind], title: p.name, rank: Math.max(0.3, (p.kind === 'town' ? 0.6 : 0.8) * fit(fold(p.name), wanted)),
      detail: [t(`search.${p.kind}`), ...(p.kind === 'town' && p.detail ? [p.detail] : []), format.position(p.position.lat, p.position.lon)].join(' · '),
      run: () => {
        if (p.kind === 'area') view.open('operations', { area: p.id })
        else view.open('operations')
        f.goTo(p.position.lat, p.position.lon)
      },
    }))
  },

  /** A coordinate in any form; what was meant is said in two others. */
  coordinates: (text) => {
    const p = parse(text)
    if (!p.ok) return []
    return [{
      id: text, icon: 'centre', title: write(p, p.form), rank: 0.99,
      detail: [t('search.coordinate'), ...FORMS.filter((form) => form !== p.form).slice(0, 2).map((form) => write(p, form)), ...(p.metres ? [t('search.square', { side: format.metres(p.metres) })] : [])].join(' · '),
      run: () => {
        view.open('operations')
        f.tellPlace(p.lat, p.lon)
      },
    }]
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

const placeIcons = { town: 'place', area: 'areas', asset: 'tasks', sensor: 'sensors' } as const satisfies Record<PlaceKind, string>

/** Of several askings of the past only the last one is done. */
let asked = 0

// What is being written into a form. It stays while one looks at another
// screen, or picks a place on the map.

import { api, Problem, requestKey, type Registered, type Registry } from '../../lib/api'
import { parse, write } from '../../lib/coordinates'
import { count as number } from '../../lib/format'
import { gear } from '../../lib/gear.svelte'
import { t, tOr } from '../../lib/i18n.svelte'
import { picking } from '../../lib/picking.svelte'
import { problemText } from '../../lib/problem'
import { view } from '../../lib/view.svelte'
import { asked, fresh, valuesOf, wish, wrong, type Field, type Values } from './fields'

export class Draft {
  values: Values = $state({})
  id = $state('')
  reason = $state('')
  /** What is wrong, by field. */
  errors: Record<string, string> = $state({})
  trouble = $state('')
  busy = $state(false)
  readonly list: Registry
  /** The version that is changed; null: it is new. */
  readonly before: Registered | null
  /** Of a feed: whose reports it brings. */
  readonly sensor: string
  private key = requestKey() // one wish, however often it is sent
  private sent = ''

  constructor(list: Registry, before: Registered | null, sensor = '', more: Values = {}) {
    this.list = list
    this.before = before
    this.sensor = sensor
    this.values = { ...(before ? valuesOf(list, before) : fresh(list)), ...more }
  }

  get asked(): Field[] {
    return asked(this.list, this.values)
  }

  /** What is wrong that can be seen here, by field. */
  private look(): Record<string, string> {
    const errors: Record<string, string> = {}
    for (const f of this.asked) {
      const w = wrong(f, this.values)
      if (w === 'place') {
        const p = parse(String(this.values[f.name]))
        errors[f.name] = p.ok ? '' : t(`coordinate.${p.why}`)
      } else if (w === 'bounds') errors[f.name] = t('field.bounds', { least: number(f.least ?? 0), most: number(f.most ?? 0), unit: f.unit ?? '' })
      else if (w) errors[f.name] = w === 'number' ? t('field.number') : t('field.required')
    }
    if (!this.reason.trim()) errors.reason = t('field.required')
    return errors
  }

  /** Looks at all fields; true: nothing is wrong that can be seen here. */
  private check(): boolean {
    this.errors = this.look()
    return Object.keys(this.errors).length === 0
  }

  /** A field was changed: what was wrong with it is looked at again. */
  touched(name: string) {
    if (!this.errors[name]) return
    const now = this.look()[name]
    if (now) this.errors[name] = now
    else delete this.errors[name]
  }

  /** Saves it; null: it was refused, and says why. */
  async save(now: number): Promise<Registered | null> {
    this.trouble = ''
    if (this.busy || !this.check()) return null
    const to = wish(this.list, this.values, this.sensor, this.before, now)
    const said = JSON.stringify([this.id, this.reason, to])
    if (said !== this.sent) this.key = requestKey()
    this.sent = said
    this.busy = true
    try {
      const { now: made } = this.before
        ? await api.change<Registered>(this.list, this.before.id, this.before.version.number, to, this.reason.trim(), this.key)
        : await api.register<Registered>(this.list, this.id.trim(), to, this.reason.trim(), this.key)
      gear.take(this.list, made)
      return made
    } catch (e) {
      this.refused(e)
      return null
    } finally {
      this.busy = false
    }
  }

  /** Shows a refusal at its fields, the rest below. */
  private refused(e: unknown) {
    const known = new Set(['id', 'reason', ...this.asked.map((f) => f.name)])
    const errors: Record<string, string> = {}
    for (const w of e instanceof Problem ? e.errors : []) {
      const name = /^body\.(?:to\.)?(\w+)/.exec(w.location)?.[1] ?? ''
      if (known.has(name)) errors[name] = tOr(`fieldWrong.${name}`, w.message)
    }
    if (e instanceof Problem && e.code === 'version-conflict' && !this.before) errors.id = e.message
    this.errors = errors
    if (!Object.keys(errors).length) this.trouble = e instanceof Problem && e.code === 'version-conflict' ? t('form.conflict') : problemText(e)
  }

  /** Lets the position be picked on the map, and comes back. */
  async pick() {
    const { screen, sensor, asset, panel } = view.now
    const here = parse(String(this.values.position))
    view.open('operations', { panel: '', ...(here.ok ? { place: { lat: here.lat, lon: here.lon, zoom: Math.max(view.now.place?.zoom ?? 0, 12) } } : {}) })
    const at = await picking.ask(t('place.where', { name: String(this.values.name) || t('sensors.new') }))
    if (at) this.values.position = write(at, 'decimal')
    if (view.now.screen === 'operations') view.open(screen, { sensor, asset, panel })
  }
}

class Drafting {
  now: Draft | null = $state.raw(null)
}

export const drafting = new Drafting()

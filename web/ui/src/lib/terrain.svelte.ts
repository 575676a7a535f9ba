// Elevation on the screen: what is configured, what is seen from a place.

import { api, type Corridors, type CorridorsWish, type Elevation, type ElevationState, type Grounds, type Job, type Profile, type ProfileWish, type Sites, type SitesWish, type Viewshed, type ViewshedWish } from './api'
import type { LatLon } from './coordinates'
import { problemText } from './problem'
import { SightRaster, TARGETS, type Areas } from './sightraster'

/** A job of the server that this page follows; one at a time. */
export class Work<T> {
  job: Job | null = $state.raw(null)
  trouble = $state('')
  private turn = 0
  /** The job that was asked for last, once the server has answered; null: it is not wanted any more. */
  private begun: Promise<Job | null> = Promise.resolve(null)

  get busy(): boolean {
    return this.job !== null && (this.job.state === 'waiting' || this.job.state === 'running')
  }

  /** Asks, waits, and takes what came of it; null: it failed, was cancelled or was asked anew. */
  async run(ask: () => Promise<Job>, take: (j: Job) => T | undefined): Promise<T | null> {
    await this.cancel()
    const turn = ++this.turn
    this.trouble = ''
    try {
      let job = await (this.begun = this.begin(ask, turn))
      for (;;) {
        if (!job || turn !== this.turn) return null
        this.job = job
        if (!this.busy) break
        job = await api.job(job.id, 2)
      }
      if (job.state === 'done') return take(job) ?? null
      if (job.state === 'failed') this.trouble = job.trouble ?? ''
    } catch (e) {
      if (turn === this.turn) {
        this.trouble = problemText(e)
        this.job = null
      }
    }
    return null
  }

  /** Asks when what was asked before is answered: the server does one at a time. */
  private async begin(ask: () => Promise<Job>, turn: number): Promise<Job | null> {
    await this.begun.catch(() => null)
    if (turn !== this.turn) return null
    const job = await ask()
    if (turn === this.turn) return job
    await this.end(job)
    return null
  }

  private async end(job: Job) {
    await api.cancelJob(job.id).catch(() => undefined) // it ended by itself
  }

  async cancel() {
    const { job, busy } = this
    this.turn++
    this.job = null
    if (job && busy) await this.end(job)
  }
}

class Terrain {
  /** null: not known yet, or the server does not say. */
  state: ElevationState | null = $state.raw(null)
  /** What the map shows of a place; the tool that was used last counts. */
  sight: SightRaster | null = $state.raw(null)
  target = $state<number>(TARGETS.man)
  /** How much is seen, as the map has painted it. */
  areas: Areas | null = $state.raw(null)
  /** The map is shown in three dimensions. */
  solid = $state(false)
  /** Where the observer is to stand. */
  observer: LatLon | null = $state.raw(null)
  readonly viewshed = new Work<Viewshed>()
  profile: Profile | null = $state.raw(null)
  corridors: Corridors | null = $state.raw(null)
  sites: Sites | null = $state.raw(null)
  /** The jobs that what is shown came of: their files can be had. */
  jobs = $state({ sight: '', corridors: '', sites: '' })
  /** The corridor that was chosen in the list, from 0; -1: none. */
  chosen = $state(-1)
  readonly corridorWork = new Work<Corridors>()
  readonly siteWork = new Work<Sites>()
  /** What the map shows now: west, south, east, north; the map gives it. */
  seen: () => [number, number, number, number] | null = $state.raw(() => null)

  async load() {
    this.state = await api.elevation().catch(() => this.state)
  }

  /** The models, the first choice first. */
  get models(): Elevation[] {
    return this.state?.models ?? []
  }

  /** What an answer rests on, as it is told of a model. */
  about(g: Grounds): Elevation {
    const COARSE = 100 // m
    return { ...g.elevation, resolution_m: g.resolution_m, optimism: g.optimism.factor, warn: g.resolution_m > COARSE, bounds: [0, 0, 0, 0] }
  }

  async ask(wish: ProfileWish) {
    this.profile = await api.profile(wish)
  }

  async findCorridors(wish: CorridorsWish) {
    const found = await this.corridorWork.run(() => api.askCorridors(wish), (j) => j.corridors)
    if (!found) return
    this.corridors = found
    this.jobs.corridors = this.corridorWork.job?.id ?? ''
    this.chosen = found.corridors.length ? 0 : -1
  }

  async findSites(wish: SitesWish) {
    const found = await this.siteWork.run(() => api.askSites(wish), (j) => j.sites)
    if (!found) return
    this.sites = found
    this.jobs.sites = this.siteWork.job?.id ?? ''
  }

  async look(wish: ViewshedWish) {
    const v = await this.viewshed.run(() => api.askViewshed(wish), (j) => j.viewshed)
    if (!v) return
    const job = this.viewshed.job?.id ?? ''
    try {
      this.sight = new SightRaster(v, await api.rasterValues(v))
      this.jobs.sight = job
    } catch (e) {
      this.viewshed.trouble = problemText(e)
    }
  }

  clear() {
    void this.viewshed.cancel()
    this.sight = null
    this.areas = null
  }
}

export const terrain = new Terrain()

// What is registered that brings the picture: sensors, their feeds, things of
// ours. It is asked for once, and again when the server says that one changed.

import { api, type Asset, type Feed, type RegisteredFeed, type Registered, type Registry, type Sensor } from './api'
import { problemText } from './problem'
import { inForce, isLost } from './sensing'

class Gear {
  /** The last version of each, by name; ended ones too. */
  sensors: Sensor[] = $state.raw([])
  feeds: RegisteredFeed[] = $state.raw([])
  assets: Asset[] = $state.raw([])
  loaded = $state(false)
  /** Why it could not be asked for; what is there is then of before. */
  trouble = $state('')

  private asked = 0
  private loading = false

  async load() {
    const wish = ++this.asked // answers overtake one another: the last wish counts
    this.loading = true
    try {
      const [sensors, feeds, assets] = await Promise.all([api.sensors(), api.feeds(), api.assets(true)])
      if (wish !== this.asked) return
      this.sensors = sensors.items
      this.feeds = feeds.registered
      this.assets = assets.items
      this.trouble = ''
      this.loaded = true
    } catch (e) {
      if (wish === this.asked) this.trouble = problemText(e)
    } finally {
      if (wish === this.asked) this.loading = false
    }
  }

  sensor(id: string): Sensor | undefined {
    return this.sensors.find((s) => s.id === id)
  }

  /** What people call a sensor. */
  name(id: string): string {
    return this.sensor(id)?.name || id
  }

  /** Sensors in force of which nothing comes, with the feeds that say why. */
  lost(health: Feed[], now: number): { sensor: Sensor; feeds: Feed[] }[] {
    return this.sensors.filter((s) => inForce(s.version, now))
      .map((sensor) => ({ sensor, feeds: health.filter((f) => f.sensor === sensor.id) }))
      .filter(({ feeds }) => isLost(feeds))
  }

  /** Takes a version as the server answered it, without waiting to be told. */
  take(list: Registry, v: Registered) {
    const put = <T extends Registered>(all: T[]): T[] => [...all.filter((x) => x.id !== v.id), v as T].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    if (list === 'sensors') this.sensors = put(this.sensors)
    else if (list === 'feeds') this.feeds = put(this.feeds)
    else this.assets = put(this.assets)
    if (this.loading) void this.load() // what is on its way may be older
  }
}

export const gear = new Gear()

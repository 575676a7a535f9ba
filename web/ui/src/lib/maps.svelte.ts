// The user's own maps: what the server has of them, and which are shown.

import { api, type UserMap } from './api'
import { view } from './view.svelte'

class Maps {
  /** Those that can be shown and those that cannot, by name. */
  all: UserMap[] = $state.raw([])

  /** Asks the server. Without an answer there are none. */
  async load() {
    this.all = await api.maps().then((m) => m.maps, () => [])
  }

  get shown(): UserMap[] {
    return this.all.filter((m) => !m.trouble && (view.now.maps?.includes(m.id) ?? true))
  }

  toggle(id: string) {
    const on = this.shown.map((m) => m.id)
    view.set({ maps: on.includes(id) ? on.filter((o) => o !== id) : [...on, id] })
  }
}

export const maps = new Maps()

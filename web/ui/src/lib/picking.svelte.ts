// A place that a form wants from the map: the form asks, the map answers.
//
//   const at = await picking.ask(t('place.where', { name }))   null: nobody picked one

import type { LatLon } from './coordinates'

interface Wanted { text: string; take: (at: LatLon | null) => void }

class Picking {
  /** What the map asks for now. */
  wanted: Wanted | null = $state.raw(null)

  ask(text: string): Promise<LatLon | null> {
    this.take(null)
    return new Promise((take) => (this.wanted = { text, take }))
  }

  /** Answers; false: nobody asked. */
  take(at: LatLon | null): boolean {
    const { wanted } = this
    this.wanted = null
    wanted?.take(at)
    return wanted !== null
  }
}

export const picking = new Picking()

// The theme of the screen: chosen, or by the light outside.

import { onRemembered, recall, remember } from './remembered'
import { light } from './sun'

export const themes = ['day', 'dusk', 'night'] as const
export type Theme = (typeof themes)[number]

export const themeChoices = ['sun', ...themes] as const
export type ThemeChoice = (typeof themeChoices)[number]

const isChoice = (v: unknown): v is ThemeChoice => themeChoices.some((c) => c === v)

class Themes {
  choice: ThemeChoice = $state(recall('theme', isChoice, 'dusk'))
  /** Where the light is judged. */
  private place = $state.raw({ lat: -16.2, lon: -69.1 })
  private at = $state(Date.now())

  /** The theme that is shown. Who draws with colours of its own (the map) follows it. */
  get now(): Theme {
    return this.choice === 'sun' ? light(this.at, this.place.lat, this.place.lon) : this.choice
  }

  choose(choice: ThemeChoice) {
    this.choice = choice
    remember('theme', choice)
  }

  next() {
    this.choose(themeChoices[(themeChoices.indexOf(this.choice) + 1) % themeChoices.length]!)
  }

  /** Follows the sun over a place, the choices of other windows, and marks the page. Call it once, from a component. */
  follow(place: () => { lat: number; lon: number } | null) {
    $effect(() => {
      const p = place()
      if (p) this.place = p
    })
    $effect(() => {
      const timer = setInterval(() => (this.at = Date.now()), 60_000)
      const end = onRemembered('theme', () => (this.choice = recall('theme', isChoice, this.choice)))
      return () => {
        clearInterval(timer)
        end()
      }
    })
    $effect(() => {
      document.documentElement.dataset.theme = this.now
    })
  }
}

export const theme = new Themes()

// How wide this person made the parts of the screen, in rem, so that a wall
// with larger type keeps the proportions.

import { recall, remember } from './remembered'

export interface Sizes {
  panel: number
  dock: number
  /** Of the dock's length, for the card. */
  card: number
}

export const bounds: Record<keyof Sizes, { least: number; most: number; usual: number; step: number }> = {
  panel: { least: 15, most: 60, usual: 20, step: 1 },
  dock: { least: 18, most: 90, usual: 24, step: 1 },
  card: { least: 0.2, most: 0.85, usual: 0.62, step: 0.05 },
}

const isSizes = (v: unknown): v is Sizes =>
  typeof v === 'object' && v !== null && (Object.keys(bounds) as (keyof Sizes)[]).every((k) => Number.isFinite((v as Sizes)[k]))

export const bounded = (name: keyof Sizes, value: number): number => Math.min(bounds[name].most, Math.max(bounds[name].least, value))

class Remembered {
  now: Sizes = $state.raw(
    recall('sizes', isSizes, { panel: bounds.panel.usual, dock: bounds.dock.usual, card: bounds.card.usual }),
  )

  set(name: keyof Sizes, value: number) {
    this.now = { ...this.now, [name]: bounded(name, value) }
    remember('sizes', this.now)
  }
}

export const sizes = new Remembered()

/** CSS pixels of one rem. */
export const rem = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize)

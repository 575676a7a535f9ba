// The colours of tracks and marks, from the CSS tokens.

import type { Theme } from './overlay'

/** In the order of Colour in lib/pack. */
const tokens = ['track-unknown', 'track-water', 'track-land', 'track-air', 'own', 'low', 'medium', 'high', 'top'] as const

const token = (e: Element, name: string) => getComputedStyle(e).getPropertyValue(`--${name}`).trim()

/** Red, green, blue from 0 to 255 for each colour; tokens are #rrggbb. */
export function paletteOf(e: Element): Uint8Array {
  return Uint8Array.from(
    tokens.flatMap((name) => {
      const hex = token(e, name)
      return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))
    }),
  )
}

export function theme(e: Element): Theme {
  return {
    text: token(e, 'text'), halo: token(e, 'map-halo'), vector: token(e, 'soft'),
    selection: token(e, 'focus'), path: token(e, 'accent'), watermark: token(e, 'map-watermark'),
    priority: ['low', 'low', 'medium', 'high', 'top'].map((n) => token(e, n)),
  }
}

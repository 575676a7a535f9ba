// The colours of tracks and marks, from the CSS tokens.

import { colourTokens } from '../lib/symbol'
import type { Theme } from './overlay'
import type { LayerColours } from './tracklayer'
import { mapTokens, type MapColours } from './style'

const token = (css: CSSStyleDeclaration, name: string) => css.getPropertyValue(`--${name}`).trim()

/** Red, green, blue from 0 to 255; tokens are #rrggbb. */
export const parts = (hex: string): [number, number, number] => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as [number, number, number]

/** Red, green, blue from 0 to 255 for each Colour of lib/symbol. */
export function paletteOf(e: Element): Uint8Array {
  const css = getComputedStyle(e)
  return Uint8Array.from(colourTokens.flatMap((name) => parts(token(css, name))))
}

export function theme(e: Element): Theme {
  const css = getComputedStyle(e)
  const of = (name: string) => token(css, name)
  return {
    text: of('text'), halo: of('map-halo'), soft: of('soft'), selection: of('focus'), measure: of('map-measure'), watermark: of('map-watermark'),
    replay: of('map-replay'), priority: ['low', 'low', 'medium', 'high', 'top'].map(of),
  }
}

export function layerColours(e: Element): LayerColours {
  const css = getComputedStyle(e)
  const of = (name: string) => parts(token(css, name)).map((v) => v / 255) as [number, number, number]
  return { casing: of('map-halo'), rim: of('map-rim'), vector: of('soft'), density: of('track-unknown') }
}

export function mapColours(e: Element): MapColours {
  const css = getComputedStyle(e)
  return Object.fromEntries(mapTokens.map((n) => [n, token(css, n)])) as MapColours
}

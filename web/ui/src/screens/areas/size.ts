// How large an area is, in words.

import type { Shape } from '../../lib/areas'
import { metres, number } from '../../lib/format'

/** m of a line, m2 of a polygon. */
export const sizeText = (size: number, shape: Shape): string =>
  shape === 'line' ? metres(size) : size >= 1e6 ? `${number(size / 1e6, size >= 1e8 ? 0 : 1)} km²` : size >= 1e4 ? `${number(size / 1e4, 1)} ha` : `${number(size, 0)} m²`

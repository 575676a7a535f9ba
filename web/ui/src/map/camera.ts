import { fixedX, fixedY, pixelsPerUnit } from '../lib/mercator'
import { wrapped } from '../lib/extrapolate'

/** Where the map looks: north up, no tilt. */
export interface Camera {
  x: number // centre, mercator units
  y: number
  scale: number // CSS pixels a unit
  width: number // CSS pixels
  height: number
  ratio: number // device pixels a CSS pixel
}

export const cameraOf = (lon: number, lat: number, zoom: number, width: number, height: number, ratio: number): Camera => ({
  x: fixedX(lon), y: fixedY(lat), scale: pixelsPerUnit(zoom), width, height, ratio,
})

export const screenX = (c: Camera, x: number): number => c.width / 2 + wrapped(x - c.x) * c.scale
export const screenY = (c: Camera, y: number): number => c.height / 2 + (y - c.y) * c.scale

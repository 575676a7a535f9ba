// A box that is drawn over the map, by dragging or from corner to corner, to
// choose what is inside.

import type { Map as BaseMap, MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import type { LatLon } from '../lib/coordinates'

/** Left, top, width and height, CSS pixels. */
export type Box = [number, number, number, number]

const LEAST = 8 // px of both sides together: less is a click

interface XY { x: number; y: number }

const between = (a: XY, b: XY): Box => [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.abs(a.x - b.x), Math.abs(a.y - b.y)]

export class BoxTool {
  box: Box | null = null
  private from: XY | null = null
  private first: LatLon | null = null
  private readonly map: BaseMap
  private readonly taken: (b: Box) => void
  private readonly drop: () => void

  /** `on`: whether dragging draws a box without Shift too. */
  constructor(map: BaseMap, on: () => boolean, moved: () => void, taken: (b: Box) => void) {
    this.map = map
    this.taken = taken
    const begin = (e: MapMouseEvent | MapTouchEvent) => {
      e.preventDefault() // no panning
      this.from = e.point
    }
    const drag = (e: MapMouseEvent | MapTouchEvent) => {
      if (!this.from) return
      this.box = between(this.from, e.point)
      moved()
    }
    map.on('mousedown', (e) => e.originalEvent.button === 0 && (e.originalEvent.shiftKey || on()) && begin(e))
    map.on('touchstart', (e) => on() && e.points.length === 1 && begin(e))
    map.on('mousemove', drag)
    map.on('touchmove', drag)
    this.drop = () => {
      const { box } = this
      this.from = this.box = null
      if (box && box[2] + box[3] > LEAST) taken(box)
      moved()
    }
    addEventListener('mouseup', this.drop)
    addEventListener('touchend', this.drop)
  }

  /** Corners one after the other, without dragging. */
  corner(at: LatLon) {
    const { first } = this
    this.first = first ? null : at
    if (first) this.taken(between(this.map.project([first.lon, first.lat]), this.map.project([at.lon, at.lat])))
  }

  forget() {
    this.first = null
  }

  stop() {
    removeEventListener('mouseup', this.drop)
    removeEventListener('touchend', this.drop)
  }
}

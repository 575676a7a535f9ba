// Areas on the map: those in force, the one that is looked at, and the draft
// that somebody draws with mouse, finger or keys.

import type { GeoJSONSource, Map as BaseMap } from 'maplibre-gl'
import type { Area } from '../lib/api'
import { boundsOf, pointsOf } from '../lib/areas'
import type { LatLon } from '../lib/coordinates'
import { distance } from '../lib/distance'
import type { Draft } from '../lib/draft.svelte'
import * as format from '../lib/format'
import { along, inverse } from '../lib/geodesic'
import { drawable, marked, positions } from './areas'
import type { Drawing } from './drawing'
import type { Drawn } from './overlay'
import type { MapColours } from './style'

type Bounds = [west: number, south: number, east: number, north: number]

const PADDING = 48 // CSS pixels
const LEAST_PART = 0.05 // of the map's width or height: what is smaller is not seen well

export class AreaBoard {
  private readonly map: BaseMap
  private readonly colours: () => MapColours
  private draft: Draft | null = null
  private drawing: Drawing | null = null
  private shown = '' // what the map has, as text

  constructor(map: BaseMap, colours: () => MapColours) {
    this.map = map
    this.colours = colours
  }

  /** Shows the areas as they hold at a time; gives where all but borders lie. */
  show(areas: Area[], now: number): Bounds | null {
    const shapes = drawable(areas, now)
    this.shown = JSON.stringify(shapes)
    this.map.getSource<GeoJSONSource>('areas')?.setData(shapes)
    return boundsOf(shapes.features.filter((f) => f.properties?.kind !== 'border').flatMap((f) => positions(f.geometry)).map(([lon, lat]) => ({ lat: lat!, lon: lon! })))
  }

  /** Whether others hold at a time than are shown: to show them costs a painting of the whole map. */
  outdated(areas: Area[], now: number): boolean {
    return JSON.stringify(drawable(areas, now)) !== this.shown
  }

  /** Marks an area. */
  mark(a: Area | null) {
    this.map.getSource<GeoJSONSource>('chosen')?.setData(marked(a))
  }

  /** Moves the map where an area is not seen well. */
  goTo(a: Area) {
    const b = boundsOf(pointsOf(a.geometry).points)
    if (b && !this.seen(b)) this.map.fitBounds(b, { padding: PADDING, maxZoom: 14, duration: 300 })
  }

  private seen([west, south, east, north]: Bounds): boolean {
    this.map.resize() // the map may have got another place on the screen just now
    const v = this.map.getBounds()
    const inside = v.getWest() <= west && v.getEast() >= east && v.getSouth() <= south && v.getNorth() >= north
    const part = Math.max((east - west) / (v.getEast() - v.getWest()), (north - south) / (v.getNorth() - v.getSouth()))
    return inside && (part > LEAST_PART || (west === east && this.map.getZoom() > 10))
  }

  /** The area under a place; '': none. */
  pick(at: LatLon): string {
    const { x, y } = this.map.project([at.lon, at.lat])
    const layers = ['area-line', 'area-borders', 'lanes', 'area-idle', 'area-buffer', 'area-fill'].filter((l) => this.map.getLayer(l))
    const found = this.map.queryRenderedFeatures([[x - 5, y - 5], [x + 5, y + 5]], { layers })
    return String(found[0]?.properties.id ?? '')
  }

  /** Takes what is drawn, or leaves it. */
  async edit(draft: Draft | null) {
    this.drawing?.stop()
    this.drawing = null
    this.draft = draft
    if (!draft) return
    const { Drawing } = await import('./drawing')
    if (this.draft !== draft || this.drawing) return
    this.drawing = new Drawing(this.map, this.colours(), draft.shape, (points) => (draft.points = points))
    this.drawing.show(draft.points)
  }

  /** Shows the points of the draft, which somebody typed or moved. */
  follow(points: LatLon[]) {
    const { draft, drawing } = this
    if (!draft || !drawing) return
    const begun = points.length ? drawing.begun() : []
    drawing.show([...begun, ...points])
    if (begun.length) draft.points = [...begun, ...points]
  }

  /** What a click does while somebody draws; Terra Draw takes those that it can, once it is loaded. */
  click(at: LatLon) {
    if (!this.drawing || this.drawing.waits) this.draft?.add(at)
  }

  /** Lines that Terra Draw does not draw: too few points for a shape, and where the next one would go by keys. */
  lines(crosshair: LatLon | null): Drawn[] {
    const { draft } = this
    const last = draft?.points.at(-1)
    if (!draft || !last) return []
    const out: Drawn[] = !this.drawing || this.drawing.waits ? [{ kind: 'measure', points: draft.points, text: '' }] : []
    if (!crosshair || draft.full) return out
    const leg = inverse(last, crosshair)
    out.push({ kind: 'draft', points: along(last, crosshair), text: `${distance(leg.metres, 'km')} ${format.course(leg.bearing)}` })
    if (draft.shape === 'polygon' && draft.points.length > 1) out.push({ kind: 'draft', points: along(crosshair, draft.points[0]!), text: '' })
    return out
  }

  stop() {
    this.draft = null // the map goes, and takes the drawing along
  }
}

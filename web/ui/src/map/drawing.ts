// Drawing by mouse and finger: Terra Draw over the map. It is loaded when
// somebody draws. Points that are typed, or dropped at the crosshair, come
// through show(); what is drawn and dragged here goes to `drawn`.

import type { Map as BaseMap } from 'maplibre-gl'
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode, type GeoJSONStoreFeatures, type HexColor,
} from 'terra-draw'
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter'
import { geometryOf, leastPoints, pointsOf, type Shape } from '../lib/areas'
import type { LatLon } from '../lib/coordinates'
import type { MapColours } from './style'

/** Shapes with more points are shown, and their points cannot be dragged: that many handles hide them. */
const MOST_HANDLES = 400
/** Terra Draw takes so many decimals of a degree; 9 are a tenth of a millimetre. */
const DECIMALS = 9

const modes = { line: 'linestring', point: 'point', polygon: 'polygon' } as const

const round = (p: LatLon): LatLon => ({ lat: Number(p.lat.toFixed(DECIMALS)), lon: Number(p.lon.toFixed(DECIMALS)) })
const same = (a: LatLon[], b: LatLon[]) => a.length === b.length && a.every((p, i) => p.lat === b[i]!.lat && p.lon === b[i]!.lon)

export class Drawing {
  readonly shape: Shape
  /** Clicks do not draw here: the points so far are too few for Terra Draw, which begins from none. */
  waits = false
  private readonly draw: TerraDraw
  private points: LatLon[] = []
  private feature: string | number | undefined

  constructor(map: BaseMap, colours: MapColours, shape: Shape, drawn: (points: LatLon[]) => void) {
    this.shape = shape
    const line = colours['map-measure'] as HexColor
    const rim = colours['map-halo'] as HexColor
    const handle = { keyEvents: null, pointerDistance: 24 }
    const point = { pointColor: line, pointWidth: 7, pointOutlineColor: rim, pointOutlineWidth: 2 }
    this.draw = new TerraDraw({
      adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DECIMALS, prefixId: 'draw' }),
      modes: [
        new TerraDrawPolygonMode({
          ...handle, showCoordinatePoints: true,
          styles: {
            fillColor: line, fillOpacity: 0.12, outlineColor: line, outlineWidth: 2, closingPointColor: line, closingPointOutlineColor: rim, closingPointWidth: 6,
            coordinatePointColor: line, coordinatePointOutlineColor: rim, coordinatePointWidth: 4,
          },
        }),
        new TerraDrawLineStringMode({
          ...handle, showCoordinatePoints: true,
          styles: {
            lineStringColor: line, lineStringWidth: 2.5, closingPointColor: line, closingPointOutlineColor: rim, closingPointWidth: 6,
            coordinatePointColor: line, coordinatePointOutlineColor: rim, coordinatePointWidth: 4,
          },
        }),
        new TerraDrawPointMode({ styles: point }),
        new TerraDrawSelectMode({
          keyEvents: null, allowManualDeselection: false, pointerDistance: 24,
          flags: {
            polygon: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true } } },
            linestring: { feature: { draggable: false, coordinates: { draggable: true, midpoints: true, deletable: true } } },
            point: { feature: { draggable: true } },
          },
          styles: {
            selectedPolygonColor: line, selectedPolygonFillOpacity: 0.15, selectedPolygonOutlineColor: line, selectedPolygonOutlineWidth: 2.5,
            selectedLineStringColor: line, selectedLineStringWidth: 2.5,
            selectedPointColor: line, selectedPointWidth: 8, selectedPointOutlineColor: rim, selectedPointOutlineWidth: 2,
            selectionPointColor: line, selectionPointWidth: 6, selectionPointOutlineColor: rim, selectionPointOutlineWidth: 2,
            midPointColor: rim, midPointWidth: 4, midPointOutlineColor: line, midPointOutlineWidth: 1,
          },
        }),
      ],
    })
    this.draw.start()
    this.draw.setMode(modes[shape])
    this.draw.on('finish', (id) => {
      const f = this.draw.getSnapshotFeature(id)
      if (!f) return
      this.points = pointsOf(f.geometry).points
      if (this.feature === undefined) {
        this.feature = id
        // Terra Draw is still at the click that ended the shape.
        queueMicrotask(() => this.feature === id && this.draw.hasFeature(id) && this.draw.selectFeature(id))
      }
      drawn(this.points)
    })
  }

  /** What is drawn so far, when it was begun here and is not ended. */
  begun(): LatLon[] {
    if (this.feature !== undefined) return []
    const f = this.draw.getSnapshot().find((s) => s.properties.mode === modes[this.shape] && s.geometry.type !== 'Point')
    return f ? pointsOf(f.geometry).points.slice(0, -1) : [] // the last one goes with the pointer
  }

  /** Shows these points, ready to be dragged; from none, a click begins. */
  show(points: LatLon[]) {
    const rounded = points.map(round)
    if (same(rounded, this.points.map(round))) return
    this.points = rounded
    this.feature = undefined
    this.draw.clear()
    this.waits = false
    if (!rounded.length) return this.draw.setMode(modes[this.shape])
    this.draw.setMode('static')
    if (rounded.length < leastPoints[this.shape]) {
      this.waits = true
      return
    }
    const [added] = this.draw.addFeatures([
      { type: 'Feature', geometry: geometryOf(this.shape, rounded), properties: { mode: modes[this.shape] } } as GeoJSONStoreFeatures,
    ])
    if (!added?.valid || added.id === undefined) {
      this.waits = true // two points at one place, say: the server will tell
      return
    }
    this.feature = added.id
    if (rounded.length <= MOST_HANDLES) this.draw.selectFeature(added.id)
  }

  stop() {
    this.draw.stop()
  }
}

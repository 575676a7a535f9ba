// What is seen from a place, on the map: an image over the ground and below
// the lines, painted anew for another height of the target.

import type { CanvasSource, Map as BaseMap } from 'maplibre-gl'
import type { Areas, Rgb, SightRaster } from '../lib/sightraster'

const ID = 'sight'
/** The lowest line of the map: the image is below it. */
const ABOVE = 'grid10'

export class SightLayer {
  private readonly map: BaseMap
  private readonly canvas = document.createElement('canvas')
  private raster: SightRaster | null = null
  private image: ImageData | null = null

  constructor(map: BaseMap) {
    this.map = map
  }

  /** Shows a raster, or none. */
  show(raster: SightRaster | null) {
    if (raster === this.raster) return
    this.raster = raster
    this.image = null
    this.remove()
    if (!raster) return
    const { width, height } = raster.viewshed.raster
    this.canvas.width = width
    this.canvas.height = height
    this.image = new ImageData(width, height)
  }

  /** Paints it for a target's height; gives how much is seen. */
  paint(target: number, colour: Rgb): Areas | null {
    const { raster, image } = this
    if (!raster || !image) return null
    const areas = raster.paint(new Uint32Array(image.data.buffer), target, colour)
    this.canvas.getContext('2d')!.putImageData(image, 0, 0)
    this.put()
    const source = this.map.getSource<CanvasSource>(ID)
    if (source) { // the image goes to the graphics once, and not with every frame
      source.play()
      this.map.once('render', () => source.pause())
      this.map.triggerRepaint()
    }
    return areas
  }

  /** Is on the map again, where another style took it away. */
  put() {
    const { map, raster } = this
    if (!raster || map.getSource(ID)) return
    const [west, south, east, north] = raster.viewshed.raster.bounds
    map.addSource(ID, { type: 'canvas', canvas: this.canvas, animate: false, coordinates: [[west, north], [east, north], [east, south], [west, south]] })
    map.addLayer({ id: ID, type: 'raster', source: ID, paint: { 'raster-fade-duration': 0, 'raster-resampling': 'nearest' } }, map.getLayer(ABOVE) ? ABOVE : undefined)
  }

  remove() {
    if (this.map.getLayer(ID)) this.map.removeLayer(ID)
    if (this.map.getSource(ID)) this.map.removeSource(ID)
  }
}

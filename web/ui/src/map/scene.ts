// The map without its controls: MapLibre below, the tracks over it, names and
// marks on top, and the loop that draws them. What is still is not drawn.

import { Map as BaseMap, setWorkerUrl, type LngLatBoundsLike, type StyleSpecification } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { localNow } from '../lib/clock'
import type { LatLon } from '../lib/coordinates'
import { Places } from '../lib/extrapolate'
import { everyFrame, measures, note, noteFirst, noteMap } from '../lib/measure'
import { fixedX, fixedY, latOf, lonOf } from '../lib/mercator'
import { CROWD, type Packed } from '../lib/pack'
import { symbolRadius } from '../lib/symbol'
import { cameraOf, type Camera } from './camera'
import { CrowdLayer } from './crowdlayer'
import { noMarks, Overlay, type Marks } from './overlay'
import { layerColours, theme } from './theme'
import { drawnInSoftware, TrackLayer } from './tracklayer'

const MANY = 400 // tracks in view
const DETAIL = 1000 // symbols that are no burden where WebGL is software
const TRACKS_FIRST_MS = 1500 // so long the base map waits for them, in software
const REACH = 14 // CSS pixels around the pointer in which a track is picked

export interface SceneOptions {
  container: HTMLDivElement
  /** Between the map and the tracks. */
  crowd: HTMLCanvasElement
  tracks: HTMLCanvasElement
  marks: HTMLCanvasElement
  style: StyleSpecification
  start: { center: [number, number]; zoom: number } | { bounds: LngLatBoundsLike }
  /** The time of the picture, ms since 1970. */
  now: () => number
  /** Marks as they are at a time. */
  marksAt: (now: number) => Marks
  /** The map moved, or its size changed. */
  onlook: () => void
}

export class Scene {
  readonly map: BaseMap
  camera: Camera
  picture: Places | null = null
  /** Something moves that no track does: a measure that follows one, a pulse. */
  lively = false
  private readonly o: SceneOptions
  private readonly software: boolean // the processor draws
  private readonly layer: TrackLayer
  private readonly crowd: CrowdLayer
  private readonly overlay: Overlay
  private waiting: Packed | null = null // for the crowd, before the layer shows it
  private fresh = false // the picture was not drawn yet
  private dirty = true
  private lastDraw = 0
  private lastNames = 0
  private presented = 0 // time of the picture whose crowd was shown last
  private running = 0
  private tracksThere: (() => void) | null = null
  private beginTimer: ReturnType<typeof setTimeout> | undefined
  private readonly observer: ResizeObserver

  /** It throws where there is no WebGL 2. */
  constructor(o: SceneOptions) {
    this.o = o
    setWorkerUrl(workerUrl)
    this.map = new BaseMap({
      container: o.container, attributionControl: false, fadeDuration: 0, ...o.start,
      minZoom: 2, maxZoom: 18, maxPitch: 0, pitchWithRotate: false, dragRotate: false, touchPitch: false, boxZoom: false, trackResize: false,
    })
    this.software = drawnInSoftware(this.map.getCanvas())
    this.comeIn(o.style)
    this.layer = new TrackLayer(o.tracks, !this.software)
    this.layer.paint(layerColours(o.container))
    this.layer.onrestored = () => this.touch()
    this.crowd = new CrowdLayer(o.crowd)
    if (this.software) this.crowd.start()
    this.overlay = new Overlay(o.marks, theme(o.container))
    this.map.touchZoomRotate.disableRotation()
    this.map.keyboard.disableRotation()
    this.camera = this.cameraNow()
    this.map.on('move', () => this.look())
    this.map.on('render', () => {
      if (this.dirty) this.draw() // in the same frame as the map
    })
    this.observer = new ResizeObserver(() => {
      this.map.resize()
      this.look()
    })
    this.observer.observe(o.container)
    const loop = () => {
      this.running = requestAnimationFrame(loop)
      if (this.crowd.ready) this.present()
      if (this.dirty || this.fresh || performance.now() - this.lastDraw >= this.pause()) this.draw()
    }
    this.running = requestAnimationFrame(loop)
  }

  /** The base map comes in; where the processor draws, after the tracks: it takes longer. */
  private comeIn(style: StyleSpecification) {
    const begin = () => {
      clearTimeout(this.beginTimer)
      this.tracksThere = null
      this.map.setStyle(style)
      this.map.once('idle', noteMap)
    }
    if (!this.software) return begin()
    this.tracksThere = begin
    this.beginTimer = setTimeout(begin, TRACKS_FIRST_MS)
  }

  stop() {
    cancelAnimationFrame(this.running)
    clearTimeout(this.beginTimer)
    this.observer.disconnect()
    this.crowd.stop()
    this.map.remove()
  }

  show(p: Packed, decoded: number) {
    const before = this.picture?.packed
    this.picture = new Places(p)
    this.fresh = true
    this.crowd.show(p.dots, p.ref)
    // The layer's own shapes stay until the first image of the crowd is there.
    this.waiting = this.crowd.on && before?.painted === false ? p : null
    if (!this.waiting) this.layer.show(p)
    if (measures) {
      note(measures.decode, decoded)
      measures.tracks = p.count
      measures.drawn = p.drawn
    }
  }

  symbols(set: 'military', atlas: TexImageSource) {
    this.layer.symbolsOf(set, atlas)
    this.touch()
  }

  /** Takes the colours of the page anew. */
  paint() {
    this.layer.paint(layerColours(this.o.container))
    this.overlay.paint(theme(this.o.container))
    this.touch()
  }

  /** Something that is drawn changed. */
  touch() {
    this.dirty = true
  }

  private cameraNow(): Camera {
    const c = this.map.getCenter()
    const { container } = this.o
    return cameraOf(c.lng, c.lat, this.map.getZoom(), container.clientWidth, container.clientHeight, Math.min(devicePixelRatio, 2))
  }

  private look() {
    this.camera = this.cameraNow()
    this.dirty = true
    this.o.onlook()
  }

  /** How long until the fastest track has moved by a third of a pixel. A still picture costs nothing. */
  private pause(): number {
    const { picture, camera } = this
    if (!picture) return 1000
    if (everyFrame) return 0
    const moving = 333 / Math.max(picture.packed.fastest * camera.scale * camera.ratio, 0.333)
    return this.lively || picture.packed.labels.some((l) => l.distress) ? Math.min(moving, 40) : moving
  }

  private draw() {
    const start = performance.now()
    const now = this.o.now()
    const { picture } = this
    const p = picture?.packed
    const painted = p !== undefined && this.crowd.on
    if (painted) this.crowd.ask(this.camera, symbolRadius(this.camera, p.seen, p.set), (now - p.ref) / 1000)
    // Where there are many, names follow ten times a second: there they move slower than that.
    // So do the few tracks beside a painted crowd.
    const crowded = p !== undefined && p.seen > MANY
    const late = start - this.lastNames > 100
    if (!painted || this.dirty || this.fresh || late) this.layer.draw(this.camera, now)
    if (this.dirty || !crowded || late) {
      this.overlay.draw(this.camera, picture, this.o.marksAt(now) ?? noMarks, now)
      this.lastNames = start
    }
    if (measures) note(measures.draw, performance.now() - start)
    if (!painted) this.seen(this.fresh && p ? p.ref : 0)
    this.dirty = false
    this.lastDraw = start
    this.fresh = false
  }

  /** Shows the crowd that was painted meanwhile. */
  private present() {
    const ref = this.crowd.present(this.camera)
    if (!ref) return
    if (this.waiting) {
      this.layer.show(this.waiting)
      this.waiting = null
      this.dirty = true
    }
    this.seen(ref === this.presented ? 0 : ref)
    this.presented = ref
  }

  /** A frame with all tracks is there; of a picture that was not seen before, its time. */
  private seen(ref: number) {
    if (ref) this.tracksThere?.()
    if (!measures) return
    measures.frames++
    if (!ref) return
    note(measures.latency, localNow() - ref)
    noteFirst(measures.tracks)
  }

  /** The track under a place; 0: none. */
  pick(at: LatLon): number {
    if (!this.picture) return 0
    const i = this.picture.pick(fixedX(at.lon), fixedY(at.lat), REACH / this.camera.scale, this.o.now())
    return i < 0 ? 0 : this.picture.packed.id[i]!
  }

  /** How far two places are apart, CSS pixels. */
  near(a: LatLon, b: LatLon): boolean {
    return Math.hypot((fixedX(a.lon) - fixedX(b.lon)) | 0, fixedY(a.lat) - fixedY(b.lat)) * this.camera.scale < REACH
  }

  /** Where a track is now. */
  where(track: number): LatLon | null {
    const i = this.picture?.indexOf(track) ?? -1
    if (i < 0) return null
    const p = this.picture!.at(i, this.o.now())
    return { lat: latOf(p.y), lon: lonOf(p.x) }
  }

  /** Where a track moves: 1 water, 2 land, 3 air. */
  domain(track: number): number {
    const i = this.picture?.indexOf(track) ?? -1
    return i < 0 ? 1 : this.picture!.domain(i)
  }

  /** With so many tracks in view symbols are no burden. */
  get detail(): number {
    return this.software ? DETAIL : CROWD
  }

  /** Whether the plain shapes of many are painted by a worker, and not by WebGL. */
  get painted(): boolean {
    return this.software
  }

  /** Whether lines to where tracks will be are drawn. */
  vectors(on: boolean) {
    this.layer.withVectors = on
    this.touch()
  }

  /** Whether a track has a name on the map. */
  named(track: number): boolean {
    const p = this.picture?.packed
    return p?.labels.some((l) => l.text !== '' && p.id[l.index] === track) ?? false
  }

  /** Tracks in a box of the screen, CSS pixels. */
  inside(x: number, y: number, width: number, height: number, most: number): number[] {
    const a = this.map.unproject([x, y])
    const b = this.map.unproject([x + width, y + height])
    const [west, north, east, south] = [fixedX(a.lng), fixedY(a.lat), fixedX(b.lng), fixedY(b.lat)]
    return this.picture?.inside(west, north, east < west ? east + 4294967296 : east, south, this.o.now(), most) ?? []
  }
}

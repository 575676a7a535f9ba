// Calm tracks of a crowd where WebGL is software: images that a worker paints
// (lib/crowd.ts), on a canvas between the map and the tracks that ask for
// attention. While the next image is painted, the last one moves with the map.

import { reachOf } from '../lib/crowd'
import { screenX, screenY, type Camera } from './camera'
import type { FromPainter, ToPainter } from './crowd.worker'

/** More pixels than this are painted coarser. */
const MOST_PIXELS = 3e6
/** The image is wider than the view, CSS pixels on each side: the map may move so far before the next one is there. */
const MARGIN = 32

interface Image {
  camera: Camera
  /** Pixels of the image in a CSS pixel. */
  ratio: number
  margin: number // CSS pixels
  width: number
  height: number
  radius: number
  now: number
  ref: number // of its picture
}

export class CrowdLayer {
  private readonly canvas: HTMLCanvasElement
  private readonly ctx: CanvasRenderingContext2D
  private worker: Worker | null = null
  private ref = 0
  private shown: Image | null = null
  private asked: Image | null = null
  private next: Image | null = null
  private arrived: ArrayBuffer | null = null
  private spare: ArrayBuffer | null = null
  private transform = ''
  /** There is a crowd to be painted. */
  on = false

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas
    const ctx = canvas.getContext('2d')
    if (!ctx) throw new Error('no 2D canvas')
    this.ctx = ctx
  }

  /** Takes some time, in which nothing waits. */
  start(): Worker {
    if (!this.worker) {
      this.worker = new Worker(new URL('./crowd.worker.ts', import.meta.url), { type: 'module' })
      this.worker.onmessage = ({ data }: MessageEvent<FromPainter>) => (this.arrived = data.image)
    }
    return this.worker
  }

  stop() {
    this.worker?.terminate()
    this.worker = null
  }

  /** What is painted from now on: the buffer goes to the worker. Empty: nothing is. */
  show(dots: ArrayBuffer, ref: number) {
    this.on = dots.byteLength > 0
    this.ref = ref
    if (!this.on) {
      this.canvas.classList.remove('there')
      this.shown = this.next = null
      return
    }
    this.tell({ type: 'dots', dots }, [dots])
  }

  /** Asks for an image; while one is painted, only the last that was asked for is. */
  ask(camera: Camera, radius: number, now: number) {
    const ratio = Math.min(camera.ratio, Math.sqrt(MOST_PIXELS / Math.max(1, camera.width * camera.height)))
    const margin = MARGIN + Math.ceil(reachOf(radius * ratio) / ratio)
    this.next = {
      camera, ratio, margin, width: Math.round((camera.width + 2 * margin) * ratio), height: Math.round((camera.height + 2 * margin) * ratio),
      radius: radius * ratio, now, ref: this.ref,
    }
    this.place(camera)
    this.send()
  }

  /** An image is there that was not shown. */
  get ready(): boolean {
    return this.arrived !== null
  }

  /** Shows it, and gives the reference time of its picture; 0: there is no crowd any more. */
  present(camera: Camera): number {
    const { asked, arrived } = this
    this.arrived = this.asked = null
    if (!asked || !arrived) return 0
    if (this.on) {
      const { canvas } = this
      if (canvas.width !== asked.width || canvas.height !== asked.height) {
        canvas.width = asked.width
        canvas.height = asked.height
      }
      this.ctx.putImageData(new ImageData(new Uint8ClampedArray(arrived), asked.width, asked.height), 0, 0)
      canvas.style.width = `${asked.width / asked.ratio}px`
      canvas.style.height = `${asked.height / asked.ratio}px`
      canvas.classList.add('there')
      this.shown = asked
      this.place(camera)
    }
    this.spare = arrived
    this.send()
    return this.on ? asked.ref : 0
  }

  /** Lays the shown image where its place is now. */
  private place(c: Camera) {
    const { shown } = this
    if (!shown) return
    const { camera, margin } = shown
    const grown = c.scale / camera.scale
    const x = screenX(c, camera.x) - grown * (camera.width / 2 + margin)
    const y = screenY(c, camera.y) - grown * (camera.height / 2 + margin)
    const transform = `translate(${x}px, ${y}px) scale(${grown})`
    if (transform !== this.transform) this.canvas.style.transform = this.transform = transform
  }

  private send() {
    const { next, spare } = this
    if (!next || this.asked) return
    this.next = this.spare = null
    this.asked = next
    const bytes = 4 * next.width * next.height
    const image = spare?.byteLength === bytes ? spare : new ArrayBuffer(bytes)
    const { camera, ratio, width, height, radius, now } = next
    this.tell({ type: 'paint', image, view: { x: camera.x, y: camera.y, scale: camera.scale * ratio, width, height, radius, now } }, [image])
  }

  private tell(m: ToPainter, transfer: Transferable[]) {
    this.start().postMessage(m, transfer)
  }
}

// What is drawn over the symbols of few tracks: names, speed vectors, rings of
// attention, the selection with its uncertainty and path. On a 2D canvas, for
// the tracks that the worker chose (150 at most).

import type { Places } from '../lib/extrapolate'
import { metresPerPixel } from '../lib/mercator'
import { screenX, screenY, type Camera } from './camera'
import { symbolRadius } from './tracklayer'

export interface Theme {
  text: string
  halo: string
  vector: string
  selection: string
  path: string
  watermark: string
  priority: string[] // by priority, 0 to 4
}

export interface Marks {
  watermark: string
  selected: number // id; 0: none
  hovered: number
  hoveredText: string
  /** Position error of the selected track, m. */
  error: number
  path: { x: number; y: number }[] // of the selected track, mercator units, oldest first
  /** Where open alerts were raised. */
  alerts: { x: number; y: number; track: number; priority: number; chosen: boolean }[]
}

/** Vectors reach as far as a track goes in this time, s. */
export const VECTOR_AIR = 60
export const VECTOR_OTHER = 360

export class Overlay {
  private readonly canvas: HTMLCanvasElement
  private readonly ctx: CanvasRenderingContext2D
  private readonly theme: Theme
  private boxes: [number, number, number, number][] = []

  constructor(canvas: HTMLCanvasElement, theme: Theme) {
    this.canvas = canvas
    this.theme = theme
    const ctx = canvas.getContext('2d')
    if (!ctx) throw new Error('no 2D canvas')
    this.ctx = ctx
  }

  draw(c: Camera, places: Places | null, marks: Marks, now: number, latitude: number, zoom: number) {
    const { ctx, canvas } = this
    const width = Math.round(c.width * c.ratio)
    const height = Math.round(c.height * c.ratio)
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    ctx.setTransform(c.ratio, 0, 0, c.ratio, 0, 0)
    ctx.clearRect(0, 0, c.width, c.height)
    this.boxes = []
    if (marks.watermark) this.watermark(marks.watermark, c)
    // A track that is there has its ring; the cross is for the place of the
    // alert that is read, and for tracks that are gone.
    const p = places?.packed
    const present = new Set(p?.labels.map((l) => p.id[l.index]))
    for (const a of marks.alerts)
      if (a.chosen || !present.has(a.track)) this.alert(screenX(c, a.x), screenY(c, a.y), a.priority, a.chosen)
    if (!places || !p) return
    const radius = symbolRadius(c, p.seen)
    ctx.font = '500 11.5px system-ui, sans-serif'
    ctx.textBaseline = 'middle'
    ctx.lineJoin = 'round'
    for (const label of p.labels) {
      const i = label.index
      const place = places.at(i, now)
      const x = screenX(c, place.x)
      const y = screenY(c, place.y)
      const chosen = p.id[i] === marks.selected
      if (chosen) this.path(c, marks.path, x, y)
      if (x < -100 || y < -50 || x > c.width + 100 || y > c.height + 50) continue
      const far = (label.air ? VECTOR_AIR : VECTOR_OTHER) * c.scale
      const [vx, vy] = places.velocity(i)
      if (!place.stale) this.vector(x, y, vx * far, vy * far)
      if (label.priority > 0 || label.distress) this.ring(x, y, radius + 5, label.distress ? 4 : label.priority, label.distress, now)
      if (chosen) this.selection(x, y, radius + 9, (2 * marks.error) / metresPerPixel(zoom, latitude))
      this.label(label.text, x + radius + 5, y, label.rank > 0, place.stale)
    }
    this.hovered(c, places, marks, now, radius)
  }

  private watermark(text: string, c: Camera) {
    const { ctx } = this
    ctx.save()
    ctx.translate(c.width / 2, c.height / 2)
    ctx.rotate(-0.3)
    ctx.font = `700 ${Math.round(c.width / 8)}px system-ui, sans-serif`
    ctx.textAlign = 'center'
    ctx.textBaseline = 'middle'
    ctx.fillStyle = this.theme.watermark
    ctx.fillText(text.split('').join('\u2009\u2009'), 0, 0)
    ctx.restore()
  }

  private hovered(c: Camera, places: Places, marks: Marks, now: number, radius: number) {
    if (!marks.hovered) return
    const i = places.packed.id.indexOf(marks.hovered)
    if (i < 0) return
    const place = places.at(i, now)
    const x = screenX(c, place.x)
    const y = screenY(c, place.y)
    const { ctx, theme } = this
    ctx.strokeStyle = theme.text
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.arc(x, y, radius + 4, 0, 7)
    ctx.stroke()
    if (marks.hoveredText) this.label(marks.hoveredText, x + radius + 5, y, true, false)
  }

  private vector(x: number, y: number, dx: number, dy: number) {
    if (dx * dx + dy * dy < 16) return
    const { ctx } = this
    ctx.strokeStyle = this.theme.vector
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.moveTo(x, y)
    ctx.lineTo(x + dx, y + dy)
    ctx.stroke()
  }

  private ring(x: number, y: number, r: number, priority: number, distress: boolean, now: number) {
    const { ctx } = this
    ctx.strokeStyle = this.theme.priority[priority]!
    ctx.lineWidth = priority >= 3 ? 2 : 1.5
    ctx.beginPath()
    ctx.arc(x, y, r, 0, 7)
    ctx.stroke()
    if (distress && !still.matches) {
      const phase = (now % 1500) / 1500
      ctx.globalAlpha = 1 - phase
      ctx.beginPath()
      ctx.arc(x, y, r + 14 * phase, 0, 7)
      ctx.stroke()
      ctx.globalAlpha = 1
    }
  }

  /** Brackets, and a circle that holds the true position with 86 %. */
  private selection(x: number, y: number, r: number, error: number) {
    const { ctx } = this
    ctx.strokeStyle = this.theme.selection
    ctx.lineWidth = 2
    ctx.beginPath()
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
      ctx.moveTo(x + sx * r, y + sy * (r - 5))
      ctx.lineTo(x + sx * r, y + sy * r)
      ctx.lineTo(x + sx * (r - 5), y + sy * r)
    }
    ctx.stroke()
    if (error > r && error < 4000) {
      ctx.lineWidth = 1
      ctx.setLineDash([4, 4])
      ctx.beginPath()
      ctx.arc(x, y, error, 0, 7)
      ctx.stroke()
      ctx.setLineDash([])
    }
  }

  private path(c: Camera, points: Marks['path'], x: number, y: number) {
    if (points.length === 0) return
    const { ctx } = this
    ctx.strokeStyle = this.theme.path
    ctx.lineWidth = 1.5
    ctx.beginPath()
    points.forEach((p, k) => (k ? ctx.lineTo(screenX(c, p.x), screenY(c, p.y)) : ctx.moveTo(screenX(c, p.x), screenY(c, p.y))))
    ctx.lineTo(x, y)
    ctx.stroke()
  }

  private alert(x: number, y: number, priority: number, chosen: boolean) {
    const { ctx } = this
    const r = chosen ? 9 : 6
    ctx.strokeStyle = this.theme.priority[priority]!
    ctx.lineWidth = chosen ? 2.5 : 1.5
    ctx.beginPath()
    ctx.moveTo(x - r, y - r)
    ctx.lineTo(x + r, y + r)
    ctx.moveTo(x + r, y - r)
    ctx.lineTo(x - r, y + r)
    ctx.stroke()
  }

  /** Text that covers no other; important ones come first and are always drawn. */
  private label(text: string, x: number, y: number, important: boolean, faded: boolean) {
    const { ctx, boxes } = this
    const w = ctx.measureText(text).width
    const box: [number, number, number, number] = [x - 2, y - 8, x + w + 2, y + 8]
    if (!important && boxes.some((b) => b[0] < box[2] && b[2] > box[0] && b[1] < box[3] && b[3] > box[1])) return
    boxes.push(box)
    ctx.globalAlpha = faded ? 0.6 : 1
    ctx.strokeStyle = this.theme.halo
    ctx.lineWidth = 3
    ctx.strokeText(text, x, y)
    ctx.fillStyle = this.theme.text
    ctx.fillText(text, x, y)
    ctx.globalAlpha = 1
  }
}

const still = typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : { matches: false }

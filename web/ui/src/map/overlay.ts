// What is drawn over the symbols, on a 2D canvas: names where the worker placed
// them, the selection with its uncertainty and prediction, alerts, measures,
// rings. Few things, so that drawing them costs little.

import type { Places } from '../lib/extrapolate'
import { fixedX, fixedY, unitsPerMetre, latOf } from '../lib/mercator'
import type { Ellipse, Prediction } from '../lib/motion'
import { Rank } from '../lib/pack'
import { NAME_FONT, symbolRadius } from '../lib/symbol'
import { screenX, screenY, type Camera } from './camera'

export interface Theme {
  text: string
  halo: string
  soft: string
  selection: string
  measure: string
  watermark: string
  replay: string
  priority: string[] // by priority, 0 to 4
}

export interface Point { lat: number; lon: number }

/** A line with a text at its end, as measures and rings are drawn. */
export interface Drawn {
  points: Point[]
  text: string
  /** Where the text stands; else at the last point. */
  at?: Point
  kind: 'measure' | 'ring' | 'draft'
}

export interface Marks {
  watermark: string
  replay: boolean
  selected: number // id; 0: none
  hovered: number
  hoveredText: string
  /** Position error of the selected track, m: where no covariance is known. */
  error: number
  ellipse: Ellipse | null
  ahead: Prediction[]
  /** Tracks chosen together. */
  group: ReadonlySet<number>
  /** Where open alerts were raised. */
  alerts: { x: number; y: number; track: number; priority: number; chosen: boolean }[]
  /** Lines of tools. */
  lines: Drawn[]
  /** A box that is being drawn, CSS pixels. */
  box: [number, number, number, number] | null
  crosshair: boolean
}

export const noMarks: Marks = {
  watermark: '', replay: false, selected: 0, hovered: 0, hoveredText: '', error: 0, ellipse: null, ahead: [], group: new Set(), alerts: [], lines: [],
  box: null, crosshair: false,
}

export class Overlay {
  private readonly canvas: HTMLCanvasElement
  private readonly ctx: CanvasRenderingContext2D
  private theme: Theme

  constructor(canvas: HTMLCanvasElement, theme: Theme) {
    this.canvas = canvas
    this.theme = theme
    const ctx = canvas.getContext('2d')
    if (!ctx) throw new Error('no 2D canvas')
    this.ctx = ctx
  }

  paint(theme: Theme) {
    this.theme = theme
  }

  draw(c: Camera, places: Places | null, marks: Marks, now: number) {
    const { ctx, canvas } = this
    const width = Math.round(c.width * c.ratio)
    const height = Math.round(c.height * c.ratio)
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    ctx.setTransform(c.ratio, 0, 0, c.ratio, 0, 0)
    ctx.clearRect(0, 0, c.width, c.height)
    ctx.font = NAME_FONT
    ctx.textBaseline = 'middle'
    ctx.lineJoin = 'round'
    if (marks.watermark) this.watermark(marks.watermark, marks.replay, c)
    for (const line of marks.lines) this.line(c, line)
    // A track that is there has its ring; the cross is for the place of the
    // alert that is read, and for tracks that are gone.
    const p = places?.packed
    const present = new Set(p?.labels.map((l) => p.id[l.index]))
    for (const a of marks.alerts)
      if (a.chosen || !present.has(a.track)) this.alert(screenX(c, a.x), screenY(c, a.y), a.priority, a.chosen)
    if (places && p) this.tracks(c, places, marks, now)
    if (marks.box) this.box(marks.box)
    if (marks.crosshair) this.crosshair(c.width / 2, c.height / 2)
  }

  private tracks(c: Camera, places: Places, marks: Marks, now: number) {
    const p = places.packed
    const radius = symbolRadius(c, p.seen, p.set)
    for (const label of p.labels) {
      const place = places.at(label.index, now)
      const x = screenX(c, place.x)
      const y = screenY(c, place.y)
      const id = p.id[label.index]!
      if (id === marks.selected) {
        this.sureness(c, marks, x, y, place.stale)
        this.brackets(x, y, radius + 8, 2)
      } else if (marks.group.has(id)) this.brackets(x, y, radius + 6, 1)
      if (x < -150 || y < -60 || x > c.width + 150 || y > c.height + 60) continue
      if (label.distress) this.pulse(x, y, 1.7 * radius, now)
      if (p.set === 'military' && label.rank === Rank.alert) this.ring(x, y, radius * 1.5, label.distress ? 4 : label.priority)
      if (label.text) this.name(label.text, x, y, label.dx, label.dy, radius, place.stale)
    }
    this.hovered(c, places, marks, now, radius)
  }

  private watermark(text: string, replay: boolean, c: Camera) {
    const { ctx } = this
    ctx.save()
    ctx.translate(c.width / 2, c.height / 2)
    ctx.rotate(-0.3)
    ctx.font = `700 ${Math.round(Math.min(c.width, 1.6 * c.height) / Math.max(7, text.length * 0.9))}px system-ui, sans-serif`
    ctx.textAlign = 'center'
    ctx.fillStyle = replay ? this.theme.replay : this.theme.watermark
    ctx.fillText(text.split('').join('\u2009\u2009'), 0, 0)
    ctx.restore()
  }

  private hovered(c: Camera, places: Places, marks: Marks, now: number, radius: number) {
    if (!marks.hovered) return
    const i = places.indexOf(marks.hovered)
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
    if (marks.hoveredText) this.text(marks.hoveredText, x + radius + 6, y, 1)
  }

  private ring(x: number, y: number, r: number, priority: number) {
    const { ctx } = this
    ctx.strokeStyle = this.theme.priority[priority]!
    ctx.lineWidth = 1.8
    for (let k = 0; k < (priority > 2 ? 2 : 1); k++) {
      ctx.beginPath()
      ctx.arc(x, y, r + 4 * k, 0, 7)
      ctx.stroke()
    }
  }

  private pulse(x: number, y: number, r: number, now: number) {
    if (still.matches) return
    const { ctx } = this
    const phase = (now % 1500) / 1500
    ctx.strokeStyle = this.theme.priority[4]!
    ctx.lineWidth = 2
    ctx.globalAlpha = 1 - phase
    ctx.beginPath()
    ctx.arc(x, y, r + 16 * phase, 0, 7)
    ctx.stroke()
    ctx.globalAlpha = 1
  }

  private brackets(x: number, y: number, r: number, width: number) {
    const { ctx } = this
    ctx.strokeStyle = this.theme.selection
    ctx.lineWidth = width
    ctx.beginPath()
    for (const [sx, sy] of [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const) {
      ctx.moveTo(x + sx * r, y + sy * (r - 5))
      ctx.lineTo(x + sx * r, y + sy * r)
      ctx.lineTo(x + sx * (r - 5), y + sy * r)
    }
    ctx.stroke()
  }

  /** Where the selected track surely is, and where it will be: the circles hold the true position with 86 %. */
  private sureness(c: Camera, marks: Marks, x: number, y: number, stale: boolean) {
    const { ctx, theme } = this
    const perMetre = unitsPerMetre(latOf(c.y)) * c.scale
    ctx.strokeStyle = theme.selection
    ctx.lineWidth = 1
    ctx.setLineDash([4, 3])
    const e = marks.ellipse
    if (e) this.oval(x, y, e.long * perMetre, e.short * perMetre, e.turn)
    else if (marks.error) this.oval(x, y, 2 * marks.error * perMetre, 2 * marks.error * perMetre, 0)
    if (!stale && marks.ahead.length) {
      ctx.setLineDash([2, 4])
      ctx.beginPath()
      ctx.moveTo(x, y)
      for (const p of marks.ahead) ctx.lineTo(screenX(c, p.x), screenY(c, p.y))
      ctx.stroke()
      ctx.globalAlpha = 0.65
      for (const p of marks.ahead) this.oval(screenX(c, p.x), screenY(c, p.y), p.long * perMetre, p.short * perMetre, p.turn)
      ctx.setLineDash([])
      for (const p of marks.ahead) {
        const minutes = p.after >= 60 ? `${p.after / 60}′` : `${p.after}″`
        if (Math.hypot(screenX(c, p.x) - x, screenY(c, p.y) - y) > 26) this.text(minutes, screenX(c, p.x) + 3, screenY(c, p.y) - 8, 0.8)
      }
      ctx.globalAlpha = 1
    }
    ctx.setLineDash([])
  }

  private oval(x: number, y: number, long: number, short: number, turn: number) {
    if (long < 6 || long > 8000) return
    const { ctx } = this
    ctx.beginPath()
    ctx.ellipse(x, y, Math.max(2, short), long, (turn * Math.PI) / 180, 0, 7)
    ctx.stroke()
  }

  private line(c: Camera, l: Drawn) {
    const { ctx, theme } = this
    ctx.strokeStyle = theme.measure
    ctx.lineWidth = l.kind === 'measure' ? 2 : 1.2
    ctx.setLineDash(l.kind === 'draft' ? [5, 4] : [])
    ctx.beginPath()
    l.points.forEach((p, k) => {
      const [x, y] = [screenX(c, fixedX(p.lon)), screenY(c, fixedY(p.lat))]
      if (k) ctx.lineTo(x, y)
      else ctx.moveTo(x, y)
    })
    ctx.stroke()
    ctx.setLineDash([])
    if (l.kind === 'measure') for (const p of [l.points[0], l.points.at(-1)]) if (p) {
      ctx.fillStyle = theme.measure
      ctx.beginPath()
      ctx.arc(screenX(c, fixedX(p.lon)), screenY(c, fixedY(p.lat)), 3, 0, 7)
      ctx.fill()
    }
    const at = l.at ?? l.points.at(-1)
    if (at && l.text) this.text(l.text, screenX(c, fixedX(at.lon)) + (l.kind === 'ring' ? 4 : 8), screenY(c, fixedY(at.lat)) - (l.kind === 'ring' ? 8 : 0), 1)
  }

  private box([x, y, w, h]: [number, number, number, number]) {
    const { ctx, theme } = this
    ctx.strokeStyle = theme.selection
    ctx.lineWidth = 1.5
    ctx.setLineDash([6, 4])
    ctx.strokeRect(x, y, w, h)
    ctx.setLineDash([])
    ctx.fillStyle = theme.selection
    ctx.globalAlpha = 0.1
    ctx.fillRect(x, y, w, h)
    ctx.globalAlpha = 1
  }

  /** Where the keyboard points. */
  private crosshair(x: number, y: number) {
    const { ctx, theme } = this
    for (const [colour, width] of [[theme.halo, 4], [theme.selection, 1.6]] as const) {
      ctx.strokeStyle = colour
      ctx.lineWidth = width
      ctx.beginPath()
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]] as const) {
        ctx.moveTo(x + 5 * dx, y + 5 * dy)
        ctx.lineTo(x + 18 * dx, y + 18 * dy)
      }
      ctx.stroke()
    }
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

  /** A name, with a line to its symbol where it had to stand away. */
  private name(text: string, x: number, y: number, dx: number, dy: number, radius: number, faded: boolean) {
    if (Math.hypot(dx, dy) > radius + 24 && (dx > 0 || Math.abs(dy) > radius + 20)) {
      const { ctx } = this
      const far = Math.hypot(dx, dy)
      ctx.strokeStyle = this.theme.soft
      ctx.lineWidth = 1
      ctx.beginPath()
      ctx.moveTo(x + ((radius + 3) * dx) / far, y + ((radius + 3) * dy) / far)
      ctx.lineTo(x + dx - 2, y + dy)
      ctx.stroke()
    }
    this.text(text, x + dx, y + dy, faded ? 0.6 : 1)
  }

  private text(text: string, x: number, y: number, alpha: number) {
    const { ctx } = this
    ctx.globalAlpha = alpha
    ctx.strokeStyle = this.theme.halo
    ctx.lineWidth = 3
    ctx.strokeText(text, x, y)
    ctx.fillStyle = this.theme.text
    ctx.fillText(text, x, y)
    ctx.globalAlpha = 1
  }
}

const still = typeof matchMedia === 'function' ? matchMedia('(prefers-reduced-motion: reduce)') : { matches: false }

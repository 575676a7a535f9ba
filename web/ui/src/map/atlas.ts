// The symbols as a texture: a cell for every shape, outline and ring. Of our
// own set the cells hold how much of fill (red), rim (green) and casing (blue)
// a point has, and the shader gives the colours; of the military set they hold
// the colours themselves.

import { CELLS, FRAMES, IN_FRAME, OUTLINES, RINGS, SHAPES, ofCell, pathOf, sidcOf, type Symbol } from '../lib/symbol'
import { WIDE } from '../lib/pack'
import type { Theme } from '../lib/theme.svelte'

export const COLUMNS = 16
export const ROWS = Math.ceil(CELLS / COLUMNS)
/** Pixels of a cell. */
const SIDE = 56

type Drawing = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D

/** Draws a symbol at the origin, its size 1: `fill`, `rim` and `casing` are what is drawn with. */
export function drawSymbol(ctx: Drawing, s: Omit<Symbol, 'colour'>, fill: string, rim: string, casing: string, shape = new Path2D(pathOf(s.shape))) {
  const frame = FRAMES[s.outline]
  if (frame) return drawFramed(ctx, s, fill, casing, shape, new Path2D(frame), s.outline === 'told')
  const hollow = s.outline === 'tentative' || s.outline === 'coasting'
  ctx.lineJoin = 'round'
  if (casing) {
    ctx.strokeStyle = casing
    ctx.lineWidth = 0.42
    ctx.stroke(shape)
    if (s.ring) rings(ctx, s.ring, 0.34)
  }
  ctx.fillStyle = fill
  ctx.globalAlpha = s.outline === 'tentative' ? 0.18 : s.outline === 'coasting' ? 0.42 : 1
  ctx.fill(shape)
  ctx.globalAlpha = 1
  ctx.strokeStyle = hollow ? fill : rim
  if (hollow) {
    ctx.lineWidth = 0.22
    ctx.setLineDash(s.outline === 'tentative' ? [0.5, 0.28] : [0.2, 0.26])
    ctx.stroke(shape)
    ctx.setLineDash([])
  } else if (s.outline === 'proven' || s.outline === 'own') {
    ctx.lineWidth = 0.2
    ctx.stroke(shape)
  }
  if (s.outline === 'own') {
    ctx.fillStyle = rim
    ctx.beginPath()
    ctx.arc(0, 0.12, 0.22, 0, 7)
    ctx.fill()
  }
  ctx.strokeStyle = fill
  if (s.ring) rings(ctx, s.ring, 0.15)
}

/** In a bubble, for somebody said it; in brackets, for another's tracker did. */
function drawFramed(ctx: Drawing, s: Omit<Symbol, 'colour'>, fill: string, casing: string, shape: Path2D, frame: Path2D, closed: boolean) {
  if (casing) {
    ctx.strokeStyle = ctx.fillStyle = casing
    ctx.lineWidth = 0.36
    if (closed) ctx.fill(frame)
    else cased(ctx, shape)
    ctx.stroke(frame)
    if (s.ring) rings(ctx, s.ring, 0.34)
  }
  ctx.strokeStyle = ctx.fillStyle = fill
  ctx.lineWidth = 0.16
  ctx.stroke(frame)
  ctx.save()
  ctx.scale(IN_FRAME, IN_FRAME)
  ctx.fill(shape)
  ctx.restore()
  if (s.ring) rings(ctx, s.ring, 0.15)
}

/** What is in an open frame has a casing of its own. */
function cased(ctx: Drawing, shape: Path2D) {
  ctx.save()
  ctx.scale(IN_FRAME, IN_FRAME)
  ctx.stroke(shape)
  ctx.restore()
}

function rings(ctx: Drawing, ring: number, width: number) {
  ctx.lineWidth = width
  for (let k = 0; k < ring; k++) {
    ctx.beginPath()
    ctx.arc(0, 0, 1.3 + 0.3 * k, 0, 7)
    ctx.stroke()
  }
}

/** Our own set. */
export function civilAtlas(): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = COLUMNS * SIDE
  canvas.height = ROWS * SIDE
  const ctx = canvas.getContext('2d')!
  ctx.fillStyle = '#000' // opaque, so that no channel is multiplied
  ctx.fillRect(0, 0, canvas.width, canvas.height)
  ctx.globalCompositeOperation = 'lighter'
  const paths = new Map(SHAPES.map((s) => [s, new Path2D(pathOf(s))]))
  for (let cell = 0; cell < CELLS; cell++) {
    const s = ofCell(cell)
    inCell(ctx, cell, () => drawSymbol(ctx, s, '#f00', '#0f0', '#00f', paths.get(s.shape)))
  }
  return canvas
}

/** Cells of the other set differ by shape and outline only; rings are drawn by the overlay. */
export async function militaryAtlas(theme: Theme, exercise: boolean): Promise<HTMLCanvasElement> {
  const canvas = document.createElement('canvas')
  canvas.width = COLUMNS * SIDE
  canvas.height = ROWS * SIDE
  const ctx = canvas.getContext('2d')!
  for (const shape of SHAPES) for (const outline of OUTLINES) {
    const image = await military({ shape, outline }, theme, exercise, 26)
    const first = (SHAPES.indexOf(shape) * OUTLINES.length + OUTLINES.indexOf(outline)) * RINGS
    for (let ring = 0; ring < RINGS; ring++) inCell(ctx, first + ring, () => {
      const size = (2 * WIDE) / SIDE
      const [w, h] = [image.canvas.width * size, image.canvas.height * size]
      const k = Math.min(1, (2 * WIDE * 0.97) / Math.max(w, h))
      ctx.drawImage(image.canvas, (-w * k) / 2, (-h * k) / 2, w * k, h * k)
    })
  }
  return canvas
}

/** How bright the standard's colours are. */
const colourMode = { day: 'Light', dusk: 'Medium', night: 'Dark' } as const

/** A symbol of MIL-STD-2525 and APP-6, drawn by milsymbol, which is loaded when it is needed. */
export async function military(s: Pick<Symbol, 'shape' | 'outline'>, theme: Theme, exercise: boolean, size: number): Promise<{ canvas: HTMLCanvasElement }> {
  const { default: ms } = await import('milsymbol')
  const symbol = new ms.Symbol(sidcOf(s, exercise), {
    size, outlineWidth: 3, outlineColor: '#10181b', infoFields: false, civilianColor: false, colorMode: colourMode[theme],
    ...(s.outline === 'plain' ? { fillOpacity: 0.7 } : {}),
  })
  const image = symbol.asCanvas() as HTMLCanvasElement
  const frame = FRAMES[s.outline]
  return { canvas: frame ? framed(image, new Path2D(frame)) : image }
}

/** The standard has no sign for what others told: the frame is around its symbol. */
function framed(image: HTMLCanvasElement, frame: Path2D): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.ceil(1.6 * Math.max(image.width, image.height))
  const ctx = canvas.getContext('2d')!
  ctx.drawImage(image, (canvas.width - image.width) / 2, (canvas.height - image.height) / 2)
  ctx.translate(canvas.width / 2, canvas.height / 2)
  ctx.scale(canvas.width / 2.4, canvas.height / 2.4)
  for (const [colour, width] of [['#10181b', 0.16], ['#e8eeee', 0.07]] as const) {
    ctx.strokeStyle = colour
    ctx.lineWidth = width
    ctx.stroke(frame)
  }
  return canvas
}

function inCell(ctx: CanvasRenderingContext2D, cell: number, draw: () => void) {
  const x = (cell % COLUMNS) * SIDE
  const y = Math.floor(cell / COLUMNS) * SIDE
  ctx.save()
  ctx.beginPath()
  ctx.rect(x, y, SIDE, SIDE)
  ctx.clip()
  ctx.translate(x + SIDE / 2, y + SIDE / 2)
  ctx.scale(SIDE / (2 * WIDE), SIDE / (2 * WIDE))
  draw()
  ctx.restore()
}

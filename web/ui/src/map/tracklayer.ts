// All tracks on a canvas of its own, so that moving tracks make MapLibre paint
// nothing. The shaders move each track by its velocity to now, freeze and fade
// it at its stale limit: while nothing arrives, a frame costs the page a few
// uniforms and calls.
//
// None is an instanced draw: software rendering (SwiftShader) runs every
// instance as a draw of its own, and 50,000 took 1.2 s of processor time a
// frame. Every corner is a vertex of one indexed draw instead (46 ms). That is
// still too much: in software many calm tracks are plain shapes that a worker
// paints (crowdlayer.ts), and only the others are drawn here. With a graphics
// card the plain shapes are drawn here too, in a crowd as triangles, without
// blending: a faded one writes its alpha and lets the browser blend the canvas
// with the map. Symbols of the atlas, vectors and trails are blended: in
// software a symbol costs ten times a triangle (1,000 take 13 ms).

import { FADED } from '../lib/crowd'
import { CROWD, SPREAD, SQUARE, STRIDE, WIDE, WORDS, type Packed } from '../lib/pack'
import { symbolRadius, type SymbolSet } from '../lib/symbol'
import { SEGMENT_WORDS } from '../lib/trail'
import { COLUMNS, ROWS, civilAtlas } from './atlas'
import type { Camera } from './camera'
import * as shaders from './shaders'

/** What the layer's colours are, 0 to 1. */
export interface LayerColours {
  casing: [number, number, number]
  rim: [number, number, number]
  vector: [number, number, number]
  density: [number, number, number]
}

/** Vectors reach as far as a track goes in this time, s. */
export const VECTOR_AIR = 60
export const VECTOR_OTHER = 360

/** Whether the processor draws a canvas that has a WebGL context. */
export function drawnInSoftware(canvas: HTMLCanvasElement): boolean {
  const gl = canvas.getContext('webgl2')
  const info = gl?.getExtension('WEBGL_debug_renderer_info')
  return /swiftshader|llvmpipe|software/i.test(String(info && gl?.getParameter(info.UNMASKED_RENDERER_WEBGL)))
}

const sources = {
  plain: [shaders.plainVertex, shaders.flatFragment],
  civil: [shaders.symbolVertex, shaders.civilFragment],
  military: [shaders.symbolVertex, shaders.militaryFragment],
  vectors: [shaders.vectorVertex, shaders.oneFragment],
  trails: [shaders.trailVertex, shaders.trailFragment],
  density: [shaders.densityVertex, shaders.densityFragment],
} as const

/** Indexes of the four corners of every track or segment. */
interface Index { buffer: WebGLBuffer | null; corners: number[]; things: number }

export class TrackLayer {
  private readonly canvas: HTMLCanvasElement
  private readonly gl: WebGL2RenderingContext
  private programs: Partial<Record<keyof typeof sources, Program>> = {}
  private tracksOf!: Vertices
  private trailsOf!: Vertices
  private densityOf!: WebGLVertexArrayObject
  private textures!: Record<SymbolSet | 'density', WebGLTexture>
  private atlas: Partial<Record<SymbolSet, TexImageSource>> = {}
  /** Corners of each track's triangle, of its plain shape, and of its square. */
  private triangles: Index = { buffer: null, corners: [0, 1, 2], things: 0 }
  private shapes: Index = { buffer: null, corners: [0, 1, 3, 3, 1, 2], things: 0 }
  private squares: Index = { buffer: null, corners: [0, 1, 2, 2, 1, 3], things: 0 }
  private colours: LayerColours = { casing: [0, 0, 0], rim: [1, 1, 1], vector: [0.6, 0.6, 0.6], density: [0.5, 0.7, 0.7] }
  private picture: Packed | null = null
  private uploaded = false
  private first = 0 // track in the buffer
  withVectors = true
  /** Called when the graphics came back after they were lost. */
  onrestored: (() => void) | null = null

  /** Smoothing costs too much where the processor draws. */
  constructor(canvas: HTMLCanvasElement, antialias: boolean) {
    this.canvas = canvas
    const gl = canvas.getContext('webgl2', { alpha: true, antialias, depth: false, stencil: false, powerPreference: 'low-power' })
    if (!gl) throw new Error('WebGL 2 is missing')
    this.gl = gl
    this.setUp()
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault())
    canvas.addEventListener('webglcontextrestored', () => {
      this.setUp()
      this.onrestored?.()
    })
  }

  paint(c: LayerColours) {
    this.colours = c
  }

  /** Gives the layer another set's symbols. */
  symbolsOf(set: SymbolSet, atlas: TexImageSource) {
    this.atlas[set] = atlas
    if (!this.gl.isContextLost()) this.uploadAtlas(set)
  }

  /** What is drawn from now on. */
  show(p: Packed) {
    this.picture = p
    this.uploaded = false
  }

  /** `now` is the server's clock, ms since 1970. */
  draw(c: Camera, now: number) {
    const { gl, picture } = this
    if (gl.isContextLost()) return
    const width = Math.round(c.width * c.ratio)
    const height = Math.round(c.height * c.ratio)
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width
      this.canvas.height = height
      gl.viewport(0, 0, width, height)
    }
    gl.clear(gl.COLOR_BUFFER_BIT)
    if (!picture || picture.count === 0) return
    if (!this.uploaded) this.upload(picture)
    const set: SymbolSet = picture.set === 'military' && this.atlas.military ? 'military' : 'civil'
    const view: View = {
      centre: [c.x, c.y], scale: [c.scale * c.ratio, symbolRadius(c, picture.seen, set) * c.ratio, FADED],
      toClip: [2 / width, -2 / height], now: (now - picture.ref) / 1000, ratio: c.ratio,
    }
    if (picture.density) this.drawDensity(picture.density, view)
    if (picture.plain && !picture.painted && picture.urgent) this.drawTracks(this.program('plain'), picture.count > CROWD ? this.triangles : this.shapes, 0, picture.urgent, view, SPREAD)
    gl.enable(gl.BLEND)
    this.drawTrails(picture, view)
    const from = picture.plain ? picture.urgent : 0
    if (picture.drawn > from) {
      if (this.withVectors) this.drawVectors(from, picture.drawn, view)
      if (!this.atlas[set]) this.symbolsOf(set, civilAtlas())
      const symbols = this.program(set)
      symbols.use(view)
      gl.uniform4f(symbols.at('atlas'), COLUMNS, ROWS, (0.5 * SQUARE) / WIDE, 0.5)
      if (set === 'civil') {
        gl.uniform3f(symbols.at('casing'), ...this.colours.casing)
        gl.uniform3f(symbols.at('rim'), ...this.colours.rim)
      }
      gl.bindTexture(gl.TEXTURE_2D, this.textures[set])
      this.drawTracks(symbols, this.squares, from, picture.drawn, view, SPREAD)
    }
    gl.disable(gl.BLEND)
  }

  private drawVectors(from: number, to: number, view: View) {
    const { gl } = this
    const vectors = this.program('vectors')
    vectors.use(view)
    gl.uniform3f(vectors.at('reach'), VECTOR_AIR, VECTOR_OTHER, 0.6 * view.ratio)
    gl.uniform4f(vectors.at('ink'), ...scaled(this.colours.vector, 0.75))
    this.drawTracks(vectors, this.squares, from, to, view, 1)
  }

  private drawTracks(program: Program, index: Index, from: number, to: number, view: View, spread: number) {
    const { gl } = this
    program.use({ ...view, scale: [view.scale[0], view.scale[1] * spread, view.scale[2]] })
    gl.bindVertexArray(this.tracksOf.array)
    this.indexes(index, to - this.first)
    const n = index.corners.length
    gl.drawElements(gl.TRIANGLES, (to - from) * n, gl.UNSIGNED_INT, (from - this.first) * n * 4)
  }

  private drawTrails(picture: Packed, view: View) {
    const { gl } = this
    const n = picture.trails.byteLength / (4 * 4 * SEGMENT_WORDS)
    if (!n) return
    this.program('trails').use({ ...view, scale: [view.scale[0], 0.75 * view.ratio, 1] })
    gl.bindVertexArray(this.trailsOf.array)
    this.indexes(this.squares, n)
    gl.drawElements(gl.TRIANGLES, n * 6, gl.UNSIGNED_INT, 0)
  }

  private drawDensity(d: NonNullable<Packed['density']>, view: View) {
    const { gl } = this
    const density = this.program('density')
    density.use(view)
    gl.uniform2f(density.at('size'), d.side * d.columns, d.side * d.rows)
    gl.uniform2i(density.at('corner'), d.x, d.y)
    gl.uniform4f(density.at('ink'), ...this.colours.density, 1)
    gl.bindTexture(gl.TEXTURE_2D, this.textures.density)
    gl.bindVertexArray(this.densityOf)
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4)
  }

  private upload(p: Packed) {
    const { gl } = this
    gl.bindBuffer(gl.ARRAY_BUFFER, this.tracksOf.buffer)
    this.first = p.painted ? p.urgent : 0
    gl.bufferData(gl.ARRAY_BUFFER, new Uint8Array(p.vertices, 4 * STRIDE * this.first, 4 * STRIDE * (p.drawn - this.first)), gl.DYNAMIC_DRAW)
    if (p.trails.byteLength) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.trailsOf.buffer)
      gl.bufferData(gl.ARRAY_BUFFER, p.trails, gl.DYNAMIC_DRAW)
    }
    if (p.density) {
      gl.bindTexture(gl.TEXTURE_2D, this.textures.density)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, p.density.columns, p.density.rows, 0, gl.RED, gl.UNSIGNED_BYTE, p.density.cells)
    }
    this.uploaded = true
  }

  /** Binds an index that reaches so many things. */
  private indexes(index: Index, things: number) {
    const { gl } = this
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index.buffer)
    if (index.things >= things) return
    index.things = Math.max(1024, 2 ** Math.ceil(Math.log2(things)))
    const n = index.corners.length
    const list = new Uint32Array(index.things * n)
    for (let i = 0; i < index.things; i++) for (let k = 0; k < n; k++) list[i * n + k] = 4 * i + index.corners[k]!
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, list, gl.STATIC_DRAW)
  }

  private setUp() {
    const { gl } = this
    this.programs = {}
    const stride = 4 * WORDS
    this.tracksOf = vertices(gl, () => {
      gl.vertexAttribIPointer(0, 2, gl.INT, stride, 0)
      gl.vertexAttribPointer(1, 2, gl.FLOAT, false, stride, 8)
      gl.vertexAttribPointer(2, 1, gl.FLOAT, false, stride, 16)
      gl.vertexAttribPointer(3, 4, gl.UNSIGNED_BYTE, true, stride, 20)
      gl.vertexAttribPointer(4, 2, gl.BYTE, true, stride, 24)
      gl.vertexAttribIPointer(5, 2, gl.UNSIGNED_BYTE, stride, 26)
    }, 6)
    const segment = 4 * SEGMENT_WORDS
    this.trailsOf = vertices(gl, () => {
      gl.vertexAttribIPointer(0, 2, gl.INT, segment, 0)
      gl.vertexAttribIPointer(1, 2, gl.INT, segment, 8)
      gl.vertexAttribPointer(2, 1, gl.FLOAT, false, segment, 16)
      gl.vertexAttribPointer(3, 4, gl.UNSIGNED_BYTE, true, segment, 20)
      gl.vertexAttribIPointer(4, 4, gl.UNSIGNED_BYTE, segment, 24)
    }, 5)
    this.densityOf = gl.createVertexArray()
    for (const index of [this.triangles, this.shapes, this.squares]) Object.assign(index, { buffer: gl.createBuffer(), things: 0 })
    this.textures = { civil: gl.createTexture(), military: gl.createTexture(), density: gl.createTexture() }
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
    for (const set of ['civil', 'military'] as const) if (this.atlas[set]) this.uploadAtlas(set)
    gl.bindTexture(gl.TEXTURE_2D, this.textures.density)
    for (const [name, value] of [
      [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR], [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
    ] as const) gl.texParameteri(gl.TEXTURE_2D, name, value)
    gl.viewport(0, 0, this.canvas.width, this.canvas.height)
    gl.clearColor(0, 0, 0, 0)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    this.uploaded = false
  }

  /** Made when it is first needed: the page opens sooner. */
  private program(name: keyof typeof sources): Program {
    const [vertex, fragment] = sources[name]
    return (this.programs[name] ??= new Program(this.gl, vertex, fragment))
  }

  private uploadAtlas(set: SymbolSet) {
    const { gl } = this
    gl.bindTexture(gl.TEXTURE_2D, this.textures[set])
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true)
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.atlas[set]!)
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false)
    gl.generateMipmap(gl.TEXTURE_2D)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_NEAREST)
  }
}

interface View {
  centre: [number, number]
  scale: [number, number, number]
  toClip: [number, number]
  now: number
  ratio: number
}

const scaled = ([r, g, b]: [number, number, number], alpha: number): [number, number, number, number] => [r * alpha, g * alpha, b * alpha, alpha]

/** A linked program with its uniforms. */
class Program {
  private readonly gl: WebGL2RenderingContext
  private readonly program: WebGLProgram
  private readonly uniforms = new Map<string, WebGLUniformLocation | null>()

  constructor(gl: WebGL2RenderingContext, vertex: string, fragment: string) {
    this.gl = gl
    this.program = link(gl, vertex, fragment)
  }

  at(name: string): WebGLUniformLocation | null {
    let u = this.uniforms.get(name)
    if (u === undefined) this.uniforms.set(name, (u = this.gl.getUniformLocation(this.program, name)))
    return u
  }

  use(v: View) {
    const { gl } = this
    gl.useProgram(this.program)
    gl.uniform2i(this.at('centre'), v.centre[0], v.centre[1])
    gl.uniform3f(this.at('scale'), ...v.scale)
    gl.uniform2f(this.at('toClip'), ...v.toClip)
    gl.uniform1f(this.at('now'), v.now)
  }
}

interface Vertices { array: WebGLVertexArrayObject; buffer: WebGLBuffer }

function vertices(gl: WebGL2RenderingContext, describe: () => void, locations: number): Vertices {
  const array = gl.createVertexArray()
  const buffer = gl.createBuffer()
  gl.bindVertexArray(array)
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  for (let location = 0; location < locations; location++) gl.enableVertexAttribArray(location)
  describe()
  return { array, buffer }
}

function link(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(type)!
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program)?.map((s) => gl.getShaderInfoLog(s)).join(' ')
    throw new Error(`track shader: ${gl.getProgramInfoLog(program)} ${logs}`)
  }
  return program
}

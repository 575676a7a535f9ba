// All tracks in one draw on a canvas of its own, so that moving tracks make
// MapLibre paint nothing. The shader moves each track by its velocity to now,
// freezes and fades it at its stale limit: while nothing arrives, a frame
// costs the page two uniforms and one call.
//
// It is no instanced draw: software rendering (SwiftShader) runs every
// instance as a draw of its own, and 50,000 took 1.2 s of processor time a
// frame. Every corner is a vertex of one indexed draw instead (46 ms). For the
// same reason there is no blending, which doubles that; a faded symbol writes
// its alpha and lets the browser blend the canvas with the map.

import { CROWD, SPREAD, WORDS, type Packed } from '../lib/pack'
import type { Camera } from './camera'

const vertex = `#version 300 es
precision highp float;
precision highp int;
layout(location=0) in ivec2 place;    // mercator units at the reference time
layout(location=1) in vec2 velocity;  // mercator units a second, y to the south
layout(location=2) in float stale;    // s from the reference time
layout(location=3) in vec4 colour;
layout(location=4) in vec2 corner;    // east and south, of the symbol's size
uniform ivec2 centre;
uniform float now;                    // s from the reference time
uniform vec3 scale;                   // device pixels a unit, device pixels of a symbol, fading
uniform vec2 toClip;
flat out vec4 ink;
void main() {
  float dt = max(0., min(now, stale));
  // In x the difference of integers wraps around the world by itself; in y it
  // is taken in halves, for it must not.
  vec2 apart = vec2(
    float(place.x - centre.x),
    2. * float((place.y >> 1) - (centre.y >> 1)) + float((place.y & 1) - (centre.y & 1)));
  vec2 at = (apart + velocity * dt) * scale.x + corner * scale.y;
  gl_Position = vec4(at * toClip, 0., 1.);
  float alpha = colour.a * (now > stale ? scale.z : 1.);
  ink = vec4(colour.rgb * alpha, alpha);
}`

const fragment = `#version 300 es
precision mediump float;
flat in vec4 ink;
out vec4 colour;
void main() { colour = ink; }`

const FADED = 0.4

/** Whether WebGL is drawn by the processor, where smoothing costs too much. */
function drawnInSoftware(gl: WebGL2RenderingContext): boolean {
  const info = gl.getExtension('WEBGL_debug_renderer_info')
  return /swiftshader|llvmpipe|software/i.test(String(info && gl.getParameter(info.UNMASKED_RENDERER_WEBGL)))
}

function context(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const probe = document.createElement('canvas').getContext('webgl2')
  const antialias = probe !== null && !drawnInSoftware(probe)
  probe?.getExtension('WEBGL_lose_context')?.loseContext()
  const gl = canvas.getContext('webgl2', { alpha: true, antialias, depth: false, stencil: false, powerPreference: 'low-power' })
  if (!gl) throw new Error('WebGL 2 is missing')
  return gl
}

export class TrackLayer {
  private readonly canvas: HTMLCanvasElement
  private readonly gl: WebGL2RenderingContext
  private program!: WebGLProgram
  private vertices!: WebGLBuffer
  /** Corners of each track's triangle, and of its two triangles. */
  private crowd = { buffer: null as WebGLBuffer | null, corners: [0, 1, 2], tracks: 0 }
  private shapes = { buffer: null as WebGLBuffer | null, corners: [0, 1, 3, 3, 1, 2], tracks: 0 }
  private uniform!: Record<'centre' | 'now' | 'scale' | 'toClip', WebGLUniformLocation | null>
  private picture: Packed | null = null
  private uploaded = false

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas
    this.gl = context(canvas)
    this.setUp()
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault())
    canvas.addEventListener('webglcontextrestored', () => this.setUp())
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
    if (!this.uploaded) {
      gl.bufferData(gl.ARRAY_BUFFER, picture.vertices, gl.DYNAMIC_DRAW)
      this.uploaded = true
    }
    const index = picture.count > CROWD ? this.crowd : this.shapes
    this.indexes(index, picture.drawn)
    gl.uniform2i(this.uniform.centre, c.x, c.y)
    gl.uniform1f(this.uniform.now, (now - picture.ref) / 1000)
    gl.uniform3f(this.uniform.scale, c.scale * c.ratio, symbolRadius(c, picture.seen) * c.ratio * SPREAD, FADED)
    gl.uniform2f(this.uniform.toClip, 2 / width, -2 / height)
    gl.drawElements(gl.TRIANGLES, picture.drawn * index.corners.length, gl.UNSIGNED_INT, 0)
  }

  /** Binds an index that reaches so many tracks. */
  private indexes(index: { buffer: WebGLBuffer | null; corners: number[]; tracks: number }, tracks: number) {
    const { gl } = this
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index.buffer)
    if (index.tracks >= tracks) return
    index.tracks = Math.max(1024, 2 ** Math.ceil(Math.log2(tracks)))
    const n = index.corners.length
    const list = new Uint32Array(index.tracks * n)
    for (let i = 0; i < index.tracks; i++) for (let k = 0; k < n; k++) list[i * n + k] = 4 * i + index.corners[k]!
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, list, gl.STATIC_DRAW)
  }

  private setUp() {
    const { gl } = this
    this.program = link(gl)
    gl.useProgram(this.program)
    const names = ['centre', 'now', 'scale', 'toClip'] as const
    this.uniform = Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(this.program, n)])) as typeof this.uniform
    this.vertices = gl.createBuffer()
    gl.bindBuffer(gl.ARRAY_BUFFER, this.vertices)
    for (let location = 0; location < 5; location++) gl.enableVertexAttribArray(location)
    const stride = 4 * WORDS
    gl.vertexAttribIPointer(0, 2, gl.INT, stride, 0)
    gl.vertexAttribPointer(1, 2, gl.FLOAT, false, stride, 8)
    gl.vertexAttribPointer(2, 1, gl.FLOAT, false, stride, 16)
    gl.vertexAttribPointer(3, 4, gl.UNSIGNED_BYTE, true, stride, 20)
    gl.vertexAttribPointer(4, 2, gl.BYTE, true, stride, 24)
    for (const index of [this.crowd, this.shapes]) Object.assign(index, { buffer: gl.createBuffer(), tracks: 0 })
    gl.viewport(0, 0, this.canvas.width, this.canvas.height)
    gl.clearColor(0, 0, 0, 0)
    this.uploaded = false
  }
}

/** Of a symbol, CSS pixels: smaller where the map shows much, or many tracks. */
export function symbolRadius(c: Camera, seen: number): number {
  const zoom = Math.log2(c.scale * (4294967296 / 512))
  const apart = Math.sqrt((c.width * c.height) / Math.max(1, seen))
  return Math.max(2.2, Math.min(9, 4.5 + (zoom - 6) * 1.1, 0.75 * apart))
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]] as const) {
    const shader = gl.createShader(type)!
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`track shader: ${gl.getProgramInfoLog(program)}`)
  return program
}

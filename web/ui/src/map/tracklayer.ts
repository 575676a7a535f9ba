// All tracks in one instanced draw on a canvas of its own, so that moving
// tracks make MapLibre paint nothing. The shader moves each track from its
// last position by its velocity to now, freezes and fades it at its stale
// limit: while nothing arrives, a frame costs the page one uniform and one call.

import type { Packed } from '../lib/pack'
import { CORNERS } from '../lib/symbol'
import type { Camera } from './camera'

const vertex = `#version 300 es
precision highp float;
precision highp int;
layout(location=0) in ivec2 place;     // mercator units
layout(location=1) in vec2 velocity;   // mercator units a second, y to the south
layout(location=2) in vec2 time;       // s from the reference: of the position, stale
layout(location=3) in uvec4 look;      // shape, colour, alpha, size
uniform ivec2 centre;
uniform float now;                     // s from the reference
uniform float scale;                   // device pixels a unit
uniform vec2 middle;                   // half of the canvas, device pixels
uniform float radius;                  // of a symbol, device pixels
uniform vec3 palette[9];
flat out vec4 ink;

const vec2 corners[${CORNERS.length * 4}] = vec2[](${CORNERS.flat().map(([x, y]) => `vec2(${x.toFixed(3)}, ${y.toFixed(3)})`).join(', ')});

void main() {
  float dt = max(0., min(now, time.y) - time.x);
  // In x the difference of integers wraps around the world by itself; in y it
  // is taken in halves, for it must not.
  vec2 apart = vec2(
    float(place.x - centre.x),
    2. * float((place.y >> 1) - (centre.y >> 1)) + float((place.y & 1) - (centre.y & 1)));
  vec2 at = (apart + velocity * dt) * scale;
  float v = length(velocity);
  vec2 ahead = v > 0. ? velocity / v : vec2(0., -1.);
  vec2 corner = corners[int(look.x) * 4 + gl_VertexID] * radius * float(look.w) / 255.;
  at += ahead * corner.y + vec2(-ahead.y, ahead.x) * corner.x;
  gl_Position = vec4(at.x / middle.x, -at.y / middle.y, 0., 1.);
  float alpha = float(look.z) / 255. * (now > time.y ? .4 : 1.);
  ink = vec4(palette[look.y] * alpha, alpha);
}`

const fragment = `#version 300 es
precision mediump float;
flat in vec4 ink;
out vec4 colour;
void main() { colour = ink; }`

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
  private readonly palette: Float32Array
  private program!: WebGLProgram
  private array!: WebGLVertexArrayObject
  private buffers: WebGLBuffer[] = []
  private uniform!: Record<'centre' | 'now' | 'scale' | 'middle' | 'radius' | 'palette', WebGLUniformLocation | null>
  private picture: Packed | null = null
  private uploaded = false

  /** The palette has red, green, blue from 0 to 1 for each Colour of lib/pack. */
  constructor(canvas: HTMLCanvasElement, palette: Float32Array) {
    this.canvas = canvas
    this.palette = palette
    this.gl = context(canvas)
    this.setUp()
    canvas.addEventListener('webglcontextlost', (e) => e.preventDefault())
    canvas.addEventListener('webglcontextrestored', () => {
      this.setUp()
      this.uploaded = false
    })
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
    }
    gl.viewport(0, 0, width, height)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT)
    if (!picture || picture.count === 0) return
    if (!this.uploaded) this.upload(picture)
    gl.useProgram(this.program)
    gl.bindVertexArray(this.array)
    gl.uniform2i(this.uniform.centre, c.x, c.y)
    gl.uniform1f(this.uniform.now, (now - picture.ref) / 1000)
    gl.uniform1f(this.uniform.scale, c.scale * c.ratio)
    gl.uniform2f(this.uniform.middle, width / 2, height / 2)
    gl.uniform1f(this.uniform.radius, symbolRadius(c.scale) * c.ratio)
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, picture.count)
  }

  private upload(p: Packed) {
    const { gl } = this
    const columns = [p.place, p.velocity, p.time, p.look]
    columns.forEach((data, i) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[i]!)
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW)
    })
    this.uploaded = true
  }

  private setUp() {
    const { gl } = this
    this.program = link(gl)
    const names = ['centre', 'now', 'scale', 'middle', 'radius', 'palette'] as const
    this.uniform = Object.fromEntries(names.map((n) => [n, gl.getUniformLocation(this.program, n)])) as typeof this.uniform
    this.array = gl.createVertexArray()
    gl.bindVertexArray(this.array)
    this.buffers = [0, 1, 2, 3].map((location) => {
      const buffer = gl.createBuffer()
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
      gl.enableVertexAttribArray(location)
      gl.vertexAttribDivisor(location, 1)
      if (location === 0) gl.vertexAttribIPointer(0, 2, gl.INT, 0, 0)
      else if (location === 3) gl.vertexAttribIPointer(3, 4, gl.UNSIGNED_BYTE, 0, 0)
      else gl.vertexAttribPointer(location, 2, gl.FLOAT, false, 0, 0)
      return buffer
    })
    gl.useProgram(this.program)
    gl.uniform3fv(this.uniform.palette, this.palette)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
  }
}

/** Of a symbol, CSS pixels: smaller where the map shows much. */
export function symbolRadius(scale: number): number {
  const zoom = Math.log2(scale * (4294967296 / 512))
  return Math.max(3.5, Math.min(8, 3.5 + (zoom - 5) * 0.9))
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

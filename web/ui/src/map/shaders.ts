// The shaders of the track layer. Positions are mercator units in 32-bit
// integers: in x the difference wraps around the world by itself; in y it is
// taken in halves, for it must not.

const head = `#version 300 es
precision highp float;
precision highp int;
uniform ivec2 centre;
uniform vec3 scale;   // device pixels a unit, device pixels of a symbol, fading
uniform vec2 toClip;
vec2 apart(ivec2 place) {
  return vec2(float(place.x - centre.x), 2. * float((place.y >> 1) - (centre.y >> 1)) + float((place.y & 1) - (centre.y & 1)));
}`

const track = `${head}
layout(location=0) in ivec2 place;    // at the reference time
layout(location=1) in vec2 velocity;  // units a second, y to the south
layout(location=2) in float stale;    // s from the reference time
layout(location=3) in vec4 colour;
layout(location=4) in vec2 corner;    // east and south, of the symbol's size
layout(location=5) in uvec2 cell;     // of the atlas; flags
uniform float now;                    // s from the reference time
vec2 at() { return (apart(place) + velocity * max(0., min(now, stale))) * scale.x; }`

/** Plain shapes, for many. */
export const plainVertex = `${track}
flat out vec4 ink;
void main() {
  gl_Position = vec4((at() + corner * scale.y) * toClip, 0., 1.);
  float alpha = colour.a * (now > stale ? scale.z : 1.);
  ink = vec4(colour.rgb * alpha, alpha);
}`
export const flatFragment = `#version 300 es
precision mediump float;
flat in vec4 ink;
out vec4 colour;
void main() { colour = ink; }`

/** Symbols of the atlas. */
export const symbolVertex = `${track}
uniform vec4 atlas;                   // columns, rows; half a cell's part that calm and wide squares show
out vec2 where;
flat out vec4 ink;
void main() {
  gl_Position = vec4((at() + corner * scale.y) * toClip, 0., 1.);
  int k = gl_VertexID & 3;
  float half_ = (cell.y & 1u) == 1u ? atlas.w : atlas.z;
  vec2 side = vec2(float(k & 1) * 2. - 1., 1. - float(k >> 1) * 2.) * half_;
  uint which = cell.x + ((cell.y & 8u) << 5u);
  vec2 middle = vec2(float(which % uint(atlas.x)) + .5, float(which / uint(atlas.x)) + .5);
  where = (middle + side) / atlas.xy;
  ink = vec4(colour.rgb, now > stale ? scale.z : 1.);
}`
export const civilFragment = `#version 300 es
precision mediump float;
uniform sampler2D symbols;
uniform vec3 casing;
uniform vec3 rim;
in vec2 where;
flat in vec4 ink;
out vec4 colour;
void main() {
  vec3 part = texture(symbols, where).rgb;
  float out_ = (1. - part.r) * (1. - part.g);
  float alpha = 1. - out_ * (1. - part.b * .85);
  colour = vec4(mix(mix(casing * part.b * .85, ink.rgb, part.r), rim, part.g), alpha) * ink.a;
}`
export const militaryFragment = `#version 300 es
precision mediump float;
uniform sampler2D symbols;
in vec2 where;
flat in vec4 ink;
out vec4 colour;
void main() { colour = texture(symbols, where) * ink.a; }`

/** Where tracks will be in some minutes: a thin line from the symbol. */
export const vectorVertex = `${track}
uniform vec3 reach;                   // s in the air, s else, half the width in device pixels
void main() {
  vec2 way = velocity * ((cell.y & 2u) == 2u ? reach.x : reach.y) * scale.x;
  float far = length(way);
  bool drawn = far > scale.y * 1.3 && now <= stale;
  vec2 along = drawn ? way / far : vec2(0.);
  int k = gl_VertexID & 3;
  float side = (float(k >> 1) * 2. - 1.) * reach.z;
  vec2 p = at() + along * ((k & 1) == 1 ? far : scale.y * .8) + vec2(-along.y, along.x) * side;
  gl_Position = vec4(p * toClip, 0., 1.);
}`
export const oneFragment = `#version 300 es
precision mediump float;
uniform vec4 ink;
out vec4 colour;
void main() { colour = ink; }`

/** Where tracks were. */
export const trailVertex = `${head}
layout(location=0) in ivec2 one;
layout(location=1) in ivec2 other;
layout(location=2) in float length_;
layout(location=3) in vec4 colour;
layout(location=4) in uvec4 corner;   // at the other end; on the left; dotted
out float along;
flat out float dotted;
flat out vec4 ink;
void main() {
  vec2 a = apart(one) * scale.x;
  vec2 b = apart(other) * scale.x;
  vec2 way = b - a;
  float far = length(way);
  vec2 side = far > 0. ? vec2(-way.y, way.x) / far : vec2(0.);
  vec2 p = (corner.x == 1u ? b : a) + side * (float(corner.y) * 2. - 1.) * scale.y;
  gl_Position = vec4(p * toClip, 0., 1.);
  along = length_ * scale.x / scale.y;
  dotted = float(corner.z);
  ink = vec4(colour.rgb * colour.a, colour.a);
}`
export const trailFragment = `#version 300 es
precision highp float;
in float along;
flat in float dotted;
flat in vec4 ink;
out vec4 colour;
void main() {
  if (dotted > .5 && fract(along / 7.) > .4) discard;
  colour = ink;
}`

/** How dense tracks lie. */
export const densityVertex = `${head}
uniform vec2 size;                    // units
uniform ivec2 corner;
out vec2 where;
void main() {
  where = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
  gl_Position = vec4((apart(corner) + where * size) * scale.x * toClip, 0., 1.);
}`
export const densityFragment = `#version 300 es
precision mediump float;
uniform sampler2D counts;
uniform vec4 ink;
in vec2 where;
out vec4 colour;
void main() {
  float n = texture(counts, where).r;
  float alpha = n * (.3 + .6 * n);
  colour = vec4(mix(ink.rgb, vec3(1.), n * n * .35) * alpha, alpha);
}`

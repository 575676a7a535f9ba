// Moving things for the mock server: boats on Lake Titicaca, aircraft over it,
// a drone and a patrol of ours. The same seed gives the same world.

import { readFileSync } from 'node:fs'

const data = new URL('../../../internal/basemap/data/', import.meta.url)
export const basemap = (name) => readFileSync(new URL(name, data))

export function random(seed) {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const lake = JSON.parse(basemap('titicaca.geojson')).features[0].geometry.coordinates

function inRing(lon, lat, ring) {
  let inside = false
  for (let i = 1; i < ring.length; i++) {
    const [ax, ay] = ring[i - 1]
    const [bx, by] = ring[i]
    if (ay > lat !== by > lat && lon < ax + ((lat - ay) / (by - ay)) * (bx - ax)) inside = !inside
  }
  return inside
}
const onLake = (lon, lat) => inRing(lon, lat, lake[0]) && !lake.slice(1).some((r) => inRing(lon, lat, r))

const names = [
  'INTI', 'NUESTRA SEÑORA', 'ILLAMPU', 'TAQUILE I', 'ÑUSTA', 'REINA DEL LAGO', 'SURIQUI', 'CHOQUEYAPU', 'SAN MARTÍN', 'URPI',
  'MANCO CÁPAC', 'WIRACOCHA', 'LA TRUCHA', 'COPACABANA II', 'KANTUTA', 'TOTORA', 'HUATAJATA', 'EL PUMA',
]

export class World {
  constructor({ count, seed = 7, fast = false }) {
    this.rnd = random(seed)
    this.fast = fast
    this.tracks = []
    this.byId = new Map()
    this.box = count > 2000 ? [-72, -18.5, -66.5, -13.5] : [-70.4, -17, -68.2, -15]
    const now = Date.now()
    for (let i = 0; i < count; i++) this.add(i, count, now)
  }

  add(i, count, now) {
    const r = this.rnd
    const [w, s, e, n] = this.box
    const id = 3 * i + 1 + Math.floor(r() * 3)
    const crowd = count > 2000
    const air = crowd ? r() < 0.3 : i % 9 === 4
    let lon, lat
    do {
      lon = w + (e - w) * r()
      lat = s + (n - s) * r()
    } while (!crowd && !air && !onLake(lon, lat))
    const own = !crowd && (i === 2 || i === 7)
    const claims = air || r() < 0.6
    const speed = (air ? 60 + 180 * r() : r() < 0.12 ? 0 : 1 + 8 * r()) * (this.fast ? 3 : 1)
    const t = {
      id, lon, lat, speed, course: 360 * r(), turn: (r() - 0.5) * 0.6, air, time: now,
      height: air ? Math.round(4200 + 6500 * r()) : undefined, datum: air ? 4 : 0,
      sd: claims ? 10 : 60 + Math.round(120 * r()), stale: air ? 30 : 180, existence: claims ? 254 : 150 + Math.floor(100 * r()),
      domain: air ? 3 : 1, kind: air ? 2 : claims ? 1 : 0, status: claims || r() < 0.7 ? 1 : 0,
      flags: own ? 1 : 2, priority: 0, distress: 0, sensors: claims && r() < 0.4 ? 2 : 1, labels: {}, silent: !crowd && i % 23 === 11,
    }
    if (own) {
      t.kind = i === 2 ? 5 : 1
      t.domain = i === 2 ? 3 : 1
      if (i === 2) Object.assign(t, { height: 3990, datum: 2, speed: 18 })
      t.labels = i === 2 ? { name: 'DRON CÓNDOR 1', system: '12' } : { name: 'PATRULLA L-07', mmsi: '720000007' }
    } else if (air) t.labels = { icao: (0xe94000 + i).toString(16), callsign: `BOV${100 + (i % 900)}`, squawk: '2000' }
    else if (claims) t.labels = { mmsi: String(720000100 + i), ...(i % 3 ? { name: names[i % names.length] + (i >= names.length ? ` ${i}` : '') } : {}) }
    this.tracks.push(t)
    this.byId.set(id, t)
  }

  /** Moves one of `parts` of the tracks to now; gives those that moved. */
  step(now, part, parts) {
    const moved = []
    const [w, s, e, n] = this.box
    for (let i = part; i < this.tracks.length; i += parts) {
      const t = this.tracks[i]
      if (t.silent) continue
      const dt = (now - t.time) / 1000
      const next = place(t, dt)
      const away = t.air || this.tracks.length > 2000 ? next.lon < w || next.lon > e || next.lat < s || next.lat > n : !onLake(next.lon, next.lat)
      if (away) t.course = (t.course + 150 + 60 * this.rnd()) % 360
      else Object.assign(t, next)
      t.course = (t.course + t.turn * dt + 360) % 360
      t.time = now
      moved.push(t)
    }
    return moved
  }
}

function place(t, dt) {
  const a = (t.course * Math.PI) / 180
  const lat = t.lat + (t.speed * dt * Math.cos(a)) / 111_195
  return { lat, lon: t.lon + (t.speed * dt * Math.sin(a)) / (111_195 * Math.cos((lat * Math.PI) / 180)) }
}

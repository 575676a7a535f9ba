// What sensors cover, and where one that should say something does not: its
// coverage is hatched, so that an empty map is never taken for a quiet one.

import type { Feature, FeatureCollection } from 'geojson'
import type { LayerSpecification, Map as BaseMap } from 'maplibre-gl'
import { SENSOR_KINDS, type Feed, type Picture, type Sensor, type SensorKind } from '../lib/api'
import { inForce, isLost, stateOf, type SensorState } from '../lib/sensing'
import { circle } from './areas'
import type { MapColours } from './style'

/** Symbols in a square of 24: a plate, which no track has, and on it what it is; struck through where nothing comes. */
export const glyphs: Record<SensorKind | 'plate' | 'strike', string> = {
  plate: 'M5 2.500h14A2.500 2.500 0 0 1 21.500 5v14a2.500 2.500 0 0 1-2.500 2.500H5A2.500 2.500 0 0 1 2.500 19V5A2.500 2.500 0 0 1 5 2.500z',
  strike: 'M4 20 20 4',
  'ais-receiver': 'M6 14h12l-2.500 4h-7zM12 14V6M12 7l4 4M9 6h6',
  'adsb-receiver': 'M12 5v14M12 10 5.500 14M12 10l6.500 4M9.500 19 12 17l2.500 2',
  radar: 'M6 8c1 7 5 10 11 9M6 8l11 9M11.500 12.500 16 7M9 18l-1.500 1.500M16.500 5.500v2h-2',
  'marine-radar': 'M6 8h12M12 8v5M8 19l1.500-6h5L16 19z',
  drone: 'M9 9l6 6M15 9l-6 6M8 8.500a2 2 0 1 1 .1-.1M16 8.500a2 2 0 1 0-.1-.1M8 15.500a2 2 0 1 0 .1.1M16 15.500a2 2 0 1 1-.1.1',
  camera: 'M5.500 8.500h9v7h-9zM14.500 11l4-2v6l-4-2z',
  person: 'M12 11.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6M6.500 19c.500-3.500 2.500-5 5.500-5s5 1.500 5.500 5',
  neighbour: 'M6 18V8l6-2.500M12 18V5.500L18 8v10M5 18h14M12 11h6',
}

/** The program's own sensor of reports stands nowhere. */
const stands = (s: Sensor) => !s.moving && !(s.kind === 'person' && s.position.lat === 0 && s.position.lon === 0)

export interface Standing { sensor: Sensor; state: SensorState; lost: boolean }

/** The sensors that stand somewhere, and how each does; `health` null: nobody knows, as in the past. */
export function standing(sensors: Sensor[], health: Feed[] | null, now: number): Standing[] {
  return sensors.filter((s) => stands(s) && inForce(s.version, now)).map((sensor) => {
    const feeds = health?.filter((f) => f.sensor === sensor.id) ?? []
    return { sensor, state: health ? stateOf(feeds) : 'up', lost: isLost(feeds) }
  })
}

/** As the map draws them. A large coverage lies below a small one. */
export function drawn(all: Standing[], chosen: string, look: Picture | null = null): FeatureCollection {
  const rings = all.filter(({ sensor }) => sensor.max_range_m > 0).toSorted((a, b) => b.sensor.max_range_m - a.sensor.max_range_m)
    .map(({ sensor: s, lost }): Feature => ({
      type: 'Feature', properties: { lost, chosen: s.id === chosen }, geometry: circle([s.position.lon, s.position.lat], s.max_range_m),
    }))
  const symbols = all.map(({ sensor: s, lost }): Feature => ({
    type: 'Feature', properties: { icon: `sensor-${s.kind}${lost ? '-lost' : ''}`, name: s.name, lost },
    geometry: { type: 'Point', coordinates: [s.position.lon, s.position.lat] },
  }))
  return { type: 'FeatureCollection', features: [...rings, ...seen(look), ...symbols] }
}

/** What a camera sees of the ground, and around it what it may see. */
function seen(look: Picture | null): Feature[] {
  if (!look) return []
  const ring = (of: Picture['outline']) => [...of, ...of.slice(0, 1)].map((p) => [p.lon, p.lat])
  return [['outer', look.outer] as const, ['outline', look.outline] as const].filter(([, of]) => of.length > 2)
    .map(([part, of]) => ({ type: 'Feature', properties: { look: part, lost: false }, geometry: { type: 'Polygon', coordinates: [ring(of)] } }))
}

/** Below the areas: where a sensor sees nothing, and how far the others see. */
export function coverageLayers(c: MapColours): LayerSpecification[] {
  const polygon = ['==', ['geometry-type'], 'Polygon']
  return [
    { id: 'coverage-lost', type: 'fill', source: 'coverage', filter: ['all', polygon, ['get', 'lost']] as never, paint: { 'fill-pattern': 'lost', 'fill-opacity': 0.34 } },
    { id: 'coverage-lost-edge', type: 'line', source: 'coverage', filter: ['all', polygon, ['get', 'lost']] as never, paint: { 'line-color': c.high, 'line-width': 1.6 } },
    {
      id: 'coverage', type: 'line', source: 'coverage', filter: ['all', polygon, ['!', ['get', 'lost']], ['!', ['has', 'look']]] as never,
      paint: { 'line-color': c.soft, 'line-opacity': ['case', ['get', 'chosen'], 0.95, 0.5], 'line-width': ['case', ['get', 'chosen'], 2, 1], 'line-dasharray': [6, 3] },
    },
    { id: 'look', type: 'fill', source: 'coverage', filter: ['==', ['get', 'look'], 'outline'] as never, paint: { 'fill-color': c['map-measure'], 'fill-opacity': 0.16 } },
    { id: 'look-edge', type: 'line', source: 'coverage', filter: ['==', ['get', 'look'], 'outline'] as never, paint: { 'line-color': c['map-measure'], 'line-width': 2 } },
    { id: 'look-outer', type: 'line', source: 'coverage', filter: ['==', ['get', 'look'], 'outer'] as never, paint: { 'line-color': c['map-measure'], 'line-width': 1.2, 'line-dasharray': [3, 3] } },
  ]
}

/** Above the areas: the sensors themselves. One that is lost is shown whatever else is not. */
export function sensorLayers(c: MapColours): LayerSpecification[] {
  const symbol = (id: string, lost: boolean, minzoom: number): LayerSpecification => ({
    id, type: 'symbol', source: 'coverage', filter: ['all', ['has', 'icon'], ['==', ['get', 'lost'], lost]] as never,
    layout: {
      'icon-image': ['get', 'icon'], 'icon-allow-overlap': true, 'icon-ignore-placement': true,
      'text-field': ['step', ['zoom'], '', minzoom, ['get', 'name']], 'text-font': ['sans-serif'], 'text-size': 11, 'text-anchor': 'top', 'text-offset': [0, 1.2], 'text-optional': true,
    },
    paint: { 'text-color': lost ? c.high : c.soft, 'text-halo-color': c['map-halo'], 'text-halo-width': 1.2 },
  })
  return [symbol('sensors', false, 10), symbol('sensors-lost', true, 6)]
}

const SIZE = 22 // CSS pixels
const RATIO = 2

/** Gives the map the symbols in the colours of the theme. */
export function sensorImages(map: BaseMap, c: MapColours) {
  for (const kind of SENSOR_KINDS)
    for (const lost of [false, true]) {
      const name = `sensor-${kind}${lost ? '-lost' : ''}`
      const image = tile(kind, lost, c)
      if (map.hasImage(name)) map.updateImage(name, image)
      else map.addImage(name, image, { pixelRatio: RATIO })
    }
}

function tile(kind: SensorKind, lost: boolean, colours: MapColours): ImageData {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIZE * RATIO
  const c = canvas.getContext('2d')!
  c.scale((SIZE * RATIO) / 24, (SIZE * RATIO) / 24)
  c.strokeStyle = lost ? colours.high : colours.soft
  c.fillStyle = colours['map-halo']
  c.lineCap = c.lineJoin = 'round'
  c.lineWidth = 1.2
  const plate = new Path2D(glyphs.plate)
  c.fill(plate)
  c.stroke(plate)
  c.lineWidth = 1.6
  c.stroke(new Path2D(glyphs[kind]))
  if (lost) {
    c.lineWidth = 2
    c.stroke(new Path2D(glyphs.strike))
  }
  return c.getImageData(0, 0, canvas.width, canvas.height)
}

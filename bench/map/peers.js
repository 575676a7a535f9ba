// Moving points over the same base map, drawn by MapLibre from a GeoJSON source
// or by deck.gl from arrays. All of them are new twice a second; every frame
// is drawn anew. Circles, the simplest that either has: our triangles point
// into the course.
//
//   ?by=maplibre|deck&tracks=N

import 'maplibre-gl/dist/maplibre-gl.css'
import { Deck, MapView } from '@deck.gl/core'
import { ScatterplotLayer } from '@deck.gl/layers'
import { Map as BaseMap, setWorkerUrl } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'

const q = new URLSearchParams(location.search)
const n = Number(q.get('tracks'))
const view = { center: [-69.2, -16], zoom: 6.2 }
const NEW_MS = 500
const count = (window.atalaya = { frames: 0, news: 0, tracks: n })

// The same kind of world as the mock server's.
let seed = 7
const random = () => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 4294967296)
const lon = Float64Array.from({ length: n }, () => -72 + 5.5 * random())
const lat = Float64Array.from({ length: n }, () => -18.5 + 5 * random())
const course = Float64Array.from({ length: n }, () => 2 * Math.PI * random())
const speed = Float64Array.from({ length: n }, () => (random() < 0.3 ? 180 + 540 * random() : 3 + 24 * random())) // m/s, as the mock's fast world
const air = Uint8Array.from({ length: n }, () => (random() < 0.3 ? 1 : 0))
function move(ms) {
  for (let i = 0; i < n; i++) {
    const degrees = (speed[i] * ms) / 1000 / 111_320
    lon[i] += (degrees * Math.sin(course[i])) / Math.cos((lat[i] * Math.PI) / 180)
    lat[i] += degrees * Math.cos(course[i])
  }
}

const file = (name) => ({ type: 'geojson', data: `/basemap/${name}.geojson`, tolerance: 0.5 })
const line = (id, source, color) => ({ id, type: 'line', source, paint: { 'line-color': color, 'line-width': 1 } })
setWorkerUrl(workerUrl)
const map = new BaseMap({
  container: 'map', ...view, attributionControl: false, fadeDuration: 0,
  style: {
    version: 8,
    sources: { water: file('water'), titicaca: file('titicaca'), rivers: file('rivers'), borders: file('borders'), world: file('world') },
    layers: [
      { id: 'land', type: 'background', paint: { 'background-color': '#26302f' } },
      { id: 'water', type: 'fill', source: 'water', paint: { 'fill-color': '#1b2a33' } },
      { id: 'lake', type: 'fill', source: 'titicaca', paint: { 'fill-color': '#1b2a33' } },
      line('rivers', 'rivers', '#2c4450'), line('shore', 'titicaca', '#41585f'), line('coast', 'world', '#41585f'), line('borders', 'borders', '#8a7f6a'),
    ],
  },
})

function withMapLibre() {
  const collection = () => ({
    type: 'FeatureCollection',
    features: Array.from({ length: n }, (_, i) => ({
      type: 'Feature', id: i, properties: { air: air[i] }, geometry: { type: 'Point', coordinates: [lon[i], lat[i]] },
    })),
  })
  map.addSource('tracks', { type: 'geojson', data: collection() })
  map.addLayer({
    id: 'tracks', type: 'circle', source: 'tracks',
    paint: { 'circle-radius': 3, 'circle-color': ['case', ['==', ['get', 'air'], 1], '#c0a4e0', '#7fc4d8'] },
  })
  let busy = true
  map.on('sourcedata', (e) => {
    if (e.sourceId !== 'tracks' || !e.isSourceLoaded || !busy) return
    busy = false
    count.news++
  })
  setInterval(() => {
    move(NEW_MS)
    if (busy) return // it has not taken the last ones yet
    busy = true
    map.getSource('tracks').setData(collection())
  }, NEW_MS)
  map.on('render', () => {
    count.frames++
    map.triggerRepaint()
  })
  map.triggerRepaint()
}

function withDeck() {
  const canvas = document.createElement('canvas')
  canvas.id = 'deck'
  document.body.append(canvas)
  const colours = new Uint8Array(4 * n)
  for (let i = 0; i < n; i++) colours.set(air[i] ? [192, 164, 224, 255] : [127, 196, 216, 255], 4 * i)
  const layers = () => {
    const places = new Float32Array(2 * n)
    for (let i = 0; i < n; i++) {
      places[2 * i] = lon[i]
      places[2 * i + 1] = lat[i]
    }
    return [new ScatterplotLayer({
      id: 'tracks', data: { length: n, attributes: { getPosition: { value: places, size: 2 }, getFillColor: { value: colours, size: 4 } } },
      getRadius: 3, radiusUnits: 'pixels', pickable: false,
      transitions: { getPosition: NEW_MS }, // motion between the news, on the graphics
    })]
  }
  const deck = new Deck({
    canvas, views: new MapView({ repeat: false }), controller: false, _animate: true, useDevicePixels: false,
    initialViewState: { longitude: view.center[0], latitude: view.center[1], zoom: view.zoom },
    layers: layers(),
    onAfterRender: () => count.frames++,
  })
  setInterval(() => {
    move(NEW_MS)
    deck.setProps({ layers: layers() })
    count.news++
  }, NEW_MS)
}

map.once('idle', q.get('by') === 'deck' ? withDeck : withMapLibre)

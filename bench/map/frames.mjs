// Frames a second and JavaScript a frame with N moving points, drawn by others:
//
//   node bench/map/frames.mjs --by maplibre|deck [--tracks 50000] [--seconds 15]
//
// Prints what web/ui/dev/bench-frames.mjs prints of ours. Run `npm ci` here first.

import { readFileSync } from 'node:fs'
import http from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { launch } from '../../web/ui/dev/chromium.mjs'
import { Meter, option, rounded } from '../../web/ui/dev/meter.mjs'

const by = option('by')
const tracks = Number(option('tracks', 50_000))
const seconds = Number(option('seconds', 15))
if (!['maplibre', 'deck'].includes(by)) throw new Error('--by maplibre or --by deck')

const here = fileURLToPath(new URL('.', import.meta.url))
const { output } = await build({ root: here, configFile: false, logLevel: 'error', build: { write: false, chunkSizeWarningLimit: 5000 } })
const files = new Map(output.map((f) => [`/${f.fileName}`, f.type === 'chunk' ? f.code : f.source]))
const types = { '.mjs': 'text/javascript', '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.geojson': 'application/json' }
const server = http.createServer((req, res) => {
  const path = new URL(req.url, 'http://x').pathname
  const base = /^\/basemap\/([a-z]+\.geojson)$/.exec(path)
  const body = base ? readFileSync(new URL(`../../internal/basemap/data/${base[1]}`, import.meta.url)) : files.get(path === '/' ? '/index.html' : path)
  res.writeHead(body === undefined ? 404 : 200, { 'Content-Type': types[extname(path) || '.html'] ?? 'application/octet-stream' })
  res.end(body)
})
await new Promise((open) => server.listen(0, '127.0.0.1', open))

const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 668, height: 707 } }) // as large as our map in a window of 1440 x 900
  page.on('pageerror', (e) => console.error('page:', e.message))
  page.on('console', (m) => m.type() === 'error' && console.error('page:', m.text()))
  await page.goto(`http://127.0.0.1:${server.address().port}/?by=${by}&tracks=${tracks}`)
  await page.waitForFunction(() => window.atalaya?.frames > 5 && window.atalaya.news > 0, undefined, { timeout: 120_000 })
  await page.waitForTimeout(5000)
  const meter = await Meter.of(browser, page)
  const { counted, took, frames } = await meter.frames(page, seconds, () => {
    window.atalaya.frames = window.atalaya.news = 0
  })
  if (option('screenshot')) await page.screenshot({ path: option('screenshot') })
  console.log(JSON.stringify({ tracks: counted.tracks, ...frames, news_per_second: rounded(counted.news / took, 2) }, null, 1))
} finally {
  await browser.close()
  server.close()
}

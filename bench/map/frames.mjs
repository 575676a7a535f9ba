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

const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? otherwise : process.argv[i + 1]
}
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
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.on('pageerror', (e) => console.error('page:', e.message))
  page.on('console', (m) => m.type() === 'error' && console.error('page:', m.text()))
  await page.goto(`http://127.0.0.1:${server.address().port}/?by=${by}&tracks=${tracks}`)
  await page.waitForFunction(() => window.atalaya?.frames > 5 && window.atalaya.news > 0, undefined, { timeout: 120_000 })
  await page.waitForTimeout(5000)
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable')
  const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]))
  const system = await browser.newBrowserCDPSession()
  const processors = async () => {
    const sum = {}
    for (const p of (await system.send('SystemInfo.getProcessInfo')).processInfo) sum[p.type] = (sum[p.type] ?? 0) + p.cpuTime
    return sum
  }
  await page.evaluate(() => { window.atalaya.frames = window.atalaya.news = 0 })
  const before = await metrics()
  const busyBefore = await processors()
  await page.waitForTimeout(seconds * 1000)
  const after = await metrics()
  const busy = await processors()
  const m = await page.evaluate(() => structuredClone(window.atalaya))
  const took = after.Timestamp - before.Timestamp
  if (process.argv.includes('--screenshot')) await page.screenshot({ path: option('screenshot') })
  console.log(JSON.stringify({
    tracks: m.tracks, seconds: +took.toFixed(1),
    frames_per_second: +(m.frames / took).toFixed(1),
    javascript_ms_per_frame: +(((after.ScriptDuration - before.ScriptDuration) * 1000) / Math.max(1, m.frames)).toFixed(2),
    cpu_ms_per_frame: Object.fromEntries(['GPU', 'renderer', 'browser'].map((k) => [k, +((((busy[k] ?? 0) - (busyBefore[k] ?? 0)) * 1000) / Math.max(1, m.frames)).toFixed(1)])),
    news_per_second: +(m.news / took).toFixed(2),
  }, null, 1))
} finally {
  await browser.close()
  server.close()
}

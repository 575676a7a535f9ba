// How fast the map is drawn with many moving tracks, in Debian's Chromium with
// software rendering: frames a second and JavaScript a frame.
//
//   npm run bench:frames -- [--tracks 50000] [--seconds 15] [--url http://… --name … --password …]
//
// Without --url it starts the mock server. Every frame is drawn anew (?measure),
// although the page by itself draws only when the fastest track has moved by a
// third of a pixel. JavaScript a frame is all script time of the page's thread
// (Chromium's own count, ScriptDuration) divided by the frames, so arriving
// pictures, lists and clocks are in it.

import { launch } from './chromium.mjs'
import { start } from './mock.mjs'

const option = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? otherwise : process.argv[i + 1]
}
const tracks = Number(option('tracks', 50_000))
const seconds = Number(option('seconds', 15))
const mock = option('url') ? null : await start({ tracks, fast: true, alertAfterMs: 1e9 })
const browser = await launch()
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
await page.goto(`${option('url', mock?.url)}/?measure`)
await page.fill('input[name=name]', option('name', 'oficial'))
await page.fill('input[name=password]', option('password', 'de-prueba-1'))
await page.click('button.primary')
await page.waitForFunction(() => window.atalaya?.frames > 20)
const out = () => page.getByRole('button', { name: /Alejar|Zoom out/ }).click()
for (let i = 0; i < 2; i++) {
  await out()
  await page.waitForTimeout(800)
}
await page.waitForTimeout(5000)

const cdp = await page.context().newCDPSession(page)
await cdp.send('Performance.enable')
const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]))
const system = await browser.newBrowserCDPSession()
/** Processor seconds by kind of process: they do not depend on who else is busy. */
const processors = async () => {
  const sum = {}
  for (const p of (await system.send('SystemInfo.getProcessInfo')).processInfo) sum[p.type] = (sum[p.type] ?? 0) + p.cpuTime
  return sum
}
const reset = () => page.evaluate(() => {
  const m = window.atalaya
  m.frames = 0
  m.draw.length = m.latency.length = m.decode.length = 0
})
await reset()
const before = await metrics()
const busyBefore = await processors()
const serverBefore = process.cpuUsage()
await page.waitForTimeout(seconds * 1000)
const after = await metrics()
const busy = await processors()
const server = process.cpuUsage(serverBefore)
const m = await page.evaluate(() => structuredClone(window.atalaya))
const foot = await page.locator('.foot').first().textContent()

const at = (list, p) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))] ?? NaN
const took = after.Timestamp - before.Timestamp
console.log(JSON.stringify({
  tracks: m.tracks, drawn: m.drawn, seen: foot?.trim(), seconds: +took.toFixed(1),
  frames_per_second: +(m.frames / took).toFixed(1),
  javascript_ms_per_frame: +(((after.ScriptDuration - before.ScriptDuration) * 1000) / m.frames).toFixed(2),
  cpu_ms_per_frame: Object.fromEntries(['GPU', 'renderer', 'browser'].map((k) => [k, +((((busy[k] ?? 0) - (busyBefore[k] ?? 0)) * 1000) / m.frames).toFixed(1)])),
  server_cpu_share: +((server.user + server.system) / 1e6 / took).toFixed(2),
  pictures: m.decode.length,
  draw_ms_p50: +at(m.draw, 0.5).toFixed(2), draw_ms_p99: +at(m.draw, 0.99).toFixed(2),
  worker_decode_ms_p50: +at(m.decode, 0.5).toFixed(2), worker_decode_ms_p99: +at(m.decode, 0.99).toFixed(2),
  wire_to_screen_ms_p50: +at(m.latency, 0.5).toFixed(1), wire_to_screen_ms_p99: +at(m.latency, 0.99).toFixed(1),
  heap_mb: +(after.JSHeapUsedSize / 1e6).toFixed(1),
}, null, 1))
if (process.argv.includes('--screenshot')) await page.screenshot({ path: option('screenshot') })
await browser.close()
await mock?.stop()
process.exit(0)

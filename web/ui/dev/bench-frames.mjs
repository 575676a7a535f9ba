// How fast the map is drawn with many moving tracks, in Debian's Chromium with
// software rendering: frames a second and JavaScript a frame.
//
//   npm run bench:frames -- [--tracks 50000] [--seconds 15] [--url http://… --name … --password …]
//
// Without --url it starts the mock server. Every frame is drawn anew (?measure),
// although the page by itself draws only when the fastest track has moved by a
// third of a pixel. A frame counts when all tracks were drawn anew: where a
// worker paints them, when its next image is shown. JavaScript a frame is all
// script time of the page's thread (Chromium's own count, ScriptDuration)
// divided by the frames, so arriving pictures, lists and clocks are in it.

import { launch } from './chromium.mjs'
import { Meter, option, quantile, rounded, signIn, zoomOut } from './meter.mjs'
import { start } from './mock.mjs'

const tracks = Number(option('tracks', 50_000))
const mock = option('url') ? null : await start({ tracks, fast: true, alertAfterMs: 1e9 })
const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await signIn(page, `${option('url', mock?.url)}/?measure`, option('name', 'oficial'), option('password', 'de-prueba-1'))
  await page.waitForFunction(() => window.atalaya?.frames > 20, undefined, { timeout: 120_000 })
  await zoomOut(page)
  await page.waitForTimeout(5000)

  const meter = await Meter.of(browser, page)
  const serverBefore = process.cpuUsage()
  const { counted: m, took, frames, heap_mb } = await meter.frames(page, Number(option('seconds', 15)), () => {
    const m = window.atalaya
    m.frames = 0
    m.draw.length = m.latency.length = m.decode.length = 0
  })
  const server = process.cpuUsage(serverBefore)
  const foot = await page.locator('.foot').first().textContent()
  console.log(JSON.stringify({
    tracks: m.tracks, drawn: m.drawn, seen: foot?.trim(), ...frames,
    server_cpu_share: rounded((server.user + server.system) / 1e6 / took, 2),
    pictures: m.decode.length,
    draw_ms_p50: rounded(quantile(m.draw, 0.5), 2), draw_ms_p99: rounded(quantile(m.draw, 0.99), 2),
    worker_decode_ms_p50: rounded(quantile(m.decode, 0.5), 2), worker_decode_ms_p99: rounded(quantile(m.decode, 0.99), 2),
    wire_to_screen_ms_p50: rounded(quantile(m.latency, 0.5), 1), wire_to_screen_ms_p99: rounded(quantile(m.latency, 0.99), 1),
    heap_mb,
  }, null, 1))
  if (option('screenshot')) await page.screenshot({ path: option('screenshot') })
} finally {
  await browser.close()
  await mock?.stop()
}
process.exit(0) // the mock's timers

// Watches the real page in Chromium: when do the rows of some tracks change in
// the page's arrays, when is the frame done that draws them, and when have the
// graphics drawn it. Reads {url, name, password, ids, seconds} on standard
// input and prints one JSON object, described by "watched" in live.go.
//
// The page is as users load it. Taps look on:
// - messages of the page's worker: "picture" carries the arrays (web/ui/src/lib/pack.ts);
// - drawElements on the track canvas: the first call after a picture draws it,
//   and a message that the page sends to itself there comes when the frame is done;
// - a fence behind that call: the graphics have done it. It is looked at every
//   few milliseconds, so that "pixels" is that much too late at most;
// - where a crowd is painted by a worker (web/ui/src/map/crowdlayer.ts): "dots" and
//   "paint" to it and the image back; putImageData draws it, and the next frame
//   begins when it is on the screen.

import { text } from 'node:stream/consumers'
import { launch } from '../web/ui/dev/chromium.mjs'
import { signIn, zoomOut } from '../web/ui/dev/meter.mjs'

const { url, name, password, ids, seconds } = JSON.parse(await text(process.stdin))

const browser = await launch()
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.on('pageerror', (e) => console.error('page:', e.message))
  await page.addInitScript(tap, ids)
  await signIn(page, url, name, password)
  await page.waitForFunction(() => window.bench.pictures > 3, undefined, { timeout: 60_000 })
  await zoomOut(page)
  await page.waitForFunction((n) => window.bench.known() === n, ids.length, { timeout: 60_000 })
  await page.waitForTimeout(3000)
  const system = await browser.newBrowserCDPSession()
  /** Processor seconds of all of the browser's processes. */
  const spent = async () => (await system.send('SystemInfo.getProcessInfo')).processInfo.reduce((sum, p) => sum + p.cpuTime, 0)
  const before = await spent()
  const from = Date.now()
  await page.evaluate(() => { window.bench.pictures = window.bench.arrivals.length = 0 })
  await page.waitForTimeout(seconds * 1000)
  const seen = await page.evaluate(() => {
    const { tracks, pictures, arrivals } = window.bench
    // Date.now() counts whole milliseconds: it lags half of one behind.
    const apart = Array.from({ length: 50 }, () => performance.timeOrigin + performance.now() - Date.now() - 0.5)
    return { tracks, pictures, arrivals, skew: apart.toSorted((a, b) => a - b)[25] }
  })
  const to = Date.now()
  const busy = ((await spent()) - before) / ((to - from) / 1000)
  console.log(JSON.stringify({ ...seen, arrivals: seen.arrivals.filter((a) => a.drawn), from, to, busy }))
} finally {
  await browser.close()
}

/** Runs in the page, before its own scripts. */
function tap(ids) {
  const now = () => performance.timeOrigin + performance.now()
  const wanted = new Set(ids)
  const velocity = new Map()
  const bench = (window.bench = { tracks: 0, pictures: 0, arrivals: [], known: () => velocity.size })
  let undrawn = []

  const take = (packed) => {
    const at = now()
    bench.pictures++
    bench.tracks = packed.count
    const f32 = new Float32Array(packed.vertices)
    const stride = f32.length / packed.count // words of a track
    for (let i = 0; i < packed.count; i++) {
      const track = packed.id[i]
      if (!wanted.has(track)) continue
      const v = `${f32[i * stride + 2]} ${f32[i * stride + 3]}`
      const before = velocity.get(track)
      velocity.set(track, v)
      if (before === undefined || before === v) continue
      const a = { track, made: packed.ref, arrays: at, drawn: 0, pixels: 0 }
      bench.arrivals.push(a)
      undrawn.push(a)
    }
  }
  /** They are drawn in the frame that runs now; `graphics` calls when they are on the screen. */
  const drawn = (shown, graphics) => {
    const done = new MessageChannel()
    done.port1.onmessage = () => {
      const at = now()
      for (const a of shown) a.drawn = at
      done.port1.close()
    }
    done.port2.postMessage(null)
    graphics(() => {
      const at = now()
      for (const a of shown) a.pixels = at
    })
  }

  let dots = [] // in dots that the painter has
  let painted = [] // in images that are being painted
  let asked = 0
  let answered = 0
  const own = Object.getOwnPropertyDescriptor(Worker.prototype, 'onmessage')
  Object.defineProperty(Worker.prototype, 'onmessage', {
    ...own,
    set(handler) {
      own.set.call(this, (e) => {
        if (e.data?.type === 'picture') take(e.data.packed)
        if (e.data?.image) answered++
        handler.call(this, e)
      })
    },
  })
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (m, ...rest) {
    if (m.type === 'dots') {
      dots.push(...undrawn)
      undrawn = []
    } else if (m.type === 'paint') {
      painted.push({ image: ++asked, of: dots })
      dots = []
    }
    return post.call(this, m, ...rest)
  }
  const put = CanvasRenderingContext2D.prototype.putImageData
  CanvasRenderingContext2D.prototype.putImageData = function (...args) {
    put.apply(this, args)
    const shown = painted.filter((p) => p.image <= answered).flatMap((p) => p.of)
    painted = painted.filter((p) => p.image > answered)
    if (shown.length) drawn(shown, (there) => requestAnimationFrame(() => setTimeout(there)))
  }

  const draw = WebGL2RenderingContext.prototype.drawElements
  WebGL2RenderingContext.prototype.drawElements = function (...args) {
    draw.apply(this, args)
    if (undrawn.length === 0 || this.canvas.classList.contains('maplibregl-canvas')) return
    const shown = undrawn
    undrawn = []
    drawn(shown, (there) => {
      const fence = this.fenceSync(this.SYNC_GPU_COMMANDS_COMPLETE, 0)
      this.flush()
      const look = () => {
        if (this.getSyncParameter(fence, this.SYNC_STATUS) !== this.SIGNALED) return setTimeout(look, 1)
        there()
        this.deleteSync(fence)
      }
      setTimeout(look, 1)
    })
  }
}

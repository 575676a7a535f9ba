// The page of the real program, as a user opens it:
//
//   first   how long after it is asked for all tracks are on the screen
//   memory  what it holds while it stays open
//
// Reads {do, url, name, password, ...} on standard input and prints JSON: of
// "first" ({tracks, runs}) one object, described by "opened" in page.go; of
// "memory" ({seconds, every}) one line for each sample, described by "held".

import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { launch } from '../web/ui/dev/chromium.mjs'
import { Meter, signIn, zoomOut } from '../web/ui/dev/meter.mjs'

const { do: what, url, name, password, ...o } = JSON.parse(await text(process.stdin))
const SETTLE_MS = 2500 // a new window of Chromium loads parts of its own first
const viewport = { width: 1440, height: 900 }
const browser = await launch()
process.on('SIGTERM', () => void browser.close())
/** A signed-in page with everything in view, and what the browser keeps of it. */
async function open() {
  const context = await browser.newContext({ viewport })
  const page = await context.newPage()
  page.on('pageerror', (e) => console.error('page:', e.message))
  await signIn(page, url, name, password)
  await page.getByRole('button', { name: /Alejar|Zoom out/ }).waitFor({ timeout: 60_000 })
  await zoomOut(page)
  await page.waitForTimeout(2000)
  return { context, page }
}

/** Each run has a profile of its own, signed in and looking at the same place, with nothing in its cache. */
async function first() {
  const { context } = await open()
  const storageState = await context.storageState()
  await context.close()
  const all = []
  for (let i = 0; i < o.runs; i++) {
    const fresh = await browser.newContext({ viewport, storageState })
    const page = await fresh.newPage()
    await page.waitForTimeout(SETTLE_MS)
    await page.goto(`${url}/?measure=first`, { waitUntil: 'commit' })
    const whole = await page.waitForFunction((n) => window.atalaya?.first.find((f) => f.tracks >= n), o.tracks, { timeout: 60_000 })
    const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
    const map = await (await page.waitForFunction(() => window.atalaya.map, null, { timeout: 60_000 })).jsonValue()
    all.push({ ...(await whole.jsonValue()), paint, map })
    await fresh.close()
  }
  console.log(JSON.stringify({ runs: all }))
}

async function memory() {
  const { page } = await open()
  const meter = await Meter.of(browser, page)
  const workers = await Workers.of(meter.cdp)
  const resident = async () => (await meter.processes()).filter((p) => p.type === 'renderer')
    .reduce((sum, p) => sum + 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${p.id}/status`, 'utf8'))[1]), 0)
  const began = Date.now()
  for (let n = 0; n * o.every <= o.seconds; n++) {
    await page.waitForTimeout(Math.max(0, began + n * o.every * 1000 - Date.now()))
    const before = await resident() // with what nobody collected yet
    await meter.cdp.send('HeapProfiler.collectGarbage')
    await workers.ask('HeapProfiler.collectGarbage')
    const [m, heaps] = [await meter.page(), await workers.ask('Runtime.getHeapUsage')]
    console.log(JSON.stringify({
      seconds: (Date.now() - began) / 1000, resident: before, heap: m.JSHeapUsedSize,
      workers: heaps.reduce((sum, h) => sum + h.usedSize + (h.backingStorageSize ?? 0), 0), nodes: m.Nodes, listeners: m.JSEventListeners,
    }))
  }
}

/** The page's workers, asked through its session. */
class Workers {
  sessions = new Set()
  waiting = new Map()
  asked = 0

  static async of(cdp) {
    const w = new Workers()
    w.cdp = cdp
    cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => targetInfo.type === 'worker' && w.sessions.add(sessionId))
    cdp.on('Target.detachedFromTarget', ({ sessionId }) => w.sessions.delete(sessionId))
    cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message)
      w.waiting.get(id)?.(result)
      w.waiting.delete(id)
    })
    await cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
    return w
  }

  ask(method) {
    return Promise.all([...this.sessions].map((sessionId) => new Promise((answer, no) => {
      const id = ++this.asked
      this.waiting.set(id, answer)
      this.cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(no)
    })))
  }
}

try {
  await { first, memory }[what]()
} finally {
  await browser.close()
}

// What the benchmarks in a browser have in common: their flags, the way in, and
// what a page costs while it is watched.

/** The value of --name on the command line. */
export function option(name, otherwise) {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? otherwise : process.argv[i + 1]
}

/** Opens the page and signs in. */
export async function signIn(page, url, name, password) {
  await page.goto(url)
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', password)
  await page.click('button.primary')
}

/** Moves the map out until everything is in view: the server sends what the map shows. */
export async function zoomOut(page) {
  for (let i = 0; i < 2; i++) {
    await page.getByRole('button', { name: /Alejar|Zoom out/ }).click()
    await page.waitForTimeout(800)
  }
}

/** The value that a share p of all does not exceed. */
export const quantile = (list, p) => list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * p))] ?? NaN

export const rounded = (value, digits) => +value.toFixed(digits)

/** Chromium's own count of what a page costs, and its processes'. */
export class Meter {
  static async of(browser, page) {
    const meter = new Meter()
    meter.cdp = await page.context().newCDPSession(page)
    await meter.cdp.send('Performance.enable')
    meter.system = await browser.newBrowserCDPSession()
    return meter
  }

  /** Of the page's thread: seconds, bytes and counts by name. */
  async page() {
    return Object.fromEntries((await this.cdp.send('Performance.getMetrics')).metrics.map((m) => [m.name, m.value]))
  }

  async processes() {
    return (await this.system.send('SystemInfo.getProcessInfo')).processInfo
  }

  /** Processor seconds by kind of process: they depend little on who else is busy. */
  async processors() {
    const sum = { GPU: 0, renderer: 0, browser: 0 }
    for (const p of await this.processes()) sum[p.type] = (sum[p.type] ?? 0) + p.cpuTime
    return sum
  }

  /** Watches a page that counts its frames in window.atalaya. `reset` runs in the page first. */
  async frames(page, seconds, reset) {
    await page.evaluate(reset)
    const [before, busyBefore] = [await this.page(), await this.processors()]
    await page.waitForTimeout(seconds * 1000)
    const [after, busy] = [await this.page(), await this.processors()]
    const counted = await page.evaluate(() => structuredClone(window.atalaya))
    const took = after.Timestamp - before.Timestamp
    const each = (spent) => (spent * 1000) / Math.max(1, counted.frames)
    return {
      counted, took, heap_mb: rounded(after.JSHeapUsedSize / 1e6, 1),
      frames: {
        seconds: rounded(took, 1),
        frames_per_second: rounded(counted.frames / took, 1),
        javascript_ms_per_frame: rounded(each(after.ScriptDuration - before.ScriptDuration), 2),
        cpu_ms_per_frame: Object.fromEntries(['GPU', 'renderer', 'browser'].map((k) => [k, rounded(each(busy[k] - busyBefore[k]), 1)])),
      },
    }
  }
}

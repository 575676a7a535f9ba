// A page that is watched: every request, every breach of the content security
// policy, every error. Used against the mock and against the real server.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Opens a page that may talk to `origin` only; what else it tried is in `strays`. */
export async function watchedPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'es-BO', timezoneId: 'America/La_Paz', ...options })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  const strays = []
  const errors = []
  const host = new URL(origin).host
  await context.route('**/*', (route) => {
    const url = new URL(route.request().url())
    if (url.host === host || url.protocol === 'blob:') return route.continue()
    strays.push(url.href)
    return route.abort()
  })
  page.on('websocket', (ws) => {
    if (new URL(ws.url()).host !== host) strays.push(ws.url())
  })
  page.on('pageerror', (e) => errors.push(e.message))
  page.on('console', (m) => {
    // The browser itself writes refused requests and the software renderer's remarks.
    if (m.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(m.text())) errors.push(m.text())
  })
  await page.addInitScript(() => {
    window.violations = []
    addEventListener('securitypolicyviolation', (e) => window.violations.push(`${e.violatedDirective}: ${e.blockedURI || e.sourceFile}`))
  })
  return { page, context, strays, errors, violations: () => page.evaluate(() => window.violations) }
}

/** What axe-core finds wrong with the page, as lines of text. */
export async function accessibility(page) {
  await page.evaluate(axe)
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary?.split('\n').slice(1).join(' ').trim()}`))
}

/** Makes tests one visit: after one that fails the others would only wait, so they fail at once. */
export function inOrder(test) {
  let failed = ''
  return (name, run) =>
    test(name, async () => {
      if (failed) throw new Error(`not tried: "${failed}" failed`)
      failed = name
      await run()
      failed = ''
    })
}

/** Asks until the answer is yes: what `question` resolves to, asked again every quarter of a second. */
export async function eventually(question, what, seconds = 20) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await new Promise((next) => setTimeout(next, 250))) {
    const answer = await question()
    if (answer) return answer
  }
  throw new Error(`${what}: not within ${seconds} s`)
}

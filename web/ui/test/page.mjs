// A page that is watched: every request, every breach of the content security
// policy, every error. Used against the mock and against the real server.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pages that a test that fails shows as they were then. */
const opened = []

/** Opens a page that may talk to `origin` only; what else it tried is in `strays`. */
export async function watchedPage(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'es-BO', timezoneId: 'America/La_Paz', ...options })
  context.setDefaultTimeout(45_000)
  const page = await context.newPage()
  opened.push(page)
  const strays = []
  const errors = []
  const host = new URL(origin).host
  // Heard, and not held up: what a worker asks while its page goes away would wait for ever, and the next page behind it. The browser finds no other host.
  context.on('request', (request) => {
    const url = new URL(request.url())
    if (url.host !== host && !['blob:', 'data:'].includes(url.protocol)) strays.push(url.href)
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

const everything = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }
/** What another theme can break: themes are colours alone (src/themes.css). */
export const colours = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

/** What axe-core finds wrong with the page, as lines of text. */
export async function accessibility(page, rules = everything) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const result = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ['violations'], runOnly }), rules)
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary?.split('\n').slice(1).join(' ').trim()}`))
}

/** What sticks out of the window, so that one would have to scroll sideways. */
export const overflow = (page) =>
  page.evaluate(() => {
    const root = document.documentElement
    if (root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight) return []
    return [...document.querySelectorAll('body *')]
      .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.rows, .table, .hidden, svg'))
      .map((e) => `${e.tagName}.${e.className}`)
      .concat(`${root.scrollWidth} by ${root.scrollHeight}`)
  })

/** What is clicked or touched and smaller than `least` px; a label, a row or a link in a text counts as WCAG 2.5.8 has it. */
export const small = (page, least) =>
  page.evaluate((px) => {
    const all = [...document.querySelectorAll('button, a[href], select, summary, input, textarea, [role=tab], [role=option], [role=row].data')]
    return all.filter((e) => {
      if (!e.checkVisibility({ visibilityProperty: true }) || e.closest('.hidden, .skip')) return false
      const inLabel = e.closest('label')
      const { width, height } = (inLabel ?? e).getBoundingClientRect()
      const inText = e.tagName === 'A' && getComputedStyle(e).display === 'inline'
      return !inText && width > 0 && (height < px - 0.5 || (!e.closest('label') && width < px - 0.5))
    }).map((e) => `${e.tagName.toLowerCase()} ${e.getAttribute('aria-label') ?? e.textContent.trim().slice(0, 30)}: ${Math.round(e.getBoundingClientRect().width)} by ${Math.round(e.getBoundingClientRect().height)}`)
  }, least)

/** What can be read on a page now, and where its focus is. */
const readable = (page) =>
  page.evaluate(() => {
    const focus = document.activeElement
    return `${location.href}\nthe focus is in ${focus?.cloneNode(false).outerHTML}\n${document.body.innerText}`
  }).catch((e) => `a page that does not answer: ${e.message}`)

/** Makes tests one visit: after one that fails the others would only wait, so they fail at once. What fails says what was on the screen. */
export function inOrder(test) {
  let failed = ''
  return (name, run) =>
    test(name, async () => {
      if (failed) throw new Error(`not tried: "${failed}" failed`)
      failed = name
      try {
        await run()
      } catch (e) {
        for (const page of opened.filter((p) => !p.isClosed())) console.log(`"${name}" failed on ${await readable(page)}\n`)
        throw e
      }
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

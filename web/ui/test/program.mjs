// The real program in Debian's Chromium: started as make run does, signed in
// with the printed link, watched until boats cross the border, an alert
// acknowledged and closed by hand, in both languages, through an end of the
// program. Nothing may leave the host, axe-core may find nothing.
// UPDATE=1 writes docs/img/live.png, the picture of the README.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessibility, eventually, inOrder } from './page.mjs'
import { answersLate, enrol, everyLook, Keys, name, nothingStrayed, rig, root } from './rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r

const alerts = () => page.locator('[data-region=queue] a.alert')
const card = () => page.locator('[data-region=card]')
const link = () => page.locator('dl .link')
const clean = async (what) => assert.deepEqual(await accessibility(page), [], `axe-core on ${what}`)

step('the printed link makes the first account', async () => {
  await page.goto(r.program.said)
  await page.getByText('EJERCICIO').first().waitFor()
  await clean('enrol')
  await enrol(r)
  const address = new URL(page.url())
  assert.deepEqual([address.pathname, address.hash], ['/', ''], 'the secret does not stay in the address')
})

step('tracks come and move', async () => {
  const places = async () => Object.fromEntries((await r.get('/api/tracks?limit=10000')).tracks.map((t) => [t.id, t.state.position]))
  await eventually(async () => (await r.get('/api/tracks')).tracks.length >= 30, 'thirty tracks', 60)
  const first = await places()
  await eventually(async () => {
    const second = await places()
    return Object.keys(first).filter((id) => second[id] && (second[id].lat !== first[id].lat || second[id].lon !== first[id].lon)).length >= 10
  }, 'ten tracks that moved')
  await page.getByRole('grid').locator('.data').nth(9).waitFor()
})

step('two boats cross the border off the lanes, and the alerts come', async () => {
  await alerts().first().waitFor({ timeout: 120_000 })
  const seconds = (Date.now() - r.began) / 1000
  assert.ok(seconds < 120, `the first alert came after ${seconds} s`)
  await alerts().nth(1).waitFor({ timeout: 60_000 })
  await alerts().first().click()
  await card().getByRole('heading', { name: 'Por qué' }).waitFor()
  await card().getByRole('button', { name: 'Ver en el mapa' }).click()
  await page.getByRole('button', { name: 'Alejar' }).click()
  if (process.env.UPDATE) await page.waitForTimeout(2000) // the map draws
  await everyLook(page, 'operations')
  if (process.env.UPDATE) await page.screenshot({ path: join(root, 'docs', 'img', 'live.png') })
})

step('job: an alert is taken and closed with its evidence, in twelve keys', async () => {
  await page.locator('body').click({ position: { x: 700, y: 5 } })
  await page.keyboard.press('Escape')
  const keys = new Keys(page)
  await keys.press('a')
  for (const part of ['Qué', 'Dónde y cuándo', 'Cuán seguro', 'Por qué', 'Qué lo explicaría', 'Qué hacer ahora']) await card().getByRole('heading', { name: part, exact: true }).waitFor()
  const id = new URL(page.url()).searchParams.get('alert')
  await everyLook(page, 'alert')
  const inTime = await answersLate(page, /\/api\/alerts\/[^/]+\/acknowledge/, 3000) // what the stream tells first is shown when a key is heard
  await keys.press('k')
  await card().getByText('atendida').first().waitFor()
  await keys.press('x')
  await card().getByRole('radio', { name: /cierta/ }).and(page.locator(':focus')).waitFor()
  await keys.press('1', 'Tab')
  await keys.write('La patrulla la vio.')
  await keys.press('Tab', 'Enter')
  await page.locator(`[id="row-${id}"]`).waitFor({ state: 'detached' })
  await inTime()
  keys.atMost(12)
  const a = await r.get(`/api/alerts/${encodeURIComponent(id)}`)
  assert.deepEqual([a.state, a.outcome, a.changes.at(-1).note, a.changes.at(-1).who.name], ['closed', 'true', 'La patrulla la vio.', name])
})

step('the feeds, in English', async () => {
  await page.getByRole('button', { name: /English/ }).click()
  await page.getByRole('tab', { name: /Feeds/ }).click()
  await page.getByRole('rowheader', { name: 'radar-1' }).waitFor()
  await clean('feeds')
  await page.getByRole('button', { name: /Español/ }).click()
})

step('how far the radar is off is learnt from boats with AIS, and stands with the sensor', async () => {
  let told
  await eventually(async () => (told = (await r.get('/api/feeds')).feeds.find((f) => f.sensor === 'radar-1').registration)?.azimuth_deg, 'its azimuth', 120)
  for (const part of ['azimuth_deg', 'range_m']) assert.ok(Math.abs(told[part].off) < 4 * told[part].sd, `the radar of the exercise is not off: ${JSON.stringify(told)}`)
  await page.goto(`${r.origin}/sensors?sensor=radar-1`)
  const panel = page.getByRole('region', { name: 'Error de alineación' })
  await panel.getByText(/^[+−]0,\d\d° ± 0,\d\d° \(1 σ\)$/).waitFor()
  await panel.getByText(/hace .* · [\d.]+ comparaciones con trazas cooperantes/).first().waitFor()
  await everyLook(page, 'registration')
  await page.goto(r.origin)
  await page.getByText('EJERCICIO').first().waitFor()
})

step('the program ends and starts again: the page says so and goes on, with its session', async () => {
  await r.program.stop()
  await page.getByText('Sin conexión con el servidor').waitFor()
  await r.restart()
  await link().getByText('En vivo').waitFor({ timeout: 40_000 })
  assert.equal(await page.getByText('Sin conexión con el servidor').count(), 0)
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

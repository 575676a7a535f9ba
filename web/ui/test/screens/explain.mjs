// Why a track is believed, on its card: from the store of the real program, for
// now and for the moment that a replay shows.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ config: '[exercise]\ncross = "5s"\n' })
const { page } = r
const account = () => page.getByRole('region', { name: 'Por qué se cree' })

step('the card explains the last ten minutes, on a key', async () => {
  await enrol(r)
  const told = await eventually(async () => {
    const { tracks } = await r.get('/api/tracks?claim=mmsi:720000077')
    if (!tracks?.length) return null
    const a = await r.get(`/api/tracks/${tracks[0].id}/explanation`)
    return a.sensors?.length > 1 && a.moved > 5 && { id: tracks[0].id, ...a }
  }, 'a boat that radar and receiver see', 60)
  await page.goto(`${r.origin}/?track=${told.id}&map=11/${told.belief.position.lat.toFixed(4)}/${told.belief.position.lon.toFixed(4)}`)
  await account().waitFor()
  await page.locator('body').press('w')
  const rows = account().getByRole('row')
  await rows.nth(told.sensors.length).waitFor()
  for (const s of told.sensors) await account().getByRole('rowheader', { name: s.sensor }).waitFor()
  await account().getByText('nace').waitFor()
  await account().getByText(/como se esperaba|corriente/).first().waitFor()
  await account().getByText('Nada: de este tiempo está todo.').waitFor()
  await account().scrollIntoViewIfNeeded()
  await account().evaluate((e) => e.scrollIntoView({ block: 'start' }))
  await everyLook(page, 'explain')
  await page.locator('body').press('w')
  await account().getByRole('table').waitFor({ state: 'detached' })
  await account().getByRole('button', { name: 'Explicar los últimos 10 minutos' }).click()
  await account().getByRole('table').waitFor()
})

step('a replay explains its own moment', async () => {
  const { tracks: [boat] } = await r.get('/api/tracks?claim=mmsi:720000077')
  const { newest } = await r.get('/api/history/range')
  const at = new Date(Date.parse(newest) - 3000).toISOString()
  const asked = page.waitForRequest((q) => q.url().includes(`/api/tracks/${boat.id}/explanation`))
  await page.goto(`${r.origin}/?track=${boat.id}&t=${at}`)
  await page.getByRole('region', { name: 'Repetición' }).waitFor()
  await account().waitFor()
  await page.locator('body').press('w')
  const to = new URL((await asked).url()).searchParams.get('at')
  assert.ok(to && Date.parse(to) < Date.parse(newest), `asked for ${to}, and the newest is ${newest}`)
  await account().getByRole('table').waitFor()
})

step('nothing strayed', () => nothingStrayed(r))

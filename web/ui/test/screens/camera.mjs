// The camera at the exercise's harbour, on the screen of the real program: where
// it points, turned and stopped with buttons, what it sees over mountains.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ args: ['--relief', '--boats', '4'] })
const { page } = r
const panel = () => page.getByRole('region', { name: 'Adónde apunta' })
const state = () => r.get('/api/sensors/camera-1/camera')

step('where it points, and under which authority it is turned', async () => {
  await enrol(r)
  await page.goto(`${r.origin}/sensors?sensor=camera-1`)
  await panel().getByText('285,0° ± 0,1° (1 σ)').waitFor()
  const choice = panel().getByLabel('Autorización')
  await choice.locator('option', { hasText: 'A1 ·' }).waitFor({ state: 'attached' })
  assert.equal(await panel().getByText('Ninguna cerca y ninguna autorización juzgan').count(), 0)
  await choice.selectOption('A1')
  await panel().getByText('Quieta').waitFor()
})

step('a turn is on record, and the camera counts it too', async () => {
  await panel().getByRole('button', { name: 'Girar a la derecha' }).click()
  await panel().getByText('Giro 1 en el registro.').waitFor()
  await panel().getByText('315,0° ± 0,1° (1 σ)').waitFor()
  await panel().getByRole('button', { name: 'Acercar' }).click()
  await panel().getByText('40,0° × ').waitFor()
  const s = await state()
  assert.deepEqual([s.moves, s.recorded, Math.round(s.direction.azimuth_deg)], [2, 2, 315])
})

step('it is stopped', async () => {
  await panel().getByRole('button', { name: 'Girar a la izquierda' }).click()
  await panel().getByRole('button', { name: 'Parar' }).click()
  await panel().getByText(/^Parada\./).waitFor()
})

step('what it sees over mountains, here and on the map', async () => {
  await eventually(async () => (await state()).picture, 'mountains', 120)
  await panel().getByText(/huella sobre el relieve/).first().waitFor()
  await everyLook(page, 'camera')
  await page.goto(`${r.origin}/?sensor=camera-1`)
  const card = page.getByRole('dialog', { name: 'Cámara muelle Copacabana' })
  await card.getByRole('button', { name: 'Parar' }).waitFor()
  await card.getByText(/huella sobre el relieve/).first().waitFor()
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

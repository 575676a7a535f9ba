// Rules by the real program: found, written and refused field by field, changed
// while somebody else does, and in force at once: an area that a rule watches
// raises an alert.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, nothingStrayed, readsLate, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r
const queue = () => page.locator('[data-region=queue]')
const main = () => page.locator('main')

const square = (at, degrees) => ({ type: 'Polygon', coordinates: [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([x, y]) => [at.lon + x * degrees, at.lat + y * degrees])] })
async function area(id, kind, name, geometry) {
  const made = await r.tell('POST', '/api/areas', { id, reason: 'para la prueba', to: { name, kind, geometry, source: 'prueba', accuracy_m: 5 } })
  assert.equal(made.status, 200, JSON.stringify(made.body))
}
const whole = (more) => ({
  name: { es: 'Nadie en la cala', en: 'Nobody in the cove' }, detector: 'area-entry', kind: 'alert', priority: 3, owner: 'Jefa de sala', deadline_ns: 3e11,
  rationale: { es: 'Allí atracan los que no quieren ser vistos.', en: 'Who wants not to be seen lands there.' },
  response: { es: 'Preguntar por radio quién es.', en: 'Ask by radio who it is.' }, review: '2030-01-01T00:00:00Z', ...more,
})

step('the rules that come with the program, found and sorted', async () => {
  await enrol(r)
  await eventually(async () => (await r.get('/api/tracks')).tracks.length >= 15, 'fifteen tracks', 60)
  const all = (await r.get('/api/rules?all=true')).items
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await main().locator('a.rule').nth(all.length - 1).waitFor()
  assert.equal(await main().locator('a.rule').count(), all.length)
  for (const kind of ['alerta', 'aviso', 'sistema', 'análisis']) assert.ok((await main().locator('tbody td').getByText(kind, { exact: true }).count()) > 0, kind)
  await everyLook(page, 'rules')
  await main().getByRole('searchbox').fill('auxilio')
  await eventually(async () => (await main().locator('a.rule').count()) === 2, 'two rules about calls for help')
  await eventually(() => new URL(page.url()).searchParams.get('find') === 'auxilio', 'the search in the address')
  await main().getByRole('searchbox').fill('')
})

step('a rule that lacks everything is refused, field by field, and then saved with the keyboard', async () => {
  const keys = new Keys(page)
  await main().locator('a.rule').first().focus()
  await keys.press('n', 'Control+Enter')
  await main().getByText('No se guardó').waitFor()
  for (const field of ['owner', 'rationale', 'response', 'deadline_ns', 'review']) await main().locator(`#wrong-${field}`).waitFor()
  await page.locator('[aria-invalid=true]:focus').waitFor() // the first wrong field
  await everyLook(page, 'rules-refused')
  await page.locator('[data-field=name] input').first().fill('Entrada en la cala')
  await page.locator('[data-field=name] input').nth(1).fill('Entry into the cove')
  await page.locator('#f-priority').selectOption('3')
  await page.locator('[data-field=rationale] textarea').first().fill('Allí atracan los que no quieren ser vistos.')
  await page.locator('[data-field=response] textarea').first().fill('Preguntar por radio quién es.')
  await page.locator('#f-deadline_ns').fill('5')
  await page.locator('#f-owner').fill('Jefa de sala')
  await page.locator('#f-review').fill('2030-01-01')
  await main().locator('.scope select').selectOption('anchorage')
  await page.keyboard.press('Control+Enter')
  await page.locator('#wrong-reason').waitFor()
  await page.locator('#f-reason').fill('Lo pide la capitanía')
  await page.keyboard.press('Control+Enter')
  await main().getByRole('heading', { name: 'Entrada en la cala' }).waitFor()
  const made = (await r.get('/api/rules')).items.find((x) => x.name.es === 'Entrada en la cala')
  assert.deepEqual([made.deadline_ns, made.area_kind, made.review, made.owner, made.version.number], [3e11, 'anchorage', '2030-01-01T00:00:00Z', 'Jefa de sala', 1])
})

step('it is changed: the versions say who, when, why and what', async () => {
  await page.keyboard.press('m')
  await page.locator('#f-deadline_ns').fill('2')
  await page.locator('#f-reason').fill('Más deprisa')
  await page.keyboard.press('Control+Enter')
  await main().getByText('Plazo: 5 min → 2 min').waitFor()
  await everyLook(page, 'rule')
  const id = new URL(page.url()).searchParams.get('rule')
  await r.tell('PUT', `/api/rules/${id}`, { version: 2, reason: 'otra mano', to: whole({ area_kind: 'anchorage' }) })
  await main().getByText('otra mano').waitFor()
  // Somebody was faster: what was written stays.
  await page.keyboard.press('m')
  await page.locator('#f-owner').fill('Otra jefa')
  await page.locator('#f-reason').fill('cambia de manos')
  await r.tell('PUT', `/api/rules/${id}`, { version: 3, reason: 'la tercera', to: whole({ area_kind: 'anchorage', priority: 2 }) })
  // A server that is slow to tell the rules: the notice comes when a key is heard again.
  const inTime = await readsLate(page, /\/api\/rules(\?|$)/)
  await page.keyboard.press('Control+Enter')
  await main().getByText('guardó entretanto la versión 4').waitFor()
  await inTime()
  assert.equal(await page.locator('#f-owner').inputValue(), 'Otra jefa')
  await page.keyboard.press('Control+Enter')
  await main().getByText('cambia de manos').waitFor()
})

step('a rule watches an area at once: a boat inside it is an alert', async () => {
  const boats = (await r.get('/api/tracks?limit=1000')).tracks.filter((x) => x.domain === 'water' && x.status === 'confirmed')
  await area('cala', 'anchorage', 'Cala del Norte', square(boats[0].state.position, 0.02))
  await queue().locator('a.alert', { hasText: /cala/i }).first().waitFor({ timeout: 30_000 })
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

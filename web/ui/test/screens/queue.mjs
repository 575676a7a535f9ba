// The queue by the real program: alerts, notices and the system apart, the shelf,
// a flood that is one incident; and how the rules serve then.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessibility, eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r
const queue = () => page.locator('[data-region=queue]')
const card = () => page.locator('[data-region=card]')
const main = () => page.locator('main')

const square = (at, degrees) => ({ type: 'Polygon', coordinates: [[[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]].map(([x, y]) => [at.lon + x * degrees, at.lat + y * degrees])] })
async function area(id, kind, name, geometry) {
  const made = await r.tell('POST', '/api/areas', { id, reason: 'para la prueba', to: { name, kind, geometry, source: 'prueba', accuracy_m: 5 } })
  assert.equal(made.status, 200, JSON.stringify(made.body))
}
const boats = async () => (await r.get('/api/tracks?limit=1000')).tracks.filter((x) => x.domain === 'water' && x.status === 'confirmed')
const whole = (more) => ({
  name: { es: 'Nadie en la cala', en: 'Nobody in the cove' }, detector: 'area-entry', kind: 'alert', priority: 3, owner: 'Jefa de sala', deadline_ns: 3e11,
  rationale: { es: 'Allí atracan los que no quieren ser vistos.', en: 'Who wants not to be seen lands there.' },
  response: { es: 'Preguntar por radio quién es.', en: 'Ask by radio who it is.' }, review: '2030-01-01T00:00:00Z', ...more,
})
async function rule(id, more) {
  const made = await r.tell('POST', '/api/rules', { id, reason: 'para la prueba', to: whole(more) })
  assert.equal(made.status, 200, JSON.stringify(made.body))
}

step('a rule watches an area at once, and a boat inside it is an alert', async () => {
  await enrol(r)
  await eventually(async () => (await boats()).length > 3, 'some boats', 60)
  await rule('cala', { area: 'cala' })
  await area('cala', 'anchorage', 'Cala del Norte', square((await boats())[0].state.position, 0.02))
  await queue().locator('a.alert', { hasText: /cala/i }).first().waitFor({ timeout: 30_000 })
})

step('an alert is shelved from its card, with a reason, and comes back', async () => {
  await queue().locator('a.alert', { hasText: /cala/i }).first().click()
  await card().getByRole('heading', { name: 'Por qué' }).waitFor()
  const id = new URL(page.url()).searchParams.get('alert')
  const keys = new Keys(page)
  await keys.press('z')
  await card().locator('input[name=reason]').and(page.locator(':focus')).waitFor()
  await everyLook(page, 'shelve')
  await keys.write('Pescador conocido')
  await keys.press('Enter')
  await card().getByText('Pescador conocido').first().waitFor()
  keys.atMost(2)
  await queue().getByRole('tab', { name: /Apartadas/ }).click()
  await queue().locator(`[id="row-${id}"]`).getByText('vuelve a las').waitFor()
  await everyLook(page, 'shelved')
  const a = await r.get(`/api/alerts/${encodeURIComponent(id)}`)
  assert.equal(a.shelved.reason, 'Pescador conocido')
  await card().getByRole('button', { name: 'Devolver a la lista' }).click()
  await queue().locator(`[id="row-${id}"]`).waitFor({ state: 'detached' })
  await queue().getByRole('tab', { name: /Abiertas/ }).click()
  await queue().locator(`[id="row-${id}"]`).waitFor()
})

step('notices and the system have lists of their own', async () => {
  await rule('noticed', { kind: 'notice', area: 'noticed', priority: 1, deadline_ns: undefined, name: { es: 'Paso por el estrecho', en: 'Passage of the strait' } })
  await area('noticed', 'corridor', 'Estrecho', square((await boats()).at(-1).state.position, 0.05))
  await queue().getByRole('tab', { name: /Avisos/ }).click()
  const first = queue().locator('a.notice', { hasText: 'Paso por el estrecho' }).first()
  await first.waitFor({ timeout: 30_000 })
  assert.equal(await queue().locator('a.alert').count(), 0)
  await first.click()
  await card().getByText('Es un aviso: nadie tiene que actuar.').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('queue'), 'notices')
  await everyLook(page, 'notices')
  await queue().getByRole('tab', { name: /Sistema/ }).click()
  assert.equal(await queue().locator('a.alert').count(), 0)
  assert.deepEqual(await accessibility(page), [])
})

step('a flood is one incident: counted, its members listed, none dropped', async () => {
  await rule('crowd', { area: 'crowd', priority: 2, name: { es: 'Entrada en la bahía', en: 'Entry into the bay' } })
  await area('crowd', 'corridor', 'Bahía', square((await boats())[0].state.position, 1))
  await page.goto(`${r.origin}/?queue=open`)
  const incident = queue().locator('a.alert', { hasText: /Incidente/ })
  await incident.waitFor({ timeout: 30_000 })
  await incident.click()
  await card().getByRole('heading', { name: /Alertas que reúne/ }).waitFor()
  const id = new URL(page.url()).searchParams.get('alert')
  await eventually(async () => {
    const { members } = await r.get(`/api/alerts/${encodeURIComponent(id)}`)
    return members > 1 && (await card().locator('.members a.alert').count()) === members
  }, 'every member on the card')
  await queue().getByRole('list', { name: 'Reunidas en este incidente' }).waitFor()
  await everyLook(page, 'incident')
})

step('how the rules serve, against the bars', async () => {
  await page.goto(`${r.origin}/rules`)
  await main().getByRole('tab', { name: 'Cómo sirven' }).click()
  await main().getByRole('button', { name: '8 horas' }).click()
  await main().getByText('por encima de lo previsto').first().waitFor() // the flood took ten minutes of eight hours
  await eventually(() => new URL(page.url()).searchParams.get('states') === 'service,shift', 'the period in the address')
  const health = await r.get('/api/rules/health')
  const rows = main().locator('section[aria-labelledby=health-rules] tbody tr')
  await eventually(async () => (await rows.count()) === health.rules.length, `${health.rules.length} rules`)
  await everyLook(page, 'rule-health')
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

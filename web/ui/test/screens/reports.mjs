// Reports and tasks with the real program: a sighting is told on the radio,
// becomes an observation and a track, and a boat is sent, by keyboard only.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder, small } from '../page.mjs'
import { answersLate, enrol, everyLook, Keys, name, nothingStrayed, readsLate, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r

const main = () => page.locator('main')
const card = (what) => page.getByRole('article', { name: what })
const focused = (locator) => locator.and(page.locator(':focus')).waitFor()

step('empty lists say what to do', async () => {
  await enrol(r)
  await page.keyboard.press('g')
  await page.keyboard.press('t')
  await main().getByText('No hay tareas en curso').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  await main().getByText('Todavía no hay informes').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('o')
})

step('what is not understood is refused, and why is said', async () => {
  await page.keyboard.press('r')
  const form = page.getByRole('form', { name: 'Informe nuevo' })
  await focused(form.getByLabel('Quién lo vio'))
  await page.keyboard.press('Control+Enter')
  await form.getByText('Escriba quién lo vio.').waitFor()
  for (const [field, typed, says] of [
    ['Visto', '034015', 'Seis cifras pueden ser dos cosas'], ['Visto', '2540', 'Las horas van de 00 a 23'], ['Dónde', 'Xyzzyzzy', 'Ningún lugar se llama así'],
    ['Dónde', '9 km de Copacabana', 'Falta la dirección'], ['Dónde', '95.1 S 69.05 W', 'La latitud va de'], ['Grado', 'G9', 'Escriba una letra de A a F'], ['Rumbo', '361', 'Escriba grados de 0 a 360'],
  ]) {
    await form.getByLabel(field, { exact: true }).fill(typed)
    await form.getByText(says).waitFor()
    await form.getByLabel(field, { exact: true }).fill('')
  }
  await page.keyboard.press('Escape')
  await main().getByText('Todavía no hay informes').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('o')
})

step('job: a sighting is told on the radio and a boat is sent, in twenty keys', async () => {
  await eventually(async () => (await r.get('/api/places?q=patrol-1')).places.some((p) => p.kind === 'asset'), 'where the patrol is', 60)
  const keys = new Keys(page)
  await keys.press('r')
  const form = page.getByRole('form', { name: 'Informe nuevo' })
  await focused(form.getByLabel('Quién lo vio'))
  await keys.write('Pescador Condori')
  await keys.press('Tab')
  await keys.write('hace 5 min')
  await keys.press('Tab')
  await keys.write('315 60 km de copacabana') // on the lake, where neither boats nor the clutter of a radar join what was told
  await form.getByText('315°, 32,4 NM · 60,0 km de Copacabana (población)').waitFor()
  await keys.press('Tab', 'Tab')
  await focused(form.getByLabel('Grado'))
  await keys.write('b2')
  await keys.press('Tab', 'Tab')
  await focused(form.getByLabel('En sus palabras'))
  await keys.write('Lancha de madera sin luces, va rápido.')
  await everyLook(page, 'report-form')
  await keys.press('Control+Enter')
  const report = card('Informe R1')
  await report.getByRole('button', { name: 'Enviar a alguien' }).waitFor()
  await keys.press('t')
  const order = page.getByRole('form', { name: 'Ordenar una tarea' })
  await focused(order.getByLabel('A quién se envía'))
  await order.getByLabel('A quién se envía').getByText(/Patrulla 1 · lancha · a /).waitFor({ state: 'attached' })
  await eventually(() => order.getByLabel('Orden', { exact: true }).inputValue(), 'the words of the order')
  await keys.press('Control+Enter')
  await card('Tarea K1').waitFor()
  keys.atMost(20)

  const seen = await eventually(async () => {
    const x = await r.get('/api/reports/R1')
    return x.observed.length && x
  }, 'the observation of the report')
  assert.deepEqual([seen.reporter, seen.grade, seen.where.method, seen.where.bearing_deg, seen.where.distance_m, seen.place_at.name], ['Pescador Condori', 'B2', 'bearing', 315, 60_000, 'Copacabana'])
  const ago = Date.parse(seen.made) - Date.parse(seen.seen)
  assert.ok(ago >= 300_000 && ago < 900_000, `seen five minutes before it was typed: ${ago} ms before it was kept`)
  const { observation, track } = seen.observed[0]
  const o = await r.get(`/api/observations/${observation}`)
  assert.deepEqual([o.sensor, o.source.report], ['reports', 'R1/1'])
  const detail = await eventually(async () => {
    const d = await r.get(`/api/tracks/${track}`)
    return d.track && d
  }, 'the track of the report')
  assert.deepEqual([detail.track.status, detail.track.sensors], ['tentative', ['reports']])
  const task = await r.get('/api/tasks/K1')
  assert.deepEqual([task.asset, task.state, task.steps.map((s) => s.kind), task.by.name], ['patrol-1', 'authorised', ['drafted', 'authorised', 'sent'], name])
  assert.match(task.text, /^Verificar lo que vio Pescador Condori a las .* embarcación en /)
  assert.ok(task.track === 0 || task.track === undefined || task.track === track)
})

step('the steps of a task have a key each', async () => {
  const task = card('Tarea K1')
  await everyLook(page, 'task')
  const inTime = await answersLate(page, /\/api\/tasks\/K1\//) // what the stream tells first is shown when a key is heard
  await page.keyboard.press('b')
  await task.getByRole('listitem').getByText('repetida', { exact: true }).waitFor()
  await page.keyboard.press('y')
  await task.getByRole('listitem').getByText('aceptada', { exact: true }).waitFor()
  await page.keyboard.press('p')
  await focused(task.getByLabel('En el lugar antes de'))
  await page.keyboard.type('ayer 0400')
  await task.getByText('Esa hora ya pasó').waitFor()
  await task.getByLabel('En el lugar antes de').fill('45 min')
  await page.keyboard.press('Control+Enter')
  await task.getByText('Escríbalo').waitFor()
  await focused(task.getByLabel('Por qué se posterga'))
  await page.keyboard.type('Viento en contra')
  await page.keyboard.press('Control+Enter')
  await task.getByRole('listitem').getByText('postergada', { exact: true }).waitFor()
  await page.keyboard.press('o')
  await task.getByRole('listitem').getByText('en el lugar', { exact: true }).waitFor()
  await page.keyboard.press('d')
  await focused(task.getByLabel('Qué se encontró'))
  await page.keyboard.type('Pescador sin luces, advertido.')
  await page.keyboard.press('Control+Enter')
  await task.getByRole('listitem').getByText('cumplida', { exact: true }).waitFor()
  await inTime()
  const now = await r.get('/api/tasks/K1')
  assert.deepEqual(now.steps.map((s) => s.kind), ['drafted', 'authorised', 'sent', 'read-back', 'accepted', 'postponed', 'on-scene', 'done'])
  assert.deepEqual([now.state, now.steps.at(-1).note], ['done', 'Pescador sin luces, advertido.'])
})

step('an overdue task is first in the list, which keeps up by itself', async () => {
  const order = (text, ms, more = {}) => r.tell('POST', '/api/tasks', { asset: 'patrol-1', text, due: new Date(Date.now() + ms).toISOString(), ...more })
  await order('Esperar en el muelle', 3_600_000)
  await order('Patrullar la orilla norte', 7_200_000, { authorise: true, send: true })
  await order('Verificar luces frente a Huatajata', 1500, { authorise: true })
  await page.keyboard.press('Escape')
  await main().getByText('vencidas: 1').waitFor()
  await eventually(async () => (await main().locator('tbody tr').first().innerText()).includes('Huatajata'), 'the overdue task first')
  await everyLook(page, 'tasks')
  await page.locator('[data-region=queue] a.alert').filter({ hasText: 'Tarea sin noticias' }).click()
  await page.locator('[data-region=card]').getByRole('button', { name: 'Abrir la tarea K4' }).click()
  await card('Tarea K4').getByText('vencida: se levantó una alerta').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
})

step('whom one chooses stays chosen when it is known where they are', async () => {
  const inTime = await readsLate(page, /\/api\/places\?/, 2000)
  await page.keyboard.press('n')
  const whom = page.getByRole('form', { name: 'Ordenar una tarea' }).getByLabel('A quién se envía')
  const other = await whom.locator('option').nth(1).getAttribute('value')
  await whom.selectOption(other)
  await inTime()
  await whom.locator('option').filter({ hasNotText: 'sin posición' }).first().waitFor({ state: 'attached' })
  assert.equal(await whom.inputValue(), other)
  await page.keyboard.press('Escape')
  await main().getByText('vencidas: 1').waitFor()
})

step('a correction is another wording, and says why', async () => {
  await page.keyboard.press('g')
  await page.keyboard.press('a')
  const report = card('Informe R1') // it was chosen before
  await focused(report)
  await report.getByRole('link', { name: /Traza T\d+/ }).waitFor()
  await everyLook(page, 'report')
  await page.keyboard.press('c')
  const form = page.getByRole('form', { name: 'Corregir el informe R1' })
  await form.getByLabel('Dónde', { exact: true }).fill('15.8 S 69.5 W')
  await form.getByLabel('Por qué se corrige').fill('Se refirió a otro muelle')
  await page.keyboard.press('Control+Enter')
  await report.getByText('Redacción 2').waitFor()
  await report.getByText('Se refirió a otro muelle').waitFor()
  const now = await eventually(async () => {
    const x = await r.get('/api/reports/R1')
    return x.observed.length === 2 && x
  }, 'the second observation')
  assert.equal(now.observed[1].track, now.observed[0].track)
  assert.deepEqual([now.where.method, now.grade, now.seen], ['coordinate', 'B2', now.versions[0].seen])
})

step('the list of reports', async () => {
  await focused(card('Informe R1'))
  await page.keyboard.press('Escape')
  await focused(main().locator('tbody button').first())
  await everyLook(page, 'reports')
  assert.deepEqual(await small(page, 24), [])
})

step('a key that is quicker than the place waits for it, and the track says that people told of it', async () => {
  const inTime = await readsLate(page, /\/api\/places\?/, 3000)
  const keys = new Keys(page)
  await keys.press('r')
  await focused(page.getByRole('form', { name: 'Informe nuevo' }).getByLabel('Quién lo vio'))
  await keys.write('Pastora Choque')
  await keys.press('Tab')
  await keys.write('ahora')
  await keys.press('Tab')
  await keys.write('180 60 km de copacabana')
  await keys.press('Tab', 'Tab')
  await keys.write('b2')
  await keys.press('Control+Enter')
  await card('Informe R2').getByRole('link', { name: /Traza T\d+/ }).click()
  await inTime()
  const track = page.locator('[data-region=card]')
  await track.getByText('contada por personas').waitFor()
  await track.getByText('B2').first().waitFor()
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

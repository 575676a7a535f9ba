// Cases, the shift log and the hand-over in the real program: an alert goes to
// a case by one key, evidence and decisions go in, the case is given out as a
// file, and the shift is handed over.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessibility, eventually, inOrder, watchedPage } from '../page.mjs'
import { answersLate, enrol, everyLook, Keys, name, nothingStrayed, readsLate, rig, root } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ config: '[exercise]\ncross = "5s"\n' })
const { page } = r
const other = 'Bruno Mamani'

const card = () => page.locator('[data-region=card]')
const main = () => page.locator('main')
const heading = (text) => page.getByRole('heading', { name: text })
const free = async () => {
  await page.locator('body').click({ position: { x: 700, y: 5 } })
  await page.keyboard.press('Escape')
}

/** Another officer, signed in at another computer. */
let second
step('two officers have accounts', async () => {
  await enrol(r)
  const { body } = await r.tell('POST', '/api/people/invite', { role: 'officer' })
  second = await watchedPage(r.browser, r.origin)
  await second.page.goto(`${r.origin}/enrol#${(body.done ?? body).token}`)
  await second.page.fill('input[name=name]', other)
  await second.page.fill('input[name=password]', 'otra clave larga')
  await second.page.fill('input[name=again]', 'otra clave larga')
  await second.page.keyboard.press('Enter')
  await second.page.locator('dl .link').getByText('En vivo').waitFor()
})

let caseId, alertId
step('the chosen alert goes to a new case by one key', async () => {
  await page.locator('[data-region=queue] a.alert').first().waitFor({ timeout: 120_000 })
  await free()
  await page.keyboard.press('a')
  await card().getByRole('heading', { name: 'Por qué', exact: true }).waitFor()
  alertId = new URL(page.url()).searchParams.get('alert')
  await page.keyboard.press('i')
  await page.getByRole('dialog', { name: 'A un caso' }).waitFor()
  await page.getByRole('option', { name: /Abrir un caso nuevo/ }).waitFor()
  await everyLook(page, 'to-case')
  await page.keyboard.press('Control+a')
  await page.keyboard.type('Cruce al norte de la isla')
  await page.keyboard.press('Enter')
  await card().getByRole('button', { name: /^caso C\d/ }).waitFor()
  const a = await r.get(`/api/alerts/${encodeURIComponent(alertId)}`)
  assert.equal(a.state, 'in-case')
  caseId = a.case
})

step('the card leads to the case; a decision and evidence are written with keys', async () => {
  await card().getByRole('button', { name: `caso ${caseId}` }).click()
  await heading('Cruce al norte de la isla').waitFor()
  await free()
  assert.equal(new URL(page.url()).searchParams.get('case'), caseId, 'Escape leaves the case where it is')
  await page.keyboard.press('d')
  await page.keyboard.type('Enviar la patrulla de Kasani')
  await page.keyboard.press('Tab')
  await page.keyboard.type('Es la segunda vez esta semana')
  const inTime = await answersLate(page, /\/api\/cases\/C\d+\//) // what the stream tells first is shown when a key is heard
  await page.keyboard.press('Control+Enter')
  await page.getByText('Es la segunda vez esta semana').waitFor()
  await page.keyboard.press('j')
  await main().getByRole('searchbox', { name: 'Buscar' }).and(page.locator(':focus')).waitFor()
  await inTime()
  const track = (await r.get(`/api/alerts/${encodeURIComponent(alertId)}`)).finding.track
  await page.keyboard.type(`T${track}`)
  const found = main().getByRole('checkbox', { name: new RegExp(`Traza.*T${track}\\b`) })
  await found.waitFor()
  await everyLook(page, 'case-evidence')
  await found.check()
  await page.getByRole('button', { name: /Añadir lo marcado/ }).click()
  await eventually(async () => (await r.get(`/api/cases/${caseId}`)).evidence === 2, 'two pieces of evidence')
  await page.getByRole('button', { name: new RegExp(`Ver Traza T${track}`) }).waitFor()
  await everyLook(page, 'case')
  await page.keyboard.press('t')
  await page.locator('form textarea').first().waitFor()
  assert.equal(new URL(page.url()).searchParams.get('task'), 'case', 'somebody is sent for the case')
  await page.goBack()
  await heading('Cruce al norte de la isla').waitFor()
  const c = await r.get(`/api/cases/${caseId}`)
  assert.deepEqual(c.entries.map((e) => e.kind), ['opened', 'decided', 'evidence'])
  assert.ok(c.entries[2].evidence[0].taken.points > 0)
})

step('the case is given out as a page for people and as data, both on record', async () => {
  const inTime = await readsLate(page, /\/api\/cases\/C\d+$/) // the next key is heard before the case is read again
  for (const [key, ending] of [['h', 'html'], ['H', 'json']]) {
    await free()
    const [file] = await Promise.all([page.waitForEvent('download'), page.keyboard.press(key)])
    assert.match(file.suggestedFilename(), new RegExp(`^atalaya-${caseId}-X\\d+\\.${ending}$`))
    const content = readFileSync(await file.path())
    const c = await eventually(async () => {
      const x = await r.get(`/api/cases/${caseId}`)
      return x.last.kind === 'exported' && x.last.format === ending && x
    }, 'the record')
    assert.equal(c.last.sha256, createHash('sha256').update(content).digest('hex'))
    if (ending === 'json') assert.equal(JSON.parse(content).manifest.case, caseId)
    else writeFileSync(join(r.data, 'case.html'), content)
  }
  await inTime()
})

step('the page opens anywhere, asks for nothing, and can be read', async () => {
  const context = await r.browser.newContext({ viewport: { width: 900, height: 1200 }, offline: true })
  const doc = await context.newPage()
  const asked = []
  doc.on('request', (q) => asked.push(q.url()))
  await doc.goto(`file://${join(r.data, 'case.html')}`)
  assert.equal(asked.length, 1, asked.join())
  assert.ok((await doc.locator('article svg.map').count()) >= 2)
  assert.ok((await doc.locator('article svg.chart').count()) >= 1)
  assert.match(await doc.locator('.exercise').innerText(), /EJERCICIO/)
  await doc.getByText('Enviar la patrulla de Kasani').waitFor()
  assert.deepEqual(await accessibility(doc), [])
  if (process.env.UPDATE) await doc.screenshot({ path: join(root, 'docs', 'img', 'es', 'case-document.png'), clip: { x: 0, y: 0, width: 900, height: 1200 }, fullPage: true })
  await context.close()
})

step('a case is closed with its alert, and found in the list', async () => {
  await free()
  await page.keyboard.press('c')
  await page.getByRole('radio', { name: /cierta/ }).and(page.locator(':focus')).waitFor()
  await page.keyboard.press('1')
  await page.keyboard.press('Tab')
  await page.keyboard.type('La patrulla la acompañó de vuelta')
  await page.keyboard.press('Control+Enter')
  await main().getByText('cerrado: cierta').waitFor()
  const a = await eventually(async () => {
    const x = await r.get(`/api/alerts/${encodeURIComponent(alertId)}`) // closed after its case
    return x.state === 'closed' && x
  }, 'the alert closed with its case')
  assert.equal(a.outcome, 'true')
  await free()
  await page.keyboard.press('l')
  await heading('Casos').waitFor()
  await page.getByText(/No hay casos aquí/).waitFor()
  await page.keyboard.press('n')
  await page.keyboard.type('Boya sin luz')
  await page.keyboard.press('Control+Enter')
  await heading('Boya sin luz').waitFor()
  await free()
  await page.keyboard.press('l')
  await page.getByRole('button', { name: 'Todos', exact: true }).click()
  await page.getByRole('link', { name: 'Cruce al norte de la isla' }).waitFor()
  await everyLook(page, 'cases')
})

step('job: the shift is handed over with a summary of open things, in six keys', async () => {
  await r.tell('POST', '/api/log', { text: 'Kasani avisa: la radio del puesto calla desde las 03:10' })
  await free()
  const keys = new Keys(page)
  await keys.press('g', 'b')
  await main().getByRole('region', { name: 'Relevo' }).getByText('Boya sin luz').waitFor()
  await keys.press('h')
  await main().locator('select:focus').waitFor()
  assert.equal(await main().locator('select:focus option:checked').innerText(), other, 'the only one who can come is chosen')
  await keys.press('Tab')
  await keys.write('Ojo con la boya; la patrulla de Kasani vuelve a las cinco.')
  await everyLook(page, 'handover')
  await keys.press('Control+Enter')
  await main().getByText(`Turno entregado a ${other}`).waitFor()
  keys.atMost(6)
  const st = await r.get('/api/handover')
  assert.deepEqual([st.on_duty.who.name, st.on_duty.from.name, st.cases.length], [other, name, 1])
  const { items } = await r.get('/api/handovers')
  assert.equal(items[0].left.cases.length, 1)
})

step('who comes is told so at once, and says that they know', async () => {
  const bar = second.page.getByRole('status').filter({ hasText: `${name} le entregó el turno` })
  await bar.waitFor()
  assert.match(await bar.innerText(), /Ojo con la boya.*casos: 1/s)
  assert.deepEqual(await accessibility(second.page), [])
  await bar.getByRole('button', { name: 'Ver qué queda' }).click()
  await second.page.getByRole('heading', { name: 'Bitácora' }).waitFor()
  await bar.getByRole('button', { name: 'Recibido' }).click()
  await bar.waitFor({ state: 'detached' })
})

step('the shift log has it all, and is filtered by kind', async () => {
  await free()
  await page.keyboard.press('n')
  // The next line can be written before the log is read again.
  const inTime = await readsLate(page, /\/api\/log\?/, 2000)
  for (const line of ['Se llamó a Kasani por teléfono', 'Contesta el cabo de guardia']) {
    await page.keyboard.type(line)
    await page.keyboard.press('Enter')
    await eventually(async () => (await main().getByRole('textbox', { name: 'Anotar en la bitácora' }).inputValue()) === '', 'the line is written')
  }
  for (const line of ['Se llamó a Kasani por teléfono', 'Contesta el cabo de guardia']) await main().locator('ol').getByText(line).waitFor()
  await inTime()
  for (const text of ['entregó el turno', 'cerró el caso', 'decidió en el caso', 'entregó el caso en un archivo', 'entró'])
    await main().locator('ol').getByText(text, { exact: true }).first().waitFor()
  await everyLook(page, 'log')
  await main().getByRole('button', { name: 'notas' }).click()
  await eventually(async () => (await main().locator('ol > li').count()) === 3, 'three notes')
  await page.waitForURL(/states=log/)
  await main().getByRole('button', { name: 'notas' }).click()
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
  assert.deepEqual(second.errors, [])
})

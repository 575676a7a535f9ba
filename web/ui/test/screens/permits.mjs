// Permits with the real program: a file is tried, corrected and imported, one
// is entered by hand, looked up about an alert, changed and ended.

import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ config: '[exercise]\ncross = "10s"\n' })
const { page } = r
/** The field whose label begins so. */
const field = (name) => page.locator('label').filter({ hasText: new RegExp(`^\\s*${name}`) }).locator('input, select').first()

step('a file says what it would change, and what is wrong with it', async () => {
  await enrol(r)
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.getByText('El libro está vacío').waitFor()
  await everyLook(page, 'permits-empty')
  const name = join(r.data, 'permisos.csv')
  const head = 'número;tipo;emisor;titular;nombre;MMSI;desde;hasta\n'
  const good = 'P-1;fishing-licence;Capitanía;Juana Mamani;LA TRUCHA;;2026-01-01;2030-01-01\nP-2;coca-transport;ADEPCOCA;Cooperativa Yungas;;720000077;;\n'
  writeFileSync(name, `${head}${good}P-3;pesca de altura;Capitanía;;EL PUMA;;;\n`)
  await page.keyboard.press('u')
  await page.setInputFiles('input[type=file]', name)
  await page.getByText('3 líneas').waitFor()
  await page.getByText('Corrija las líneas malas').waitFor()
  await everyLook(page, 'permits-import')
  writeFileSync(name, `${head}${good}`)
  await page.setInputFiles('input[type=file]', [])
  await page.setInputFiles('input[type=file]', name)
  await field('De dónde viene el archivo').fill('Capitanía, mayo')
  await page.getByRole('button', { name: 'Importar 2 permisos' }).click()
  await page.getByText('Licencia de pesca').first().waitFor()
  const { kinds } = await r.get('/api/permits')
  assert.deepEqual(kinds.map((k) => [k.kind, k.total, k.valid]).toSorted(), [['coca-transport', 1, 1], ['fishing-licence', 1, 1]])
})

step('one is entered by hand', async () => {
  await page.keyboard.press('n')
  await field('Número').fill('F-7')
  await field('Para qué es').selectOption('ferry-timetable')
  await field('Emisor').fill('Armada')
  await field('Nombre pintado').fill('REINA DEL LAGO')
  await page.getByRole('button', { name: 'Añadir una identidad' }).click()
  await page.getByLabel('Identidad 1', { exact: true }).fill('12')
  await field('Por qué se anota').fill('Horario de mayo')
  await page.keyboard.press('Control+Enter')
  await page.locator('form .trouble').waitFor()
  await everyLook(page, 'permits-form')
  await page.getByLabel('Identidad 1', { exact: true }).fill('720000088')
  await page.keyboard.press('Control+Enter')
  await page.getByRole('heading', { name: /F-7/ }).waitFor()
})

step('it is looked up about an alert, on record, changed and ended', async () => {
  await eventually(async () => (await r.get('/api/alerts')).alerts.length > 0, 'an alert', 90)
  const { id } = (await r.get('/api/alerts')).alerts[0]
  await page.locator(`[id="row-${id}"]`).click()
  await page.locator('[data-region=card]').getByRole('button', { name: 'Consultar permisos' }).click()
  assert.equal(await page.locator('input[name=about]').inputValue(), id)
  await page.fill('input[name=reason]', 'Cruzó de noche')
  await page.fill('input[name=text]', 'reina')
  await page.keyboard.press('Enter')
  await page.getByText('Encontrados: 1').waitFor()
  await everyLook(page, 'permits')
  await page.keyboard.press('m')
  await field('Titular').fill('Armada Boliviana')
  await field('Por qué se anota').fill('Faltaba el titular')
  await page.keyboard.press('Control+Enter')
  await page.getByText('versión 2, Ana Quispe').waitFor()
  await page.getByRole('button', { name: 'Anular…' }).click()
  await field('Por qué se anula').fill('Terminó la temporada')
  await page.keyboard.press('Enter')
  await page.getByText('anulado', { exact: true }).waitFor()
  const log = await r.get('/api/log?kind=permit')
  assert.ok(log.lines.some((l) => JSON.stringify(l).includes('Cruzó de noche')), 'the look-up is on record')
})

step('nothing left the host, nothing failed', () => nothingStrayed(r))

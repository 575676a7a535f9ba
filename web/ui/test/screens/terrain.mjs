// Terrain with the real program, over the exercise's made-up mountains: relief,
// what is seen from a place by any target's height, the profile between two
// places, weak corridors and sites for sensors.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { accessibility, eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ args: ['--relief'] })
const { page } = r
const section = (name) => page.locator(`section[aria-labelledby=${name}-title]`)
const text = (name) => page.getByRole('textbox', { name, exact: true })

/** Square kilometres that are seen, as the panel says them. */
const seen = async () => Number(/^([\d.,]+) km²/.exec(await section('sight').locator('.area').innerText())[1].replaceAll('.', '').replace(',', '.'))

step('the panel says which elevation there is, and that it is made up', async () => {
  await enrol(r)
  await eventually(async () => (await r.get('/api/elevation')).models.length > 0, 'the mountains are made', 120)
  await page.goto(`${r.origin}/?map=11/-16.15/-69.1`)
  await page.locator('canvas.maplibregl-canvas').focus()
  await page.keyboard.press('5')
  const about = page.locator('section[aria-labelledby=terrain-elevation]')
  await about.getByText('SYNTHETIC').first().waitFor()
  await about.getByText('celdas de 91 m').waitFor()
})

step('relief is shown on demand', async () => {
  const tile = page.waitForResponse((a) => /\/elevation\/\d+\/\d+\/\d+\.png/.test(a.url()))
  await page.getByRole('checkbox', { name: 'Relieve sombreado' }).check()
  assert.equal((await tile).status(), 200)
  await page.waitForFunction(() => new URLSearchParams(location.search).get('layers')?.split(',').includes('relief'))
})

step('the terrain stands up in three dimensions, and lies down again', async () => {
  await page.getByRole('button', { name: 'Ver en tres dimensiones' }).click()
  const solid = page.getByRole('dialog', { name: 'Terreno en tres dimensiones' })
  await solid.getByText('SYNTHETIC').waitFor()
  await solid.locator('canvas').waitFor()
  assert.deepEqual(await accessibility(page), [])
  await page.keyboard.press('Escape')
  await solid.waitFor({ state: 'detached' })
})

step('what is seen from a place is held against any height without asking again', async () => {
  await text('Lugar del observador').fill('no es un lugar')
  await text('Lugar del observador').press('Enter')
  await section('sight').getByText('No es una coordenada').waitFor()
  await text('Lugar del observador').fill('-16.02, -69.17')
  await page.getByLabel('Radio (km)').fill('25')
  await text('Lugar del observador').press('Enter')
  const slider = page.getByRole('slider', { name: 'Altura del objetivo' })
  await slider.waitFor()
  const person = await eventually(() => seen().catch(() => 0), 'it is painted')
  let asked = 0
  const count = () => asked++
  page.on('request', count)
  await section('sight').getByRole('button', { name: 'Dron 120 m' }).click()
  assert.equal(await slider.getAttribute('aria-valuetext'), '120 m sobre el suelo')
  await eventually(async () => (await seen()) > person, 'a drone is seen in more places than a person')
  await slider.focus()
  await page.keyboard.press('Home')
  await eventually(async () => (await seen()) <= person, 'the ground is seen in fewer')
  page.off('request', count)
  assert.equal(asked, 0)
  const [polygons] = await Promise.all([page.waitForEvent('download'), section('sight').getByRole('link', { name: 'Descargar GeoJSON, 0 m' }).click()])
  const outline = JSON.parse(await readFile(await polygons.path(), 'utf8')).features[0]
  assert.equal(outline.geometry.type, 'MultiPolygon')
  assert.equal(outline.properties.label, 'SYNTHETIC')
  assert.equal(await section('sight').getByRole('link', { name: 'Descargar GeoTIFF' }).count(), 1)
  await section('sight').getByText('SYNTHETIC').first().waitFor()
  await section('sight').getByRole('button', { name: 'Persona 1,7 m' }).click()
  await slider.scrollIntoViewIfNeeded()
  await everyLook(page, 'terrain')
})

step('beyond the elevation the server says what to do', async () => {
  await text('Lugar del observador').fill('10, 10')
  await text('Lugar del observador').press('Enter')
  await section('sight').getByRole('alert').getByText('No hay elevación').waitFor()
})

step('a place is chosen on the map by key', async () => {
  await page.getByRole('button', { name: 'Elegir en el mapa: Desde' }).click()
  await page.getByText('Elija en el mapa dónde empieza').waitFor()
  await page.keyboard.press('Enter')
  // The other end is asked for at once.
  await page.getByText('Elija en el mapa dónde termina').waitFor()
  await page.keyboard.press('Escape')
  assert.match(await text('Desde').inputValue(), /^-16\.15\d*, -69\.1/)
})

step('the profile tells whether one place sees another', async () => {
  await text('Desde').fill('-16.02, -69.17')
  await text('Hasta').fill('-16.3, -68.9')
  await page.getByLabel('Radio (GHz; 0: luz)').fill('5.8')
  await page.getByRole('button', { name: 'Trazar' }).click()
  await section('profile').getByText('No se ve').waitFor()
  await section('profile').getByText('Primera zona de Fresnel').waitFor()
  const plot = section('profile').getByRole('img')
  await plot.locator('canvas').waitFor()
  assert.match(await plot.getAttribute('aria-label'), /Terreno de [\d.]+ a [\d.]+ m s\. n\. m\./)
  await plot.scrollIntoViewIfNeeded()
  await everyLook(page, 'profile')
})

step('weak corridors of the stretch that the map shows are ranked', async () => {
  await page.getByLabel('Quién pasa').selectOption('boat')
  await page.getByRole('button', { name: 'Buscar corredores' }).click()
  const found = section('corridors').getByRole('listitem')
  await found.first().waitFor()
  await section('corridors').getByText('SYNTHETIC').first().waitFor()
  await found.last().getByRole('button').click()
  assert.equal(await found.last().getByRole('button').getAttribute('aria-pressed'), 'true')
})

step('sites for sensors come with what is proven of them', async () => {
  await page.goto(`${r.origin}/?map=11/-16.15/-69.1&panel=terrain`)
  await page.getByRole('button', { name: 'Buscar sitios' }).click()
  await section('sites').getByText(/de lo mejor posible entre \d+ candidatos, demostrado/).waitFor()
  await section('sites').getByText(/Con la refracción de k 0,07 a 0,20(, k 0,17 a 0,38)?: de \d+,?\d* % a \d+,?\d* %/).waitFor()
  assert.equal(await section('sites').getByRole('listitem').count(), 3)
  const [file] = await Promise.all([page.waitForEvent('download'), section('sites').getByRole('link', { name: 'Descargar GeoJSON' }).click()])
  assert.equal(file.suggestedFilename(), 'sites.geojson')
  const told = JSON.parse(await readFile(await file.path(), 'utf8'))
  assert.equal(told.features.length, 3)
  assert.equal(told.features[0].properties.label, 'SYNTHETIC')
  await section('sites').getByRole('listitem').first().scrollIntoViewIfNeeded()
  await everyLook(page, 'sites')
})

step('feed health says how much the terrain hides from each sensor, and over which elevation', async () => {
  await page.goto(`${r.origin}/?map=11/-16.15/-69.1&panel=feeds`)
  const radar = page.locator('tbody', { hasText: 'radar-1' }).filter({ hasText: 'Terreno: ve el' }).first()
  await radar.getByText(/ve el \d+ % de su alcance a 1,7 m del suelo, el \d+(,\d)? % a 120 m\. En la mitad (no ve por debajo de [\d.]+ m|o más ve el suelo)\./).waitFor({ timeout: 60_000 })
  await radar.getByText(/celdas de \d+ m, error .*, k 0,17 a 0,38, importado hace /).waitFor()
  await radar.getByText('SYNTHETIC', { exact: true }).first().waitFor()
  await radar.scrollIntoViewIfNeeded()
  await everyLook(page, 'feeds')
})

step('nothing strayed', () => nothingStrayed(r))

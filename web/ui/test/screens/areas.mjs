// Areas on the real program: drawn by keys and by mouse, seen to alert,
// changed, ended, imported, in every theme and both languages.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, name, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r

const METRES = 111_195 // of a degree of latitude
const main = () => page.locator('main .page')
const canvas = () => page.locator('canvas.maplibregl-canvas')
const focused = (selector) => page.locator(`${selector}:focus`).waitFor()

/** The corners of a box around a boat that fishes, as somebody would type them: it is too slow to leave it meanwhile. */
async function boxAround() {
  const boat = await eventually(async () => {
    const { tracks } = await r.get('/api/tracks?limit=1000')
    return tracks.find((t) => t.domain === 'water' && t.status === 'confirmed' && t.claims?.some((c) => /^PESCADOR/.test(c.value)))
  }, 'a boat that fishes', 60)
  const { lat, lon } = boat.state.position
  const [north, east] = [400 / METRES, 400 / METRES / Math.cos((lat * Math.PI) / 180)]
  return [[-1, -1], [-1, 1], [1, 1], [1, -1]].map(([y, x]) => `${(lat + y * north).toFixed(5)}, ${(lon + x * east).toFixed(5)}`)
}

/** Where the map looks, as the address says it once the map has come to rest. */
const looks = () => page.evaluate(() => new URL(location.href).searchParams.get('map'))
/** Moves the map by a key and waits until it rests elsewhere. */
async function pan(way) {
  const before = await looks()
  await page.keyboard.press(way)
  await eventually(async () => (await looks()) !== before, 'the map rests elsewhere')
}
/** Points at a place of the map until the cursor tells what a click or a pull would do there. */
async function point(x, y, cursor) {
  let by = 0
  await eventually(async () => {
    await page.mouse.move(x, y + (by = 1 - by))
    return canvas().evaluate((c, wanted) => c.style.cursor === wanted, cursor)
  }, `the cursor of the map is "${cursor}"`)
}

const areaNamed = async (wanted) => (await r.get('/api/areas?all=true')).features.find((a) => a.properties.name === wanted)

step('sign in', async () => enrol(r))

step('job: a no-go area is drawn and alerts, in fifteen keys besides its points', async () => {
  const corners = await boxAround()
  await page.locator('body').click({ position: { x: 700, y: 5 } })
  await page.keyboard.press('Escape')
  const keys = new Keys(page)
  await keys.press('g', 'z')
  await main().getByRole('table').waitFor()
  await keys.press('n')
  await focused('[name=name]')
  await keys.write('Zona prohibida del muelle')
  await keys.press('Tab', 'Tab')
  await focused('[name=point]')
  for (const c of corners) {
    await keys.write(c)
    await page.keyboard.press('Enter') // of the point
  }
  await main().getByText(/polígono de 4 puntos/).waitFor()
  await keys.press('Tab', 'Tab')
  await focused('[name=reason]')
  await keys.write('Ejercicio de tiro de la Armada')
  await keys.press('Control+Enter')
  await main().getByRole('heading', { name: 'Zona prohibida del muelle' }).and(page.locator(':focus')).waitFor()
  const made = await areaNamed('Zona prohibida del muelle')
  assert.deepEqual([made.properties.kind, made.properties.by, made.properties.reason, made.properties.version], ['watched', name, 'Ejercicio de tiro de la Armada', 1])
  const entry = await eventually(async () => (await r.get('/api/alerts')).alerts.find((a) => a.finding.area === made.id), 'the alert of the area', 60)
  assert.equal(entry.finding.rule, 'area-entry')
  await page.locator(`[id="row-${entry.id}"]`).waitFor()
  for (let i = 0; i < 5 && new URL(page.url()).searchParams.get('alert') !== entry.id; i++) await keys.press('a')
  await page.locator('[data-region=card]').getByText('Zona prohibida del muelle').first().waitFor()
  keys.atMost(15)
  await everyLook(page, 'area')
})

step('the list has it, and the focus where one came from', async () => {
  await page.keyboard.press('Escape')
  await main().getByRole('button', { name: 'Zona prohibida del muelle' }).and(page.locator(':focus')).waitFor()
  await main().getByRole('row', { name: /Zona prohibida del muelle/ }).getByText('vigente').waitFor()
  await everyLook(page, 'areas')
})

step('it is found, sorted and filtered, and the address says so', async () => {
  await page.getByRole('searchbox', { name: 'Buscar zonas' }).fill('muelle')
  await main().getByText('1 zona').waitFor()
  await page.getByRole('searchbox', { name: 'Buscar zonas' }).fill('')
  await main().getByRole('combobox', { name: 'Clase' }).selectOption('ferry-lane')
  const lanes = (await r.get('/api/areas')).features.filter((a) => a.properties.kind === 'ferry-lane').length
  await eventually(async () => (await main().locator('tbody tr').count()) === lanes, `${lanes} ferry lanes`)
  await main().getByRole('button', { name: 'Último cambio' }).click()
  await eventually(() => /states=ferry-lane&sort=changed/.test(page.url()), 'the address')
  await main().getByRole('combobox', { name: 'Clase' }).selectOption('')
})

step('somebody is faster: it is told who, and nothing is lost', async () => {
  const area = await areaNamed('Zona prohibida del muelle')
  await main().getByRole('button', { name: 'Zona prohibida del muelle' }).click()
  await page.keyboard.press('c')
  await focused('[name=name]')
  // Another area changes meanwhile: what is being typed stays, and so does the focus.
  await main().locator('[name=point]').focus()
  await page.keyboard.type('16 S')
  const told = page.waitForResponse(/\/api\/areas\?all=true/)
  const box = [[-68.9, -16.3], [-68.89, -16.3], [-68.89, -16.29], [-68.9, -16.3]]
  assert.equal((await r.tell('POST', '/api/areas', { id: 'otra', reason: 'prueba', to: { name: 'Otra', kind: 'anchorage', geometry: { type: 'Polygon', coordinates: [box] } } })).status, 200)
  await (await told).finished()
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  assert.equal(await main().locator('[name=point]:focus').inputValue(), '16 S')
  await main().locator('[name=point]').fill('')
  await main().locator('[name=name]').focus()
  await page.keyboard.press('End')
  await page.keyboard.type(' norte')
  await main().getByLabel('Por qué').fill('Nombre completo')
  const { properties: p, geometry } = area
  const other = await r.tell('PUT', `/api/areas/${area.id}`, { version: 1, reason: 'La capitanía da el responsable', to: { name: p.name, kind: p.kind, geometry, owner: 'Capitanía' } })
  assert.equal(other.status, 200)
  await main().getByRole('alert').getByText(/versión 2.*La capitanía da el responsable/).waitFor()
  await everyLook(page, 'area-conflict')
  await page.keyboard.press('Control+Enter')
  await main().locator('footer').getByRole('alert').waitFor()
  await main().getByRole('button', { name: 'Guardar lo mío encima' }).click()
  await main().getByRole('heading', { name: 'Zona prohibida del muelle norte' }).waitFor()
  await main().getByText('cambió: nombre, responsable').waitFor()
  assert.equal((await areaNamed('Zona prohibida del muelle norte')).properties.version, 3)
})

step('points are dropped at the crosshair by keys, and by mouse; a draft outlives an alert', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await focused('[name=name]')
  await page.keyboard.type('Fondeo del sur')
  await main().getByRole('combobox', { name: 'Clase' }).selectOption('anchorage')
  await main().getByRole('button', { name: /Poner puntos en el mapa/ }).click()
  await focused('canvas.maplibregl-canvas')
  await page.keyboard.press('Enter')
  for (const way of ['ArrowRight', 'ArrowDown']) {
    await pan(way)
    await page.keyboard.press('Enter')
  }
  await main().getByText(/polígono de 3 puntos/).waitFor()
  await page.keyboard.press('Backspace')
  await main().getByText('Falta un punto').waitFor()
  const box = await canvas().boundingBox()
  await page.mouse.click(box.x + box.width * 0.3, box.y + box.height * 0.7)
  await main().getByText(/polígono de 3 puntos/).waitFor()
  await canvas().focus()
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await main().getByText('Queda un borrador sin guardar: Fondeo del sur').waitFor()
  await main().getByRole('button', { name: 'Seguir' }).click()
  await main().getByText(/polígono de 3 puntos/).waitFor()
  // The third point is dragged a little.
  const before = await main().getByLabel('Punto 3', { exact: true }).inputValue()
  await point(box.x + box.width * 0.3, box.y + box.height * 0.7, 'move')
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.3 + 30, box.y + box.height * 0.7 + 20, { steps: 8 })
  await page.mouse.up()
  await eventually(async () => (await main().getByLabel('Punto 3', { exact: true }).inputValue()) !== before, 'the point is dragged')
  await main().getByLabel('Por qué').fill('Nuevo fondeadero')
  await main().getByRole('button', { name: /Guardar/ }).click()
  await main().getByRole('heading', { name: 'Fondeo del sur' }).waitFor()
  await main().locator('.tag', { hasText: 'vigente' }).waitFor() // at once, and not with the next minute
  assert.equal((await areaNamed('Fondeo del sur')).geometry.coordinates[0].length, 4)
})

step('a click before the means to draw are loaded sets a point too', async () => {
  let arrive
  const arrived = new Promise((yes) => (arrive = yes))
  await page.route(/\/drawing-[^/]*\.js$/, async (route) => (await arrived, route.fallback()))
  await page.reload()
  await main().getByRole('heading', { name: 'Fondeo del sur' }).waitFor()
  await page.keyboard.press('n')
  await focused('[name=name]')
  await eventually(looks, 'the map is there')
  const box = await canvas().boundingBox()
  const at = (x, y) => page.mouse.click(box.x + box.width * x, box.y + box.height * y)
  await at(0.3, 0.3)
  await main().getByText('Faltan 2 puntos').waitFor()
  arrive()
  await at(0.6, 0.3)
  await main().getByText('Falta un punto').waitFor()
  await at(0.6, 0.6)
  await main().getByText(/polígono de 3 puntos/).waitFor()
  await page.unrouteAll({ behavior: 'wait' })
  await main().getByRole('button', { name: 'Descartar' }).click()
})

step('a polygon is drawn by mouse alone', async () => {
  await main().getByRole('table').waitFor()
  await page.keyboard.press('n')
  await focused('[name=name]')
  await page.keyboard.type('Pesca del norte')
  await main().getByRole('combobox', { name: 'Clase' }).selectOption('fishing-zone')
  const box = await canvas().boundingBox()
  await point(box.x + box.width * 0.3, box.y + box.height * 0.3, 'crosshair')
  const at = (x, y) => page.mouse.click(box.x + box.width * x, box.y + box.height * y)
  for (const [x, y] of [[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.35, 0.62], [0.3, 0.3]]) {
    await page.mouse.move(box.x + box.width * x, box.y + box.height * y, { steps: 4 })
    await at(x, y)
  }
  await main().getByText(/polígono de 4 puntos/).waitFor()
  await main().getByLabel('Por qué').fill('Convenio con la comunidad')
  await everyLook(page, 'area-draw')
  await main().getByText('Validez y horario').click()
  await main().getByRole('button', { name: 'Añadir horas' }).click()
  await main().getByRole('checkbox', { name: 'sábado' }).check()
  await main().getByRole('button', { name: /Guardar/ }).click()
  await main().getByText('sábado, 06:00 a 18:00').waitFor()
})

step('what the server finds wrong is told at its point', async () => {
  await page.keyboard.press('Escape')
  await page.keyboard.press('n')
  await focused('[name=name]')
  await page.keyboard.type('Cruzada')
  const point = main().locator('[name=point]')
  for (const p of ['-16, -69', '-15.9, -68.9', '-16, -68.9', '-15.9, -69']) {
    await point.fill(p)
    await point.press('Enter')
  }
  await main().getByLabel('Por qué').fill('x')
  await page.keyboard.press('Control+Enter')
  await main().getByRole('alert').getByText(/El punto 1 está mal/).waitFor()
  await point.fill('16 S')
  await point.press('Enter')
  await main().getByText(/No es una coordenada/).waitFor()
  await main().getByRole('button', { name: 'Descartar' }).click()
})

step('one is ended, with why, and stays in the list of all', async () => {
  await main().getByRole('button', { name: 'Fondeo del sur' }).click()
  await main().getByRole('heading', { name: 'Fondeo del sur' }).and(page.locator(':focus')).waitFor()
  await page.keyboard.press('Delete')
  await main().locator('form input:focus').waitFor()
  await page.keyboard.type('Se trasladó')
  await page.keyboard.press('Enter')
  await main().getByText('terminada').waitFor()
  await page.keyboard.press('Escape')
  await main().getByRole('table').waitFor()
  await main().getByRole('button', { name: 'Fondeo del sur' }).waitFor({ state: 'detached' })
  await main().getByRole('checkbox', { name: 'También las terminadas' }).check()
  await main().getByRole('row', { name: /Fondeo del sur/ }).getByText('Se trasladó').waitFor()
})

step('a file is looked at before it is imported', async () => {
  const file = (features) => ({ name: 'zonas.geojson', mimeType: 'application/geo+json', buffer: Buffer.from(JSON.stringify({ type: 'FeatureCollection', features })) })
  const square = (id, name_, lon, more = {}) => ({
    type: 'Feature', id, properties: { name: name_, kind: 'fishing-zone', ...more },
    geometry: { type: 'Polygon', coordinates: [[[lon, -16.1], [lon + 0.02, -16.1], [lon + 0.02, -16.08], [lon, -16.08], [lon, -16.1]]] },
  })
  await page.keyboard.press('j')
  await main().locator('input[type=file]').setInputFiles(file([square('veda-1', 'Veda de la trucha', -68.9), { ...square('veda-2', 'Mal', -68.8), geometry: { type: 'Polygon', coordinates: [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]] } }]))
  await main().getByText('1 nueva, 0 cambiadas, 1 equivocada, 0 iguales').waitFor()
  await everyLook(page, 'areas-import')
  await main().locator('input[type=file]').setInputFiles(file([square('veda-1', 'Veda de la trucha', -68.9), square('veda-2', 'Veda del pejerrey', -68.8)]))
  await main().getByText('2 nuevas').waitFor()
  await main().getByLabel('De dónde viene').fill('Resolución de la capitanía')
  await main().getByRole('button', { name: 'Importar 2 zonas' }).click()
  await main().getByRole('row', { name: /Veda del pejerrey/ }).waitFor()
  for (const format of ['geojson', 'kml']) {
    const [download] = await Promise.all([page.waitForEvent('download'), main().getByRole('link', { name: new RegExp(format, 'i') }).click()])
    assert.match(download.suggestedFilename(), new RegExp(`^atalaya-areas-.*\\.${format}$`))
  }
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => nothingStrayed(r))

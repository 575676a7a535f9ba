// The screens in Debian's Chromium, against the mock server. SHOTS names
// a folder for screenshots.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test as one } from 'node:test'
import { launch } from '../dev/chromium.mjs'
import { start } from '../dev/mock.mjs'
import { accessibility, colours, eventually, inOrder, overflow, small, watchedPage } from './page.mjs'

const shots = process.env.SHOTS
const test = inOrder(one)
let mock, browser, watched, page

const shot = async (name, of = page) => {
  if (!shots) return
  mkdirSync(shots, { recursive: true })
  await of.screenshot({ path: `${shots}/${name}.png` })
}
const clean = async (name, of = page, rules = undefined) => {
  await shot(name, of)
  assert.deepEqual(await accessibility(of, rules), [], `axe-core on ${name}`)
  assert.deepEqual(await overflow(of), [], `wider than the window on ${name}`)
}
const queue = () => page.locator('[data-region=queue]')
const rows = () => queue().locator('a.alert')
const rowOf = (id) => page.locator(`[id="row-${id}"]`)
const card = () => page.locator('[data-region=card]')
const link = () => page.locator('dl .link')
const grid = () => page.getByRole('grid')
const press = async (...keys) => {
  for (const k of keys) await page.keyboard.press(k)
}
/** What the address says, as the page has it: the test hears of a new one a moment later. */
const query = async () => Object.fromEntries(new URL(await page.evaluate(() => location.href)).searchParams)
/** Waits until the address says these; what is no step is written there a moment later. */
const says = (want) => page.waitForFunction((w) => {
  const q = new URLSearchParams(location.search)
  return Object.entries(w).every(([k, v]) => q.get(k) === v)
}, want)
const dropped = (was, is) => Object.keys(was).filter((k) => was[k] !== is[k])

async function signIn(name, of = page) {
  await of.fill('input[name=name]', name)
  await of.fill('input[name=password]', 'de-prueba-1')
  await of.getByRole('button', { name: 'Entrar' }).click()
  await of.locator('dl .link').getByText('En vivo').waitFor()
}

before(async () => {
  mock = await start({ tracks: 300, alertAfterMs: 3000 })
  browser = await launch()
  watched = await watchedPage(browser, mock.url)
  page = watched.page
})
after(async () => {
  await browser?.close()
  await mock?.stop()
})

test('signing in', async () => {
  await page.goto(mock.url)
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  await page.getByText('EJERCICIO').first().waitFor()
  await clean('sign-in')
  await page.fill('input[name=name]', 'oficial')
  await page.fill('input[name=password]', 'otra')
  await page.getByRole('button', { name: 'Entrar' }).click()
  await page.getByRole('alert').getByText('no son correctos').waitFor()
  await clean('sign-in-refused')
  await signIn('oficial')
})

test('the picture comes and moves', async () => {
  await grid().locator('[role=row]').nth(5).waitFor()
  await page.getByText('300 de 300').or(page.getByText(/de \d+ en la vista/)).first().waitFor()
  const map = page.locator('.layers')
  const box = await map.boundingBox()
  // Close to the boats, so that two seconds are pixels.
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  for (let i = 0; i < 4; i++) await page.getByRole('button', { name: 'Acercar' }).click({ delay: 50 })
  await page.waitForTimeout(1500)
  await page.mouse.move(5, 400)
  const first = await map.screenshot()
  await page.waitForTimeout(2500)
  const second = await map.screenshot()
  assert.ok(!first.equals(second), 'the map shows the same for 2.5 s')
  await shot('close')
  await page.getByRole('button', { name: 'Toda la zona' }).click()
  await page.waitForTimeout(1500)
  await clean('main')
})

test('a new alert arrives by itself and is announced, politely unless it is of top priority', async () => {
  await rowOf('late').waitFor({ timeout: 15_000 })
  assert.match(await page.locator('p[aria-live=polite]').textContent(), /Alerta nueva de prioridad alta/)
  assert.equal(await page.locator('p[aria-live=assertive]').textContent(), '')
})

test('an alert is taken and closed with its evidence, by keyboard only', async () => {
  await page.locator('body').click({ position: { x: 700, y: 5 } })
  await rowOf('late').focus()
  await press('Enter')
  for (const part of ['Qué', 'Dónde y cuándo', 'Cuán seguro', 'Por qué', 'Qué lo explicaría', 'Qué hacer ahora']) await card().getByRole('heading', { name: part, exact: true }).waitFor()
  await card().getByText('border-crossing, versión 2').waitFor()
  await card().getByText('88121, 88164').waitFor()
  assert.equal((await query()).alert, 'late')
  await clean('alert')
  await press('k')
  await card().getByText('atendida').first().waitFor()
  assert.equal(mock.alerts.find((b) => b.id === 'late').state, 'acknowledged')
  await press('x')
  await card().getByRole('radio', { name: /cierta/ }).and(page.locator(':focus')).waitFor()
  await clean('closing')
  await press('2', 'Tab')
  await page.keyboard.type('Tenía permiso.')
  await press('Tab', 'Enter')
  await rowOf('late').waitFor({ state: 'detached' })
  const closed = mock.alerts.find((b) => b.id === 'late')
  assert.deepEqual([closed.state, closed.outcome, closed.changes.at(-1).note], ['closed', 'explained', 'Tenía permiso.'])
  await card().getByText('cerrada: explicada').first().waitFor()
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'the focus is lost')
  await page.getByRole('tab', { name: 'Cerradas' }).click()
  await rowOf('late').waitFor()
  await clean('closed')
  await page.getByRole('tab', { name: /Abiertas/ }).click()
})

test('letters step through the queue, and let go', async () => {
  await press('Escape')
  await card().waitFor({ state: 'detached' })
  await press('a')
  const first = (await query()).alert
  assert.ok(first)
  await press('a')
  assert.notEqual((await query()).alert, first)
  await press('A')
  assert.equal((await query()).alert, first)
  await press('Escape')
})

test('an alert that somebody else changed says so', async () => {
  await rowOf('cross').click()
  await card().getByRole('button', { name: 'Atender' }).waitFor()
  await page.waitForTimeout(500)
  mock.alerts.find((b) => b.id === 'cross').state = 'acknowledged' // and no message came
  await card().getByRole('button', { name: 'Atender' }).click()
  await card().getByText('Otra persona ya cambió esta alerta').waitFor()
  await card().getByText('atendida').first().waitFor()
  await press('Escape')
})

test('tracks are found, chosen by keyboard and told with unit, age and source', async () => {
  await page.getByRole('searchbox').fill('condor')
  await page.getByText(/^1 de/).waitFor()
  await grid().focus()
  await press('ArrowDown')
  await card().getByText('DRON CÓNDOR 1').first().waitFor()
  await card().getByText('medio propio').waitFor()
  await card().getByText(/\d kn/).waitFor()
  await card().getByText('m sobre el nivel del mar').waitFor()
  await card().getByText(/estimado · dron-condor/).first().waitFor()
  for (const part of ['Lo que creemos', 'Lo observado']) await card().getByRole('heading', { name: part }).waitFor()
  await says({ find: 'condor' })
  await clean('track')
  await page.getByRole('searchbox').fill('')
})

test('the table has all columns, sorts by each, and takes the place of the map', async () => {
  await grid().focus()
  await press('0')
  await page.getByRole('columnheader', { name: 'Dice ser' }).waitFor()
  await page.getByRole('button', { name: 'Velocidad', exact: true }).click()
  assert.equal(await page.getByRole('columnheader', { name: 'Velocidad' }).getAttribute('aria-sort'), 'ascending')
  await page.waitForFunction(() => {
    const speeds = [...document.querySelectorAll('[role=row].data')].slice(0, 8).map((r) => parseFloat(r.children[5].textContent.replace('.', '').replace(',', '.')))
    return speeds.length === 8 && speeds.every((s, i) => i === 0 || s <= speeds[i - 1])
  })
  await page.getByRole('button', { name: 'Velocidad', exact: true }).click()
  await says({ sort: '-speed' })
  await page.getByRole('button', { name: 'Columnas' }).click()
  await page.getByRole('checkbox', { name: 'Emisor' }).check()
  await page.getByRole('columnheader', { name: 'Emisor' }).waitFor()
  await clean('table')
  await page.getByRole('button', { name: 'Las de siempre' }).click()
  await page.getByRole('button', { name: 'Columnas' }).click()
  await page.getByRole('columnheader', { name: 'Atención' }).last().getByRole('button').click()
  await page.getByRole('grid').focus()
  await press('0')
  await page.getByRole('columnheader', { name: 'Dice ser' }).waitFor({ state: 'detached' })
})

test('a track is picked on the map', async () => {
  await press('Escape')
  await page.getByRole('searchbox').fill('970123456')
  await page.getByText(/^1 de/).waitFor()
  await grid().locator('.data').first().click()
  const before = (await query()).map
  await card().getByRole('button', { name: 'Centrar la traza' }).click()
  await eventually(async () => (await query()).map !== before, 'the map came to rest at the track')
  await card().getByRole('button', { name: 'Cerrar panel' }).click()
  await card().waitFor({ state: 'detached' })
  const map = await page.locator('.layers').boundingBox()
  await page.mouse.click(map.x + map.width / 2, map.y + map.height / 2)
  await card().getByText('970123456').first().waitFor()
  await card().getByText('Pide auxilio').waitFor()
  await page.getByRole('searchbox').fill('')
  await press('Escape')
})

test('one box finds commands, tracks, places and times', async () => {
  await page.getByRole('grid').focus()
  await press('/')
  const found = page.getByRole('listbox', { name: 'Resultados' }).getByRole('option')
  await page.getByRole('combobox', { name: /Traza, lugar/ }).fill('condor')
  await found.getByText('DRON CÓNDOR 1').waitFor()
  await clean('search')
  await press('Enter')
  await card().getByText('DRON CÓNDOR 1').first().waitFor()
  await press('Control+k')
  await page.getByRole('combobox', { name: /Traza, lugar/ }).fill('copacabana')
  await found.getByText('población').first().waitFor()
  await page.getByRole('combobox', { name: /Traza, lugar/ }).fill('-2h')
  await found.getByText('la imagen tal como se conocía entonces').waitFor()
  await page.getByRole('combobox', { name: /Traza, lugar/ }).fill('capas')
  await found.first().getByText('Capas del mapa').waitFor()
  await press('Enter')
  await page.getByRole('checkbox', { name: 'Poblaciones' }).waitFor()
  await press('1', 'Escape')
})

test('the address says it all: a link shows the same', async () => {
  await rowOf('sart').click()
  await page.getByRole('searchbox').fill('97')
  await page.getByRole('button', { name: 'Velocidad', exact: true }).click()
  await press('4')
  await says({ alert: 'sart', find: '97', sort: 'speed', queue: 'none' })
  const was = await query()
  const other = await page.context().newPage()
  await other.goto(page.url())
  await other.locator('[data-region=card]').getByText('970123456').first().waitFor()
  assert.equal(await other.getByRole('searchbox').inputValue(), '97')
  assert.equal(await other.getByRole('columnheader', { name: 'Velocidad' }).getAttribute('aria-sort'), 'ascending')
  assert.deepEqual(dropped(was, Object.fromEntries(new URL(other.url()).searchParams)), [])
  await other.close()
  await press('4')
  await page.getByRole('searchbox').fill('')
  await page.goBack()
  await card().waitFor({ state: 'detached' })
})

test('panels are made wider and narrower by keys, and remember it', async () => {
  const width = () => page.locator('#panel').evaluate((e) => e.offsetWidth)
  const before = await width()
  await page.getByRole('separator', { name: 'Ancho del panel' }).focus()
  await press('ArrowRight', 'ArrowRight')
  const after = await width()
  assert.equal(after, before + 32)
  await page.reload()
  await grid().waitFor()
  assert.equal(await width(), after)
  await page.getByRole('separator', { name: 'Ancho del panel' }).focus()
  await press('Enter')
  await page.locator('#panel').waitFor({ state: 'detached' })
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), 'BODY', 'the focus is lost')
  await press('1')
  await grid().waitFor()
})

test('F6 goes around the parts of the screen', async () => {
  const parts = []
  for (let i = 0; i < 8; i++) {
    await press('F6')
    parts.push(await page.evaluate(() => document.activeElement.closest('[data-region]')?.dataset.region))
  }
  assert.deepEqual(new Set(parts), new Set(['lane', 'rail', 'panel', 'main', 'queue', 'time']))
})

test('the keys are listed, and others can be chosen', async () => {
  await press('?')
  await page.getByRole('dialog', { name: 'Teclas' }).getByText('Atender la alerta elegida').or(page.getByText('Alerta siguiente')).first().waitFor()
  await clean('keys')
  await press('Escape', 'g', 'm')
  await page.getByRole('heading', { name: 'Mi cuenta' }).waitFor()
  await page.getByRole('button', { name: 'Cambiar la tecla de «Alerta siguiente' }).click()
  await press('k')
  await page.getByText('ya hace esto').waitFor()
  await press('Backspace', '9')
  await page.getByText('ya hace esto').waitFor({ state: 'detached' })
  await press('Enter')
  await page.getByRole('listitem').filter({ hasText: 'Alerta siguiente' }).getByText('9', { exact: true }).waitFor()
  await clean('account')
  await press('g', 'o')
  await grid().waitFor()
  await press('9')
  assert.ok((await query()).alert)
  await press('Escape')
  await press('g', 'm')
  await page.getByRole('button', { name: 'Volver a las de siempre' }).click()
})

test('the sound is mutable for a stated time, which is counted down', async () => {
  await page.getByRole('button', { name: 'Callar el sonido 10 min' }).click()
  await page.getByRole('button', { name: /Sonido callado (10:00|9:5\d) más/ }).waitFor()
  await page.getByRole('button', { name: /Sonido callado/ }).click()
  await page.getByRole('button', { name: 'Callar el sonido 10 min' }).waitFor()
})

for (const [path, heading] of [['areas', 'Zonas'], ['sensors', 'Sensores y fuentes'], ['help', 'Ayuda'], ['account', 'Mi cuenta']])
  test(`the screen ${path}, in three themes and two languages`, async () => {
    await page.goto(`${mock.url}/${path}`)
    await page.getByRole('heading', { name: heading, exact: true }).waitFor()
    await queue().getByRole('heading').waitFor() // the alerts stay
    await inThemes(path)
  })

test('operations in three themes and two languages', async () => {
  await page.goto(`${mock.url}/?alert=sart`)
  await card().getByText('970123456').first().waitFor()
  await inThemes('operations')
})

/** Changes theme and language as people do, and looks at each: wholly once a language, at its colours once a theme. */
async function inThemes(name) {
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
  await link().getByText('En vivo').waitFor()
  for (const [lang, wanted, rules] of [['es', 'day'], ['es', 'dusk', colours], ['es', 'night', colours], ['en', 'night']]) {
    await page.getByRole('button', { name: lang === 'es' ? /Español/ : /English/ }).click()
    for (let i = 0; i < 4 && (await theme()) !== wanted; i++) {
      await page.locator('header button').first().focus()
      await press('N')
    }
    assert.equal(await theme(), wanted)
    await clean(`${name}-${wanted}-${lang}`, page, rules)
  }
  await page.getByRole('button', { name: /Español/ }).click()
  await press('N', 'N', 'N') // by the sun, day, dusk
  assert.equal(await theme(), 'dusk')
}

test('the alerts open in a window of their own, in step with this one', async () => {
  await page.goto(mock.url)
  await grid().waitFor()
  const [second] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Alertas en otra ventana' }).click()])
  await second.locator('[id="row-sart"]').waitFor()
  assert.equal(await second.getByRole('grid').count(), 0)
  await clean('second', second)
  await second.locator('[id="row-sart"]').click()
  await card().getByText('970123456').first().waitFor()
  assert.equal((await query()).alert, 'sart')
  await rowOf('zone').click()
  await second.locator('[id="row-zone"][aria-current]').waitFor()
  const silent = await Promise.all([page, second].map((w) => w.getByText('Suena en otra ventana').count()))
  assert.deepEqual(silent.toSorted(), [0, 1], 'one window sounds')
  await second.close()
  await page.getByRole('button', { name: 'Alertas en otra ventana' }).waitFor({ timeout: 10_000 })
  await press('Escape')
})

test('a line that breaks is shown, hatches the map, and comes back', async () => {
  const told = Promise.all([page.getByText('Sin conexión con el servidor').waitFor(), page.locator('.veil.hatched').waitFor({ state: 'attached' })])
  mock.cut()
  await told // the line comes back soon
  await link().getByText('En vivo').waitFor({ timeout: 20_000 })
  await page.locator('.veil').waitFor({ state: 'detached', timeout: 20_000 })
  assert.equal(await page.getByText('Sin conexión con el servidor').count(), 0)
})

test('a gap forces a snapshot', async () => {
  const before = mock.snapshotsAsked()
  mock.gap()
  await eventually(() => mock.snapshotsAsked() > before, 'a snapshot is asked for')
  await link().getByText('En vivo').waitFor()
  assert.equal(mock.snapshotsAsked(), before + 1)
  await grid().locator('.data').nth(5).waitFor()
})

test('a session that ends leads to the door, and back to where one was', async () => {
  await page.goto(`${mock.url}/sensors`)
  await page.getByRole('heading', { name: 'Sensores y fuentes' }).waitFor()
  mock.endSessions()
  await page.getByText('La sesión terminó').waitFor()
  await signIn('oficial')
  await page.getByRole('heading', { name: 'Sensores y fuentes' }).waitFor()
  mock.forget()
  mock.cut()
  await page.getByText('La sesión terminó').waitFor()
})

test('a viewer decides nothing', async () => {
  await signIn('observador')
  await rows().first().click()
  await card().getByText('Su rol solo mira').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Atender' }).count(), 0)
  assert.equal(await page.getByRole('button', { name: 'Cerrar…' }).count(), 0)
  await page.getByRole('button', { name: 'Salir' }).click()
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
})

test('an account is made with a one-time link', async () => {
  await page.goto(`${mock.url}/enrol#prueba`)
  await page.getByText('EJERCICIO').first().waitFor()
  await page.fill('input[name=name]', 'nueva')
  await page.fill('input[name=password]', 'secreto-largo')
  await page.fill('input[name=again]', 'secreto-otro')
  await page.getByRole('button', { name: 'Crear cuenta y entrar' }).click()
  await page.getByText('son distintas').waitFor()
  await clean('enrol')
  await page.fill('input[name=again]', 'secreto-largo')
  await page.getByRole('button', { name: 'Crear cuenta y entrar' }).click()
  await link().getByText('En vivo').waitFor()
  assert.equal(new URL(page.url()).pathname, '/')
  assert.equal(new URL(page.url()).hash, '')
  assert.match(await link().textContent(), /En vivo/)
})

for (const [name, width, height] of [['desk', 1366, 768], ['wall', 3840, 2160], ['narrow', 720, 900]])
  test(`the layout holds on ${name}, ${width} by ${height}`, async () => {
    await page.setViewportSize({ width, height })
    await page.goto(`${mock.url}/?alert=sart`)
    await card().getByText('970123456').first().waitFor()
    if (shots) await page.waitForTimeout(1500)
    await clean(name)
    assert.deepEqual(await small(page, 24), [], 'targets under 24 px')
  })

test('the layout holds on a tablet in a boat, for fingers', async () => {
  const tablet = await watchedPage(browser, mock.url, { viewport: { width: 1280, height: 800 }, hasTouch: true, isMobile: true })
  await tablet.page.goto(`${mock.url}/?alert=sart`)
  await signIn('oficial', tablet.page)
  await tablet.page.locator('[data-region=card]').getByText('970123456').first().waitFor()
  if (shots) await tablet.page.waitForTimeout(1500)
  await clean('tablet', tablet.page)
  assert.deepEqual(await small(tablet.page, 44), [], 'targets under 44 px')
  assert.deepEqual([tablet.strays, tablet.errors], [[], []])
  await tablet.context.close()
})

test('nothing left the host, nothing broke the policy, nothing failed', async () => {
  assert.deepEqual(watched.strays, [])
  assert.deepEqual(await watched.violations(), [])
  assert.deepEqual(watched.errors, [])
})

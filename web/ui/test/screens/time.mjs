// Time and search on the real program, whose store has a past of two and a half
// hours: a recording that was kept before it started. With it the job: find a
// vessel by name and see where it was two hours ago.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, nothingStrayed, readsLate, rig } from '../rig.mjs'

const HOUR = 3_600_000
const EVERY = 10_000 // ms between two reports of a boat
const METRE = 1 / 111_320 // degrees of latitude
const began = Date.now() - 2.5 * HOUR

/** Boats of the recording: from a place north, so many metres a second, for so long. */
const boats = [
  { name: 'SANTA ROSA', mmsi: 720000901, lat: -16.16, lon: -68.99, mps: 0.8, from: 0, to: 2.5 * HOUR },
  { name: 'VIRGEN DEL LAGO', mmsi: 720000902, lat: -16.12, lon: -68.96, mps: 1.2, from: 0.2 * HOUR, to: 1.2 * HOUR },
]
const latitude = (boat, at) => boat.lat + ((at - began - boat.from) / 1000) * boat.mps * METRE

function recording() {
  const lines = []
  for (let at = began; at < Date.now(); at += EVERY)
    for (const b of boats) {
      if (at - began < b.from || at - began > b.to) continue
      lines.push({
        received: new Date(at).toISOString(), measure: 'position', position: { lat: latitude(b, at), lon: b.lon }, cov_m2: { ee: 100, nn: 100 },
        kind: 'vessel', has: 3, speed_mps: b.mps, course_deg: 0, claims: [{ kind: 'mmsi', value: String(b.mmsi) }, { kind: 'name', value: b.name }],
      })
    }
  return [{ atalaya: 'observations', version: 1 }, ...lines].map((l) => `${JSON.stringify(l)}\n`).join('')
}

const step = inOrder(test)
const r = await rig({ recording: recording(), config: '[exercise]\ncross = "5s"\n' })
const { page } = r
const query = () => Object.fromEntries(new URL(page.url()).searchParams)
const card = () => page.locator('[data-region=card]')
const bar = () => page.getByRole('slider', { name: 'Momento de la imagen' })
const replay = () => page.getByRole('region', { name: 'Repetición' })
const found = () => page.getByRole('listbox', { name: 'Resultados' }).getByRole('option')
const press = async (...keys) => {
  for (const k of keys) await page.keyboard.press(k)
}
const search = async (text) => {
  await press('/')
  await page.keyboard.type(text)
}
/** The time of the picture, as the address says it, ms since 1970. */
const shown = async () => {
  await page.waitForTimeout(500) // addresses are written now and then
  return Date.parse(query().t)
}
/** Waits until the picture stands at a time. */
const standsAt = (want) => eventually(() => Date.parse(query().t) === want, `the picture of ${new Date(want).toISOString()}`)
/** Degrees of latitude that the card tells. */
const toldLatitude = async () => {
  const [, degrees, minutes, half] = /(\d+)°([\d.]+)′ ([NS])/.exec(await card().innerText())
  return (half === 'S' ? -1 : 1) * (Number(degrees) + Number(minutes) / 60)
}
const near = (got, want, metres, what) => assert.ok(Math.abs(got - want) < metres * METRE, `${what}: ${got}, not ${want}: ${Math.round(Math.abs(got - want) / METRE)} m off`)

step('the program starts with its past', async () => {
  await enrol(r)
  const range = await r.get('/api/history/range')
  assert.ok(Date.parse(range.newest) - Date.parse(range.oldest) > 2.4 * HOUR, JSON.stringify(range))
})

step('job: a vessel is found by name, and where it was two hours ago, in ten keys', async () => {
  const keys = new Keys(page)
  await keys.press('/')
  await keys.write('santa rosa')
  await keys.press('Enter')
  await card().getByRole('heading', { name: 'SANTA ROSA' }).waitFor()
  await keys.press('/')
  await keys.write('-2h')
  await keys.press('Enter')
  await replay().getByText('La imagen tal como se conocía').waitFor()
  await eventually(async () => Math.abs(Date.parse(query().t) - (Date.now() - 2 * HOUR)) < 60_000, 'two hours ago in the address')
  const then = await shown()
  await eventually(async () => Math.abs((await toldLatitude()) - latitude(boats[0], then)) < 60 * METRE, 'the place of then')
  keys.atMost(10)
  // It is seen: the map went there, and the queue beside is the live one.
  const [, lat] = await eventually(() => query().map?.split('/').map(Number), 'where the map looks')
  near(lat, latitude(boats[0], then), 20_000, 'the map')
  await page.locator('[data-region=queue]').getByRole('heading', { name: 'Alertas' }).waitFor()
  await page.locator('dl .link').getByText('En vivo').waitFor()
  if (process.env.UPDATE) await page.waitForTimeout(1500) // the map draws
  await everyLook(page, 'replay')
})

step('a link shows the same time, and the time bar goes by keys', async () => {
  const before = await shown()
  await page.reload()
  await replay().waitFor()
  await card().getByRole('heading', { name: 'SANTA ROSA' }).waitFor()
  await standsAt(before)
  await bar().focus()
  await press('ArrowRight')
  await standsAt(before + 10_000)
  await press('PageDown', 'ArrowUp')
  await standsAt(before + 10_000 - 600_000 + 60_000)
  await press('Home')
  await eventually(() => Math.abs(Date.parse(query().t) - began) < 30_000, 'the beginning in the address')
  await eventually(async () => Math.abs((await toldLatitude()) - latitude(boats[0], await shown())) < 60 * METRE, 'where it began')
  await page.goBack()
  await standsAt(before + 10_000 - 600_000 + 60_000)
})

step('it plays, faster and slower, and stands', async () => {
  await bar().focus()
  const before = await shown()
  await press('Space')
  await eventually(() => query().speed === '1', 'it plays')
  await press('>', '>', '>', '>', '>')
  await eventually(() => query().speed === '60', 'sixty times')
  await eventually(async () => (await shown()) > before + 60_000, 'a minute later')
  await press('<')
  await eventually(() => query().speed === '30', 'slower')
  await press('Space')
  await eventually(() => query().speed === undefined, 'it stands')
  // The address of one that plays is written every two seconds; the server's word of the pause comes a moment later.
  let [stood, same] = [0, 0]
  await eventually(async () => {
    const at = await shown()
    same = at === stood ? same + 1 : 0
    stood = at
    return same === 4
  }, 'the same time for three seconds')
  await press(',')
  await standsAt(stood - 10_000)
  await eventually(async () => Math.abs((await toldLatitude()) - latitude(boats[0], stood - 10_000)) < 60 * METRE, 'its place then')
})

step('the hand scrubs', async () => {
  const box = await bar().boundingBox()
  await page.mouse.move(box.x + box.width * 0.95, box.y + 12)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.9, box.y + 12, { steps: 5 })
  await page.mouse.up()
  await eventually(async () => Math.abs((await toldLatitude()) - latitude(boats[0], await shown())) < 60 * METRE, 'its place then')
})

step('the replay goes on under another screen, and after the server was away', async () => {
  const before = await shown()
  await press('g', 'm')
  await page.getByRole('heading', { name: 'Mi cuenta' }).waitFor()
  await replay().waitFor()
  await press('g', 'o')
  await r.program.stop()
  await page.getByText('Sin conexión con el servidor').waitFor()
  await r.restart()
  await page.locator('dl .link').getByText('En vivo').waitFor()
  await eventually(async () => Math.abs((await toldLatitude()) - latitude(boats[0], before)) < 60 * METRE, 'its place then')
  await standsAt(before)
  await replay().getByText('Buscando la imagen').waitFor({ state: 'detached' })
})

step('back to live, and to the alert before', async () => {
  await replay().getByRole('button', { name: 'Volver a en vivo' }).click()
  await replay().waitFor({ state: 'detached' })
  await eventually(() => query().t === undefined, 'no time in the address')
  await page.locator('[data-region=queue] a.alert').first().waitFor({ timeout: 120_000 })
  // Until it is past, as the page has it.
  await eventually(async () => (await r.get(`/api/history/next?kind=alert&direction=previous&after=${new Date(Date.now() - 1000).toISOString()}`)).event, 'the alert in the past')
  await press('p')
  await replay().waitFor()
  const first = await shown()
  const { alerts } = await r.get('/api/alerts')
  assert.ok(alerts.some((a) => Math.abs(Date.parse(a.raised) - first) < 5), query().t)
  assert.ok(alerts.some((a) => a.id === query().alert))
  // Others may have come since: after the last one there is none.
  const none = page.getByText('No hay más alertas en esa dirección').first()
  await eventually(async () => (await none.isVisible()) || press('n'), 'the last alert')
  const { raised } = await r.get(`/api/alerts/${query().alert}`)
  await press('e') // what came before it, played
  await eventually(() => query().speed === '5' && Date.parse(query().t) < Date.parse(raised) - 20_000, 'the minute before')
  await press('l')
  await replay().waitFor({ state: 'detached' })
})

step('the box finds what ended, places, coordinates and alerts', async () => {
  await press('Escape')
  await search('virgen del lago')
  await found().getByText('traza terminada').waitFor()
  await everyLook(page, 'search')
  await press('Escape')
  const inTime = await readsLate(page, /\/api\/history\/tracks/)
  const asked = page.waitForRequest(/\/api\/history\/tracks/)
  await search('virgen del lago')
  await asked // and all others have answered
  await press('Enter')
  await replay().waitFor()
  await inTime()
  await card().getByRole('heading', { name: 'VIRGEN DEL LAGO' }).waitFor()
  await press('l')
  await replay().waitFor({ state: 'detached' })

  await search('copacabana')
  await found().getByText('población').first().waitFor()
  await press('Enter')
  await eventually(() => Math.abs(Number(query().map?.split('/')[1]) + 16.166) < 0.02, 'the map is at Copacabana')

  for (const text of ['-16.2, -69.05', '16°12′ S 69°03′ W', '16 12 00 S 69 03 00 W', '19K 494656 8208870', '19KDC9465608870']) {
    await search(text)
    await found().getByText('coordenada').waitFor()
    await press('Enter')
    await page.getByRole('dialog', { name: 'Este lugar' }).getByText(/16°1[12]\.\d+′ S 069°0[23]/).waitFor()
    await press('Escape')
  }

  const { alerts } = await r.get('/api/alerts')
  await search(alerts[0].id.toLowerCase())
  await press('Enter')
  await card().getByRole('heading', { name: 'Por qué' }).waitFor()
  await eventually(() => query().alert === alerts[0].id, 'the alert in the address')
})

step('nothing strayed', () => nothingStrayed(r))

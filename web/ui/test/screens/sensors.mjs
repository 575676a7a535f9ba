// Sensors and feeds on the screen of the real program: a receiver that is
// silent for real and one that is refused, found with a few keys; one that is
// registered while the program runs, and brings a boat at once.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, nothingStrayed, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const { page } = r

/** A port that nobody uses now. */
const freeTCP = () => new Promise((yes) => {
  const s = createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => yes(port))
  })
})
const freeUDP = () => new Promise((yes) => {
  const s = createSocket('udp4').bind(0, '127.0.0.1', () => {
    const { port } = s.address()
    s.close(() => yes(port))
  })
})
const out = createSocket('udp4')
out.unref()
const send = (port, text) => new Promise((yes, no) => out.send(text, port, '127.0.0.1', (e) => (e ? no(e) : yes())))

/** A position report of AIS, ITU-R M.1371 message 1, as the sentence that a receiver sends. */
function aivdm(mmsi, lat, lon, speed = 8, course = 90) {
  const bits = []
  const put = (v, n) => {
    for (let i = n - 1; i >= 0; i--) bits.push(Number((BigInt.asUintN(n, BigInt(v)) >> BigInt(i)) & 1n))
  }
  for (const [v, n] of [
    [1, 6], [0, 2], [mmsi, 30], [0, 4], [128, 8], [Math.round(speed * 10), 10], [0, 1], [Math.round(lon * 600_000), 28], [Math.round(lat * 600_000), 27],
    [course * 10, 12], [511, 9], [new Date().getUTCSeconds(), 6], [0, 2], [0, 3], [0, 1], [0, 19],
  ]) put(v, n)
  const payload = (bits.join('').match(/.{6}/g)).map((b) => parseInt(b, 2)).map((v) => String.fromCharCode(v < 40 ? v + 48 : v + 56)).join('')
  const body = `AIVDM,1,1,,A,${payload},0`
  const sum = [...body].reduce((x, c) => x ^ c.charCodeAt(0), 0)
  return `!${body}*${sum.toString(16).toUpperCase().padStart(2, '0')}\r\n`
}

const add = async (list, id, to) => {
  const a = await r.tell('POST', `/api/${list}`, { id, reason: 'puesta en marcha', to })
  assert.equal(a.status, 200, JSON.stringify(a.body))
}
const list = () => page.getByRole('list', { name: 'Sensores', exact: true })
const detail = () => page.locator('.inside')
const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
/** A field of the form by its exact name: 'Posición' is not 'Error de su posición'. */
const field = (name) => page.getByRole('textbox', { name, exact: true })
const health = async (id) => (await r.get('/api/feeds')).feeds.find((f) => f.feed === id)

step('a receiver nobody answers for, one that brings noise, one whose sender is not allowed, a radar that says nothing', async () => {
  await enrol(r)
  const [noise, barred, quiet] = [await freeUDP(), await freeUDP(), await freeUDP()]
  const ais = (name, lat, lon) => ({ name, kind: 'ais-receiver', position: { lat, lon }, height_m: 3830, max_range_m: 12_000 })
  await add('sensors', 'ais-puerto', ais('AIS Puerto', -16.05, -69.02))
  await add('feeds', 'ais-puerto', { sensor: 'ais-puerto', format: 'ais', source: `tcp://127.0.0.1:${await freeTCP()}` })
  await add('sensors', 'ais-isla', ais('AIS Isla', -15.98, -69.2))
  await add('feeds', 'ais-isla', { sensor: 'ais-isla', format: 'ais', source: `udp://127.0.0.1:${noise}`, silent_after_s: 1 })
  await add('sensors', 'ais-cerro', ais('AIS Cerro', -16.2, -68.95))
  await add('feeds', 'ais-cerro', { sensor: 'ais-cerro', format: 'ais', source: `udp://127.0.0.1:${barred}`, allowed: ['10.9.8.7'] })
  await add('sensors', 'radar-norte', { name: 'Radar Norte', kind: 'radar', position: { lat: -15.95, lon: -69.05 }, height_m: 4010, max_range_m: 20_000, detection: 0.9, scan_period_s: 2.5 })
  await add('feeds', 'radar-norte', { sensor: 'radar-norte', format: 'asterix', source: `udp://127.0.0.1:${quiet}`, silent_after_s: 1 })
  const dripping = setInterval(() => {
    void send(noise, 'no es una sentencia\r\n')
    void send(barred, aivdm(720000111, -16.2, -69))
  }, 2000)
  dripping.unref() // it ends with the file
  const want = { 'ais-puerto': 'connection-fails', 'ais-isla': 'nothing-readable', 'ais-cerro': 'sender-not-allowed', 'radar-norte': 'nothing-comes' }
  for (const [id, code] of Object.entries(want))
    await eventually(async () => (await health(id))?.cause.code === code, `${id}: ${code}`)
  await page.locator('.bar', { hasText: 'No llega nada de' }).waitFor()
})

step('job: why is a receiver silent, in eight keys', async () => {
  await page.locator('.maplibregl-canvas').focus()
  const keys = new Keys(page)
  await keys.press('g', 's')
  await list().getByRole('link').and(page.locator(':focus')).waitFor()
  while (!/^AIS Puerto/.test(await focused()) && keys.pressed.length < 8) await keys.press('ArrowDown')
  await keys.press('Enter')
  await detail().getByText('nadie escucha ahí').waitFor()
  await detail().getByText(/Qué hacer: Mire si el equipo está encendido/).waitFor()
  keys.atMost(8)
  assert.equal(new URL(page.url()).searchParams.get('sensor'), 'ais-puerto')
})

step('the others say why too, in one sentence, and what to do', async () => {
  for (const [id, why, todo] of [
    ['ais-isla', /Llegan octetos por .*, pero nada se lee como AIS/, /corrija el formato/],
    ['ais-cerro', /Envía 127\.0\.0\.1, que no está entre los emisores permitidos/, /permítalo/],
    ['radar-norte', /No llega nada bueno por udp/, /su antena/],
  ]) {
    await list().locator(`a[href*="sensor=${id}"]`).click()
    await detail().locator('.why').getByText(why).waitFor()
    await detail().locator('.why').getByText(todo).waitFor()
  }
  await page.keyboard.press('Escape')
  await list().getByRole('link').and(page.locator(':focus')).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('sensor'), null)
  await everyLook(page, 'sensors')
})

const mmsi = 720000222
let port = 0
step('a new sensor and its feed, by keyboard; refusals stand at their fields', async () => {
  port = await freeUDP()
  await page.keyboard.press('n')
  await field('Identificador').and(page.locator(':focus')).waitFor()
  await page.keyboard.type('ais-nuevo')
  await page.keyboard.press('Control+Enter')
  await page.getByText('4 campos no valen').first().waitFor()
  assert.equal(await field('Nombre').getAttribute('aria-invalid'), 'true')
  await field('Nombre').fill('AIS Nuevo')
  await field('Posición').fill('16°10.000′ S 69°06.000′ W')
  await page.getByText('-16.16667, -69.10000').waitFor()
  await field('Altura de la antena').fill('3850')
  await field('Alcance').fill('9999999')
  await field('Por qué se cambia').fill('receptor nuevo en el puerto')
  await page.keyboard.press('Control+Enter')
  await page.getByText('De 0 a 2.000.000 m.').waitFor()
  await field('Alcance').fill('25000')
  assert.equal(await field('Alcance').getAttribute('aria-invalid'), 'false')
  await everyLook(page, 'sensor-form')
  await page.keyboard.press('Control+Enter')
  await detail().getByText('Nada trae lo que dice').waitFor()
  await page.keyboard.press('u')
  await field('De dónde llega').fill('udp://ninguna-parte')
  await field('Por qué se cambia').fill('receptor nuevo en el puerto')
  await page.keyboard.press('Control+Enter')
  await page.getByText('De ahí no puede llegar nada').waitFor()
  await field('De dónde llega').fill(`udp://127.0.0.1:${port}`)
  await page.keyboard.press('Control+Enter')
  await detail().getByRole('heading', { name: /^Fuente feed-/ }).waitFor()
})

step('its messages are seen decoded as they come, and the boat is on the picture; nothing was restarted', async () => {
  await page.keyboard.press('j')
  const messages = page.getByRole('region', { name: /^Lo que trae feed-/ })
  await messages.getByText('Todavía no llega ningún mensaje').waitFor()
  let lon = -69.09
  await eventually(async () => {
    await send(port, aivdm(mmsi, -16.15, (lon += 0.0005)))
    await new Promise((next) => setTimeout(next, 750))
    return (await r.get(`/api/tracks?claim=mmsi:${mmsi}`)).tracks?.length
  }, 'the track')
  await send(port, '!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*00\r\n') // a wrong checksum
  await messages.getByText('malo: con suma de control equivocada').waitFor()
  await messages.locator('.observed summary').first().click()
  await messages.getByText(`"mmsi": "${mmsi}"`).or(messages.getByText(`"mmsi": ${mmsi}`)).first().waitFor()
  await page.keyboard.press('p')
  await messages.getByRole('button', { name: /Seguir/ }).waitFor()
  await send(port, aivdm(mmsi, -16.15, lon))
  await messages.getByText('Parado: 1 nuevo espera.').waitFor()
  await everyLook(page, 'sensor')
  await page.keyboard.press('b')
  await messages.locator('li.observed').first().waitFor({ state: 'detached' })
  assert.equal(await messages.locator('li').count(), 1)
  await page.waitForURL(/states=messages,bad/)
})

step('its position is picked on the map, and the version says who and why', async () => {
  await page.keyboard.press('m')
  await page.getByRole('button', { name: 'Elegir en el mapa' }).click()
  await page.getByText('¿Dónde está AIS Nuevo?').waitFor()
  await page.locator('.maplibregl-canvas').and(page.locator(':focus')).waitFor()
  // The map is there when it has written so, and rests when it has written another place.
  const looks = () => page.evaluate(() => new URL(location.href).searchParams.get('map'))
  await eventually(async () => /\/-16\.16\d*\/-69\.1/.test(await looks()), 'the map is there')
  const before = await looks()
  await page.keyboard.press('ArrowRight')
  await eventually(async () => (await looks()) !== before, 'the map rests elsewhere')
  await page.keyboard.press('Enter')
  const position = field('Posición')
  await position.waitFor()
  assert.notEqual(await position.inputValue(), '-16.16667, -69.10000')
  await field('Por qué se cambia').fill('la antena está más al este')
  await page.keyboard.press('Control+Enter')
  await detail().getByRole('cell', { name: 'la antena está más al este' }).waitFor()
  await detail().getByRole('cell', { name: 'Posición', exact: true }).waitFor()
  const s = await r.get('/api/sensors/ais-nuevo')
  assert.equal(s.version.number, 2)
  assert.ok(s.position.lon > -69.1, `moved to ${s.position.lon}`)
})

step('the search box finds a sensor by its name and opens it', async () => {
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  const keys = new Keys(page)
  await keys.press('/')
  await keys.write('radar nor')
  await page.getByRole('option', { name: /Radar Norte/ }).waitFor()
  await keys.press('Enter')
  await detail().getByRole('heading', { name: 'Radar Norte' }).waitFor()
  keys.atMost(2)
})

step('a feed and a sensor are ended, with a reason; a thing of ours is registered', async () => {
  await detail().getByRole('button', { name: 'Terminar radar-norte' }).click()
  await field('Por qué se cambia').fill('se desmontó')
  await page.keyboard.press('Enter')
  await detail().getByText('Nada trae lo que dice').waitFor()
  await detail().getByRole('button', { name: 'Terminar', exact: true }).click()
  await field('Por qué se cambia').fill('se desmontó')
  await page.keyboard.press('Enter')
  await detail().getByText('Terminó').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('o')
  await field('Nombre').fill('Patrulla 9')
  await field('Identidades').fill('mmsi:12')
  await field('Por qué se cambia').fill('lancha nueva')
  await page.keyboard.press('Control+Enter')
  await page.getByText('Hay una identidad que no sirve').waitFor()
  await field('Identidades').fill(`mmsi:${mmsi}`)
  await page.keyboard.press('Control+Enter')
  await detail().getByRole('heading', { name: 'Patrulla 9' }).waitFor()
  await detail().getByText(String(mmsi)).first().waitFor()
})

step('what is lost is hatched on the map, and its sensor can be picked there', async () => {
  await page.goto(`${r.origin}/?map=9.6/-16.07/-69.1`)
  await page.locator('.bar', { hasText: 'No llega nada de' }).waitFor()
  const box = await page.locator('.maplibregl-canvas').boundingBox()
  const at = await page.evaluate(() => new URL(location.href).searchParams.get('map')) // zoom/lat/lon of the middle
  const [zoom, lat, lon] = at.split('/').map(Number)
  const y = (deg) => Math.log(Math.tan(Math.PI / 4 + (deg * Math.PI) / 360))
  const scale = (512 * 2 ** zoom) / (2 * Math.PI)
  const place = (p) => [box.x + box.width / 2 + ((p.lon - lon) * Math.PI / 180) * scale, box.y + box.height / 2 - (y(p.lat) - y(lat)) * scale]
  const [left, top] = place({ lat: -16.2, lon: -68.95 }) // on land, away from boats
  let by = 0
  await eventually(async () => {
    await page.mouse.move(left, top + (by = 1 - by))
    return page.locator('.map.pointed').isVisible()
  }, 'a sensor under the pointer')
  await page.mouse.click(left, top)
  await page.getByRole('dialog', { name: 'AIS Cerro' }).getByText('no está entre los emisores permitidos').waitFor()
  assert.equal(new URL(page.url()).searchParams.get('sensor'), 'ais-cerro')
  await everyLook(page, 'sensors-map')
  await page.getByRole('button', { name: 'Abrir el sensor' }).click()
  await detail().getByRole('heading', { name: 'AIS Cerro' }).waitFor()
})

/** A track of another system, ASTERIX category 062 with its source, time of day, place, velocity, number and status. */
function systemTrack(number, lat, lon) {
  const b = Buffer.alloc(3 + 2 + 2 + 3 + 8 + 4 + 2 + 1)
  b[0] = 62
  b.writeUInt16BE(b.length, 1)
  b.set([0x9b, 0x0c, 25, 201], 3) // FSPEC: 010, 070, 105, 185; 040, 080
  b.writeUIntBE(Math.floor(((Date.now() % 86_400_000) / 1000) * 128), 7, 3)
  b.writeInt32BE(Math.round((lat * 2 ** 25) / 180), 10)
  b.writeInt32BE(Math.round((lon * 2 ** 25) / 180), 14)
  b.writeInt16BE(20, 18) // 5 m/s to the east
  b.writeInt16BE(0, 20)
  b.writeUInt16BE(number, 22)
  return b
}

step("a neighbour's track is told as foreign, with whose it is; sent as a radar's it is refused with what to do", async () => {
  const [theirs, wrong] = [await freeUDP(), await freeUDP()]
  await add('sensors', 'vecino', { name: 'Centro Vecino', kind: 'neighbour', position: { lat: -16, lon: -70 }, height_m: 0 })
  await add('feeds', 'vecino', { sensor: 'vecino', format: 'asterix', source: `udp://127.0.0.1:${theirs}` })
  await add('sensors', 'radar-sur', { name: 'Radar Sur', kind: 'radar', position: { lat: -16.4, lon: -69.05 }, height_m: 4010, max_range_m: 20_000, detection: 0.9, scan_period_s: 2.5 })
  await add('feeds', 'radar-sur', { sensor: 'radar-sur', format: 'asterix', source: `udp://127.0.0.1:${wrong}` })
  const sending = setInterval(() => {
    void send(theirs, systemTrack(17, -16.6, -69.4))
    void send(wrong, systemTrack(18, -16.5, -69.4))
  }, 500)
  sending.unref()
  let id = 0
  await eventually(async () => {
    const [found] = (await r.get('/api/tracks?claim=target:vecino/17')).tracks ?? []
    id = found?.id ?? 0
    return found?.foreign && (await health('radar-sur'))?.cause.code === 'other-source'
  }, 'a foreign track, and a refused one')
  await page.goto(`${r.origin}/?track=${id}`)
  await page.locator('.tags').getByText('ajena: solo la cuenta Centro Vecino').waitFor()
  await page.goto(`${r.origin}/sensors?sensor=radar-sur`)
  await detail().locator('.why').getByText('entran por un sensor de tipo «trazas de un vecino»').waitFor()
  clearInterval(sending)
})

step('where the tracker leaves something out is told, and marked on the map', async () => {
  // One identity in more places than one can be in.
  const places = Array.from({ length: 10 }, (_, k) => [-16 - 0.04 * k, -69.05 + 0.03 * (k % 3)])
  const lying = setInterval(() => places.forEach(([lat, lon]) => void send(port, aivdm(720000333, lat, lon, 0))), 1000)
  lying.unref()
  await eventually(async () => (await r.get('/api/system')).shed_tiles > 0, 'something is shed')
  await page.goto(`${r.origin}/sensors`)
  await page.locator('dl').getByText('Imagen incompleta').waitFor()
  const shed = page.getByRole('region', { name: /^Imagen incompleta en \d+ lugar/ })
  await shed.getByText(/avisos? que no inici/).first().waitFor()
  await shed.getByText('Demasiadas cosas dicen tener la misma identidad').first().waitFor()
  await shed.getByText('descarte lo falso').first().waitFor()
  await shed.getByText(/hace \d/).first().waitFor()
  await everyLook(page, 'shedding')
  await shed.getByRole('button', { name: 'Ver en el mapa' }).first().click()
  await page.waitForURL((u) => u.pathname === '/')
  clearInterval(lying)
})

step('nothing left the host, nothing broke the policy, nothing failed', async () => {
  await nothingStrayed(r)
})

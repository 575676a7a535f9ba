// Sensors and feeds on the screen of the real program: a receiver that is
// silent for real and one that is refused, found with a few keys.

import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, Keys, rig } from '../rig.mjs'

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

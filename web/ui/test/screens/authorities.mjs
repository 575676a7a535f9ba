// Authorities on the screen of the real program, without an exercise: three
// people in three browsers make keys, approve them, sign the policy, and an
// authority that one drafts is in force by two signatures and revoked by one.
// What is shown and is not what would be signed is not signed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inOrder, watchedPage } from '../page.mjs'
import { enrol, everyLook, nothingStrayed, password, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ exercise: false })
const { page: ana } = r
const HOLD = { delay: 2000 } // ms that the button is held
const second = await watchedPage(r.browser, r.origin)
const third = await watchedPage(r.browser, r.origin)
const beto = second.page
const carla = third.page
const beside = (page) => page.locator('[data-region=main]')
const tab = (page, label) => page.getByRole('tab', { name: label }).click()
const open = (page, id) => page.locator(`[data-authority="${id}"]`).click()
const english = (page) => page.getByRole('button', { name: /English/ }).click()
const authority = async (id) => (await r.get('/api/authorities')).authorities.find((a) => a.id === id)

/** Lets somebody in, with a browser of their own. */
async function invite(page, who, role) {
  const { status, body } = await r.tell('POST', '/api/people/invite', { role })
  assert.equal(status, 200, JSON.stringify(body))
  await page.goto(`${r.origin}/enrol#${(body.done ?? body).token}`)
  await page.fill('input[name=name]', who)
  await page.fill('input[name=password]', password)
  await page.fill('input[name=again]', password)
  await page.keyboard.press('Enter')
  await page.locator('dl .link').getByText('En vivo').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('f')
  await page.getByRole('heading', { name: 'Autorizaciones' }).waitFor()
}

async function bring(page, unit, device) {
  await tab(page, 'Claves de dispositivos')
  await page.fill('input[name=unit]', unit)
  await page.fill('input[name=device]', device)
  await page.getByRole('button', { name: 'Hacer la clave y registrarla' }).click()
}

/** An emergency that Carla drafts. */
async function emergency(place) {
  const { status, body } = await carla.evaluate(async (terms) => {
    const answer = await fetch('/api/authorities', { method: 'POST', headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() }, body: JSON.stringify(terms) })
    return { status: answer.status, body: await answer.json() }
  }, {
    basis: 'Ley 602, art. 10', issuer: 'Puesto de Copacabana', purposes: ['search-and-rescue'], place, sensors: ['radar-norte'],
    area: [{ lat: -16.25, lon: -68.9 }, { lat: -16.18, lon: -68.8 }, { lat: -16.3, lon: -68.78 }], from: new Date().toISOString(), until: new Date(Date.now() + 3 * 86_400_000).toISOString(),
    flights: 0, flight_hours: 0, emergency: true,
  })
  assert.equal(status, 200, JSON.stringify(body))
  return body.id
}

step('there is none, and it says what that means', async () => {
  await enrol(r)
  await r.tell('POST', '/api/sensors', { id: 'radar-norte', reason: 'puesta en marcha', to: { name: 'Radar Norte', kind: 'radar', position: { lat: -15.95, lon: -69.05 }, height_m: 4010, max_range_m: 20_000, detection: 0.9, scan_period_s: 2.5 } })
  const zone = await r.tell('POST', '/api/areas', { reason: 'zona de trabajo', to: { name: 'Bahía de Copacabana', kind: 'watched', geometry: { type: 'Polygon', coordinates: [[[-69.2, -16.2], [-69, -16.22], [-68.98, -16], [-69.18, -16.02], [-69.2, -16.2]]] } } })
  assert.equal(zone.status, 200, JSON.stringify(zone.body))
  await ana.keyboard.press('g')
  await ana.keyboard.press('f')
  await ana.getByText('Ninguna está vigente').waitFor()
  await invite(beto, 'Beto Mamani', 'supervisor')
  await invite(carla, 'Carla Flores', 'officer')
})

step('two people of different units make keys that sign at once; a third waits', async () => {
  await bring(ana, 'armada', 'mesa-1')
  await ana.getByText('mesa-1, unidad armada').waitFor()
  await ana.getByText('Con ella firma usted en este navegador').waitFor()
  await bring(beto, 'armada', 'mesa-2')
  await beto.getByText('la segunda persona debe ser de otra').waitFor()
  await bring(beto, 'policía', 'mesa-2')
  await beto.getByText('solo letras sin tilde').waitFor()
  await bring(beto, 'policia', 'mesa-2')
  await beto.getByText('Con ella firma usted en este navegador').waitFor()
  await bring(carla, 'aduana', 'mesa-3')
  await carla.getByText('Dos personas de unidades distintas deben aprobarla').waitFor()
})

step('the third is approved by the two, who hold the button', async () => {
  for (const page of [ana, beto]) {
    await page.getByRole('button', { name: 'Aprobar K3…' }).click()
    await page.getByText('Este navegador calculó el mismo SHA-256').waitFor()
    const button = page.getByRole('button', { name: 'Aprobar esta clave' })
    await button.click() // not held
    assert.equal((await r.get('/api/authority-keys')).keys.find((k) => k.id === 'K3').signed?.length ?? 0, page === ana ? 0 : 1)
    if (page === ana) await everyLook(page, 'authority-keys')
    await button.click(HOLD)
    await button.waitFor({ state: 'detached' })
  }
  await carla.getByText('Con ella firma usted en este navegador').waitFor()
})

step('the policy is signed by two', async () => {
  for (const page of [ana, beto]) {
    await tab(page, 'Política')
    await page.getByText('Nadie la ha firmado').waitFor()
    if (page === ana) await everyLook(page, 'authority-policy')
    await page.getByRole('button', { name: 'Firmar la política' }).click(HOLD)
    await page.getByRole('button', { name: 'Firmar la política' }).waitFor({ state: 'detached' })
  }
  await beto.getByText('Nadie la ha firmado').waitFor({ state: 'detached' })
  assert.equal((await r.get('/api/policy')).in_force, true)
})

step('one is drafted, and what is wrong is said in words', async () => {
  await tab(ana, 'Autorizaciones')
  await ana.keyboard.press('n')
  const form = ana.locator('form')
  const { components } = await r.get('/api/openapi.json')
  const lawful = Object.values(components.schemas).find((s) => s.properties?.flight_hours && s.properties?.purposes).properties.purposes.items.enum
  assert.deepEqual(await form.locator('input[name=purposes]').evaluateAll((all) => all.map((e) => e.value)), lawful, 'the purposes are those of the program')
  await form.getByRole('button', { name: 'Guardar el borrador' }).click()
  await form.getByText('Elija para qué es').waitFor()
  await form.getByRole('checkbox', { name: 'contrabando' }).check()
  await form.getByRole('checkbox', { name: 'búsqueda y rescate' }).check()
  await form.getByLabel('Tomar el contorno de una zona').selectOption('Bahía de Copacabana')
  assert.equal(await form.locator('input[name=place]').inputValue(), 'Bahía de Copacabana')
  await form.getByRole('checkbox', { name: 'Radar Norte' }).check()
  await form.locator('input[name=basis]').fill('DS 5000, art. 3')
  await form.locator('input[name=issuer]').fill('Comando de la Armada')
  await form.locator('textarea').fill('Armada\nDefensoría del Pueblo')
  const day = (days) => new Date(Date.now() + days * 86_400_000 - 4 * 3600_000).toISOString().slice(0, 16)
  await form.locator('input[name=until]').fill(day(40))
  await ana.keyboard.press('Control+Enter')
  await form.getByText('30 como mucho').waitFor()
  await form.locator('input[name=until]').fill(day(10))
  await form.getByRole('button', { name: 'Añadir horas' }).click()
  await everyLook(ana, 'authority-form')
  await ana.keyboard.press('Control+Enter')
  await beside(ana).getByRole('heading', { name: 'A1 · Bahía de Copacabana' }).waitFor()
  await beside(ana).getByText(/Caduca en 23 h \d+ min/).waitFor()
})

step('it is in force by two signatures, and not by one', async () => {
  await beside(ana).getByText('Este navegador calculó el mismo SHA-256').waitFor()
  await everyLook(ana, 'authority')
  await beside(ana).getByRole('button', { name: 'Firmar', exact: true }).click(HOLD)
  await beside(ana).getByText('Usted ya firmó').waitFor()
  assert.equal((await authority('A1')).state, 'draft')
  await tab(beto, 'Autorizaciones')
  await beto.getByRole('heading', { name: 'Esperan firma' }).waitFor()
  await open(beto, 'A1')
  await english(beto)
  await beside(beto).getByText('Ana Quispe, unit armada, on mesa-1').waitFor()
  await beside(beto).getByRole('button', { name: 'Sign', exact: true }).click(HOLD)
  await beside(beto).getByText(/\d+ d left/).waitFor()
  const a = await authority('A1')
  assert.deepEqual([a.state, a.signed.map((s) => s.unit)], ['in-force', ['armada', 'policia']])
})

step('what is shown is what is signed, or nothing is signed', async () => {
  const { id } = (await r.tell('POST', '/api/authorities', {
    basis: 'DS 5001', issuer: 'Comando de la Armada', purposes: ['disaster'], place: 'Isla del Sol', sensors: ['radar-norte'], area: [{ lat: -16, lon: -69.2 }, { lat: -16, lon: -69.1 }, { lat: -16.05, lon: -69.1 }],
    from: new Date().toISOString(), until: new Date(Date.now() + 86_400_000).toISOString(), flights: 0, flight_hours: 0, emergency: false,
  })).body
  await ana.route('**/api/authorities?*', async (route) => {
    const response = await route.fetch()
    const body = await response.json()
    body.authorities.find((a) => a.id === id).sensors.push('radar-sur')
    await route.fulfill({ response, json: body })
  })
  await ana.goto(`${r.origin}/authorities?authority=${id}`)
  await beside(ana).getByText('No firme').waitFor()
  assert.equal(await beside(ana).getByRole('button', { name: 'Firmar', exact: true }).isDisabled(), true)
  await ana.unrouteAll({ behavior: 'wait' })
  await ana.reload() // and the key is there still
  await beside(ana).getByText('Firma con la clave de mesa-1').waitFor()
})

step('an emergency holds by one signature, and two others review it', async () => {
  const id = await emergency('Estrecho de Tiquina')
  await carla.goto(`${r.origin}/authorities?authority=${id}`)
  await beside(carla).getByRole('button', { name: 'Firmar', exact: true }).click(HOLD)
  await beside(carla).getByText(/Termina en 23 h \d+ min/).waitFor()
  await ana.goto(`${r.origin}/authorities`)
  await ana.getByRole('heading', { name: 'De emergencia, esperan revisión' }).waitFor()
  await everyLook(ana, 'authorities')
  for (const [page, verb] of [[ana, 'Confirmar que hizo falta'], [beto, 'Confirm that it was needed']]) {
    await page.goto(`${r.origin}/authorities?authority=${id}`)
    await beside(page).getByRole('button', { name: verb }).click(HOLD)
    await beside(page).getByRole('button', { name: verb }).waitFor({ state: 'detached' })
  }
  assert.equal((await authority(id)).state, 'in-force')
})

step('who has a passkey confirms with it', async () => {
  const cdp = await third.context.newCDPSession(carla)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await carla.goto(`${r.origin}/account`)
  await carla.getByLabel('Nombre de la llave nueva').fill('mesa-3')
  await carla.getByRole('button', { name: 'Añadir llave' }).click()
  await carla.getByText('sin usar').first().waitFor()
  const sent = []
  carla.on('request', (q) => q.url().endsWith('/signatures') && sent.push(q.postDataJSON()))
  const id = await emergency('Isla de la Luna')
  await carla.goto(`${r.origin}/authorities?authority=${id}`)
  await beside(carla).getByRole('button', { name: 'Firmar', exact: true }).click(HOLD)
  await beside(carla).getByText(/Termina en 23 h \d+ min/).waitFor()
  assert.deepEqual(sent.map((b) => b.passkey !== undefined), [false, true], 'the server asks for it, and it is given')
})

step('one person revokes it, with a reason', async () => {
  await beto.goto(`${r.origin}/authorities?authority=A1`)
  await beside(beto).getByRole('button', { name: 'Revoke…' }).click()
  await beto.locator('input[name=reason]:focus').waitFor()
  await beto.keyboard.type('The task is over')
  await beto.keyboard.press('Enter')
  await beside(beto).getByText('Beto Mamani: The task is over').waitFor()
  assert.equal((await authority('A1')).state, 'revoked')
})

step('a browser without such keys is told so', async () => {
  await carla.addInitScript(() => {
    const { generateKey } = SubtleCrypto.prototype
    SubtleCrypto.prototype.generateKey = function (...args) {
      return args[0] === 'Ed25519' ? Promise.reject(new DOMException('no such algorithm', 'NotSupportedError')) : generateKey.apply(this, args)
    }
  })
  await carla.goto(`${r.origin}/authorities?states=keys`)
  await carla.getByText('Este navegador no tiene firmas Ed25519').waitFor()
})

step('nothing left the host, nothing failed', async () => {
  await nothingStrayed(r)
  for (const watched of [second, third]) await nothingStrayed({ watched })
})

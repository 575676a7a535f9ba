// People on the real program: a second person is invited, an act waits for
// their approval, sessions and attempts are seen, a locked session decides
// nothing.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, inOrder, watchedPage } from '../page.mjs'
import { enrol, everyLook, name, nothingStrayed, password, rig } from '../rig.mjs'

const step = inOrder(test)
const r = await rig({ config: '[desk]\nsecond_person = ["person.role", "rule.change"]\n[web]\nlock = "30m"\n' })
const { page } = r
const press = async (...keys) => {
  for (const k of keys) await page.keyboard.press(k)
}
const tab = (label) => page.getByRole('tab', { name: label }).click()
const other = 'Beto Mamani'
const second = await watchedPage(r.browser, r.origin)
const row = (who) => page.getByRole('row').filter({ hasText: who })

step('an administrator invites somebody by a link that is shown once', async () => {
  await enrol(r)
  await press('g', 'u')
  await page.getByRole('heading', { name: 'Personas' }).waitFor()
  await row(name).getByText('administrador').waitFor()
  await press('n')
  await page.getByRole('combobox', { name: 'Rol' }).selectOption('administrator')
  await everyLook(page, 'people')
  await page.getByRole('button', { name: 'Crear enlace' }).click()
  const link = await page.locator('code').innerText()
  assert.match(link, /\/enrol#\S{20,}$/)
  await page.getByRole('button', { name: 'Copiar enlace' }).and(page.locator(':focus')).waitFor()
  await second.page.goto(link)
  await second.page.fill('input[name=name]', other)
  await second.page.fill('input[name=password]', password)
  await second.page.fill('input[name=again]', password)
  await second.page.keyboard.press('Enter')
  await second.page.locator('dl .link').getByText('En vivo').waitFor()
  await page.getByRole('button', { name: 'Ya lo entregué' }).click()
  await page.locator('code').waitFor({ state: 'detached' })
})

step('a change of role waits for a second person, who sees it in the lane and approves', async () => {
  await page.reload()
  await page.getByRole('button', { name: `Cambiar ${other}` }).click()
  await page.getByRole('combobox', { name: 'Rol' }).selectOption('officer')
  await page.getByLabel('Motivo').fill('Cambia de turno')
  await page.getByRole('button', { name: 'Cambiar rol' }).click()
  await page.getByText('espera a una segunda persona').first().waitFor()
  await row(other).getByText('administrador').waitFor() // not yet
  await tab('Aprobaciones')
  await page.getByText('Usted lo pidió').waitFor()
  await second.page.reload()
  await second.page.getByRole('button', { name: 'Esperan su aprobación: 1' }).click()
  await second.page.getByText('Cambia de turno').waitFor()
  await everyLook(second.page, 'approvals')
  await second.page.getByRole('button', { name: 'Aprobar: se hace ahora' }).click()
  await second.page.getByText('La sesión terminó').waitFor() // a role that changes ends the sessions
  await tab('Personas')
  await row(other).getByText('oficial').waitFor()
})

step('a rule that is ended waits too, which is told as no trouble', async () => {
  const { items } = await r.get('/api/rules')
  const rule = items.find((x) => x.detector !== 'distress')
  await page.goto(`${r.origin}/rules?rule=${rule.id}`)
  await page.getByRole('button', { name: 'Terminar…' }).click()
  await page.locator('form input:focus').waitFor()
  await page.keyboard.type('ruido')
  await page.keyboard.press('Enter')
  const bar = page.getByRole('status', { name: 'Aprobaciones' })
  await bar.getByText('espera la aprobación de una segunda persona').waitFor()
  assert.equal(await page.locator('.trouble').filter({ hasText: /\S/ }).count(), 0)
  await everyLook(page, 'asked')
  assert.equal((await r.get(`/api/rules/${rule.id}`)).version.number, rule.version.number)
  const { approvals: [waits] } = await r.get('/api/approvals?pending=true')
  assert.equal(waits.kind, 'rule.change')
  const own = await r.tell('POST', `/api/approvals/${waits.id}/approve`, {})
  assert.equal(own.status, 403)
  await bar.getByRole('button', { name: 'Ver aprobaciones' }).click()
  await page.getByText('Usted lo pidió').waitFor()
  await bar.getByRole('button', { name: 'Entendido' }).click()
  await bar.waitFor({ state: 'detached' })
})

step('sessions of everybody, tokens and attempts', async () => {
  await second.page.fill('input[name=name]', other)
  await second.page.fill('input[name=password]', 'no es esta clave')
  await second.page.keyboard.press('Enter')
  await second.page.getByText('no son correctos').waitFor()
  await second.page.fill('input[name=password]', password)
  await second.page.keyboard.press('Enter')
  await second.page.locator('dl .link').getByText('En vivo').waitFor()
  await tab('Sesiones')
  await page.getByRole('button', { name: `Terminar ${other}` }).click()
  await row(other).waitFor({ state: 'detached' })
  await everyLook(page, 'sessions')
  await tab('Claves')
  await page.getByText('Ningún programa tiene clave').waitFor()
  await tab('Intentos')
  await row(other).filter({ hasText: 'no coincide' }).waitFor()
  await everyLook(page, 'attempts')
})

step('a locked session shows the picture and decides nothing', async () => {
  await press('g', 'o')
  await page.getByRole('grid').waitFor()
  await press('L')
  const lock = page.getByRole('dialog', { name: 'Sesión bloqueada' })
  await lock.waitFor()
  await eventually(async () => (await r.tell('POST', '/api/people/invite', { role: 'viewer' })).status === 423, 'the server is told')
  for (const covered of [page.getByRole('grid'), page.locator('header h1'), page.locator('[data-region=queue] h2')]) assert.equal(await covered.isVisible(), false)
  assert.ok(await page.locator('.map .layers canvas').first().isVisible())
  const was = page.url()
  await page.getByRole('button', { name: 'Salir, para que entre otra persona' }).focus()
  await press('Escape', 'Escape', 'g', 'u', '?', '/', 'a')
  await page.waitForTimeout(500)
  assert.equal(page.url(), was)
  assert.equal(await page.locator('dialog[open]').count(), 1)
  for (let i = 0; i < 8; i++) {
    await press('Tab')
    assert.ok(await page.evaluate(() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null), 'the focus stays')
  }
  await everyLook(page, 'lock')
  await page.fill('input[name=password]', 'otra cosa')
  await press('Enter')
  await lock.getByText('no son correctos').waitFor()
  await page.reload()
  await lock.waitFor() // it stays locked
  await page.keyboard.type(password)
  await press('Enter')
  await lock.waitFor({ state: 'detached' })
  await page.getByRole('grid').waitFor()
})

step('one sees and changes one’s own account', async () => {
  await press('g', 'm')
  for (const part of ['Llaves de acceso', 'Contraseña', 'Sesiones abiertas', 'Claves para programas']) await page.getByRole('heading', { name: part, exact: true }).waitFor()
  await everyLook(page, 'account')
})

step('nothing strayed', () => nothingStrayed(r))

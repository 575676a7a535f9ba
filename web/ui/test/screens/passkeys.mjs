// Passkeys with the real program and Chromium's own virtual authenticator:
// made with the printed link, used to sign in without a name.
//
// ATALAYA_BIN names the program (default: bin/atalaya of this checkout).

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch } from '../../dev/chromium.mjs'
import { accessibility, eventually, inOrder, watchedPage } from '../page.mjs'

const bin = process.env.ATALAYA_BIN ?? fileURLToPath(new URL('../../../../bin/atalaya', import.meta.url))
const step = inOrder(test)
let data, program, link, origin, browser, watched, page, cdp, authenticatorId

before(async () => {
  data = mkdtempSync(join(tmpdir(), 'atalaya-passkeys-'))
  program = spawn(bin, ['serve', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  link = await new Promise((yes, no) => {
    createInterface({ input: program.stdout }).on('line', (l) => {
      const m = /(http:\/\/localhost:\S+\/enrol#\S+)$/.exec(l)
      if (m) yes(m[1])
    })
    program.once('exit', (code) => no(new Error(`the program ended with ${code}`)))
  })
  origin = new URL(link).origin
  browser = await launch()
  watched = await watchedPage(browser, origin)
  page = watched.page
  cdp = await watched.context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  ;({ authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  }))
})
after(async () => {
  await browser?.close()
  program?.kill('SIGTERM')
  if (data) rmSync(data, { recursive: true, force: true })
})

const session = () => page.evaluate(async () => (await fetch('/api/session')).json())

step('the printed link makes an account without a password', async () => {
  await page.goto(link)
  await page.getByRole('button', { name: 'Crear cuenta con llave de acceso' }).waitFor()
  assert.deepEqual(await accessibility(page), [])
  await page.fill('input[name=name]', 'Ana Quispe')
  await page.getByRole('button', { name: 'Crear cuenta con llave de acceso' }).click()
  await page.waitForURL(`${origin}/`)
  assert.deepEqual(await session().then((s) => [s.person.name, s.person.role]), ['Ana Quispe', 'administrator'])
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  assert.deepEqual(credentials.map((c) => [c.rpId, c.isResidentCredential]), [['localhost', true]])
})

step('it signs in without a name, and no other device does', async () => {
  await page.evaluate(() => fetch('/api/session', { method: 'DELETE' }))
  await page.goto(`${origin}/`)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  await page.getByRole('button', { name: 'Entrar con llave de acceso' }).click()
  await page.getByText('No se usó ninguna llave de acceso').waitFor()
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  assert.deepEqual(await accessibility(page), [])
  await page.getByRole('button', { name: 'Entrar con llave de acceso' }).click()
  await eventually(() => page.evaluate(async () => (await fetch('/api/session')).ok), 'signed in')
  const keys = await page.evaluate(async () => (await fetch('/api/passkeys')).json())
  assert.equal(keys.passkeys.length, 1)
  assert.notEqual(keys.passkeys[0].used, '0001-01-01T00:00:00Z')
})

step('an address in numbers says where passkeys work', async () => {
  const options = await (await fetch(`${origin.replace('localhost', '127.0.0.1')}/api/session/options`)).json()
  assert.deepEqual([options.passkeys, options.why, options.address], [false, 'number', origin])
})

step('nothing left the host, nothing failed', async () => {
  assert.deepEqual(watched.strays, [])
  assert.deepEqual(await watched.violations(), [])
  assert.deepEqual(watched.errors, [])
})

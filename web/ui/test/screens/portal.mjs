// The overseers' portal of the real program: an overseer makes an account with
// the printed link, sees where was looked, verifies a receipt in the browser,
// sees a forged one refused, and takes export and report home. With the
// keyboard, on a phone, in both languages, and asking nobody but the portal.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { accessibility, eventually, inOrder, watchedPage } from '../page.mjs'
import { enrol, password, rig, root } from '../rig.mjs'

const step = inOrder(test)
const r = await rig()
const link = async () => {
  await eventually(() => r.program.lines.some((l) => l.includes('/link#')), 'the overseer\'s link')
  return /(http:\/\/\S+\/link#\S+)$/m.exec(r.program.lines.join('\n'))[1]
}
const origin = new URL(await link()).origin
const o = await watchedPage(r.browser, origin, { acceptDownloads: true })
const { page } = o
const paths = ['/', '/watched', '/looks', '/authorities', '/ledger', '/statistics', '/instruments', '/audit', '/receipts', '/downloads']
const verdict = () => page.locator('#result > p').first()

/** The portal has no theme of its own: both that the browser asks for. */
async function look(where) {
  const found = []
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme })
    found.push(...(await accessibility(page)).map((f) => `${where}, ${colorScheme}: ${f}`))
  }
  await page.emulateMedia({ colorScheme: 'light' })
  assert.deepEqual(found, [])
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} scrolls sideways`)
}

async function picture(name) {
  if (!process.env.UPDATE) return
  for (const language of ['es', 'en']) {
    const at = new URL(page.url())
    at.searchParams.set('lang', language)
    await page.goto(at.href)
    if (name === 'portal-receipt') await page.locator('#result .good').waitFor()
    const folder = join(root, 'docs', 'img', language)
    mkdirSync(folder, { recursive: true })
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
  }
  await page.goto(`${origin}/?lang=es`)
}

step('the camera is turned, so that there is a look', async () => {
  await enrol(r)
  const { status } = await r.tell('POST', '/api/sensors/camera-1/looks', { kind: 'absolute', purpose: 'training', azimuth_deg: 300, elevation_deg: -5, wide_deg: 20 })
  assert.equal(status, 200)
})

step('a link makes the account, with the keyboard alone, and the secret does not stay in the address', async () => {
  await page.goto(await link())
  assert.equal(new URL(page.url()).hash, '')
  await look('the link')
  await page.locator('input[name=name]').focus()
  await page.keyboard.type('Defensora')
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Resumen' }).waitFor()
  await page.getByText('EJERCICIO').waitFor()
})

step('every page can be read, in both languages, also on a phone', async () => {
  await eventually(async () => {
    await page.goto(`${origin}/looks`)
    return page.locator('rect.cell').first().isVisible()
  }, 'the look on the map')
  for (const size of [{ width: 1280, height: 900 }, { width: 360, height: 740 }]) {
    await page.setViewportSize(size)
    for (const path of paths) {
      await page.goto(origin + path)
      await look(`${path}, ${size.width} px`)
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 })
  await page.goto(`${origin}/looks`)
  await page.getByRole('link', { name: 'English' }).click()
  await page.getByRole('heading', { name: 'Where was looked' }).waitFor()
  await page.goto(`${origin}/watched`) // it remembers
  await page.getByRole('heading', { name: 'What is watched' }).waitFor()
  await page.getByRole('link', { name: 'Español' }).click()
  await page.getByRole('heading', { name: 'Qué se vigila' }).waitFor()
  await page.keyboard.press('Tab')
  await page.getByRole('link', { name: 'Ir al contenido' }).and(page.locator(':focus')).waitFor()
})

step('the pictures of the documents', async () => {
  for (const [path, name] of [['/looks', 'portal-looks'], ['/ledger', 'portal-ledger'], ['/receipts?entry=0', 'portal-receipt']]) {
    await page.goto(origin + path)
    await picture(name)
  }
})

step('a number leads to its entry, which is verified here', async () => {
  await page.goto(`${origin}/looks`)
  await page.locator('tbody a[href^="/receipts?entry="]').last().click()
  await page.locator('#result .good').waitFor()
  assert.match(await page.locator('#result').innerText(), /Comprobado[\s\S]*camera-1/)
  await look('a receipt')
})

step('an opening and a bundle are verified, and one with a changed value is not', async () => {
  const bundle = await page.evaluate(async () => (await fetch('/receipts/0')).json())
  await page.goto(`${origin}/receipts`)
  const paste = async (o) => {
    await page.locator('#paste').fill(JSON.stringify(o))
    await page.getByRole('button', { name: 'Comprobar' }).click()
    await verdict().waitFor()
    return (await page.locator('#result').innerText()).split('\n')[0]
  }
  assert.match(await paste(bundle), /^Comprobado/)
  assert.match(await paste(bundle.entries[0].opening), /^Comprobado/)
  const forged = structuredClone(bundle)
  forged.entries[0].opening.fields[1].value = btoa('system.stop')
  assert.match(await paste(forged), /^No comprobado/)
  assert.match(await page.locator('#result').innerText(), /bad-proof/)
  forged.entries[0].opening.index = 1
  assert.match(await paste(forged.entries[0].opening), /^No comprobado/)
  assert.match(await paste('x'), /^No comprobado/)
  await page.locator('#paste').fill('')
  await page.locator('#file').setInputFiles({ name: 'b.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(bundle)) })
  await page.getByRole('button', { name: 'Comprobar' }).click()
  await page.locator('#result .good').waitFor()
  await page.goto(`${origin}/receipts?entry=999999`)
  await page.getByText('No hay tal anotación').waitFor()
  const other = await page.locator('#key').inputValue()
  await page.locator('#key').fill(other.replace(/.{4}$/, 'AAA='))
  await page.locator('#entry').fill('0')
  await page.keyboard.press('Enter')
  await page.getByText('Falta la clave, o no es válida').waitFor()
})

step('export and report are taken home', async () => {
  await page.goto(`${origin}/downloads`)
  for (const [name, begin] of [[/exportación/, 'PK'], [/PDF/, '%PDF-'], [/CSV/, 'year,section']]) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()])
    assert.equal(readFileSync(await download.path()).subarray(0, begin.length).toString(), begin)
  }
})

step('who goes out is out, and nothing strayed', async () => {
  await page.getByRole('button', { name: 'Salir' }).click()
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  await look('the door')
  await page.goto(`${origin}/ledger`)
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  await page.locator('input[name=name]').fill('Defensora')
  await page.locator('input[name=password]').fill('otra cosa')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  assert.deepEqual(o.strays, [])
  assert.deepEqual(o.errors, [])
  assert.deepEqual(await o.violations(), [])
})

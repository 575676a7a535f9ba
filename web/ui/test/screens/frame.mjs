// What stands around every screen, and the map: the first account, the door,
// the keys, help, the card of a track, the table, symbols, measuring, a
// coordinate in every form, a map of one's own, and the alerts in a window.

import assert from 'node:assert/strict'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { eventually, inOrder } from '../page.mjs'
import { enrol, everyLook, name, nothingStrayed, password, rig } from '../rig.mjs'

const maps = join(tmpdir(), `atalaya-maps-${process.pid}`)
mkdirSync(maps)
after(() => rmSync(maps, { recursive: true }))

const step = inOrder(test)
const r = await rig({ config: `[web]\nmaps = "${maps}"\n[exercise]\ncross = "5s"\n` })
const { page } = r
const canvas = () => page.locator('.maplibregl-canvas')
const grid = () => page.getByRole('grid')

step('the first account, and the keys', async () => {
  await page.goto(r.program.said)
  await page.locator('input[name=again]').waitFor()
  await everyLook(page, 'enrol')
  await enrol(r)
  await page.locator('body').press('?')
  await page.getByRole('dialog', { name: 'Teclas' }).waitFor()
  await everyLook(page, 'keys')
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('h')
  await page.getByRole('heading', { name: 'Ayuda', exact: true }).waitFor()
  await everyLook(page, 'help')
})

step('the card of a track says what is believed and who said it', async () => {
  await page.keyboard.press('g')
  await page.keyboard.press('o')
  const { tracks } = await eventually(async () => {
    const p = await r.get('/api/tracks?claim=mmsi:720000001')
    return p.tracks?.length && p
  }, 'the patrol')
  const at = tracks[0].state.position
  await page.goto(`${r.origin}/?track=${tracks[0].id}&map=11.5/${at.lat.toFixed(4)}/${at.lon.toFixed(4)}`)
  await page.locator('[data-region=card]').getByText('medio propio').first().waitFor()
  await page.locator('[data-region=card]').getByText(/observación \d+/).first().waitFor()
  await everyLook(page, 'track')
})

step('the table is as wide as the map, with its columns', async () => {
  await page.goto(`${r.origin}/?map=9.5/-16.1/-69.1`)
  await grid().locator('.data').nth(20).waitFor()
  await page.keyboard.press('0')
  await page.getByRole('columnheader', { name: 'Velocidad' }).waitFor()
  await page.getByRole('button', { name: 'Velocidad', exact: true }).click()
  await everyLook(page, 'table')
  await page.keyboard.press('0')
})

step('range and bearing are measured, a place is told in every form', async () => {
  await page.goto(`${r.origin}/?map=10.2/-16.1/-69.1`)
  await grid().locator('.data').nth(20).waitFor()
  await page.getByRole('button', { name: 'Medir distancia y rumbo' }).click()
  const box = await canvas().boundingBox()
  for (const [x, y] of [[0.3, 0.7], [0.5, 0.35], [0.75, 0.45]]) await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
  await page.getByRole('button', { name: 'Anillos de distancia' }).click()
  await everyLook(page, 'measure')
  await page.getByRole('button', { name: 'Anillos de distancia' }).click()
  await page.getByRole('button', { name: 'Medir distancia y rumbo' }).click()
  await page.locator('body').press('/')
  await page.keyboard.type('-16.1, -69.1')
  await page.getByRole('option', { name: /069°06/ }).first().waitFor()
  await page.keyboard.press('Enter')
  const place = page.getByRole('dialog', { name: 'Este lugar' })
  await place.getByText('MGRS').waitFor()
  await everyLook(page, 'place')
  await page.keyboard.press('Escape')
  await place.waitFor({ state: 'detached' })
})

step('symbols, layers and a map of the user; one that is broken says why', async () => {
  await page.goto(`${r.origin}/?map=10.2/-16.1/-69.1&panel=layers`)
  await page.getByText('Ninguno. Ponga archivos PMTiles').waitFor()
  await everyLook(page, 'layers')
  writeFileSync(join(maps, 'cuadros.pmtiles'), pmtiles('Cuadros', png(16, (x, y) => ((x < 8) === (y < 8) ? [60, 90, 70] : [90, 80, 60]))))
  writeFileSync(join(maps, 'roto.pmtiles'), 'no es un mapa')
  const tile = page.waitForResponse((a) => a.url().endsWith('/maps/cuadros.pmtiles') && a.status() === 206)
  await page.reload()
  await tile
  const mine = page.getByRole('checkbox', { name: /Cuadros/ })
  assert.ok(await mine.isChecked(), 'a map is shown until it is switched off')
  assert.ok(await page.getByRole('checkbox', { name: /roto/ }).isDisabled())
  await mine.uncheck()
  await page.getByRole('radio', { name: /MIL-STD-2525/ }).check()
  await page.waitForURL(/symbols=military/)
  await everyLook(page, 'military')
  await page.getByRole('radio', { name: /Propios/ }).check()
  await page.waitForURL((u) => !u.searchParams.has('symbols'))
})

step('the alerts stand in a window of their own', async () => {
  await page.locator('[data-region=queue] a.alert').first().waitFor({ timeout: 90_000 })
  const [second] = await Promise.all([page.waitForEvent('popup'), page.getByRole('button', { name: 'Alertas en otra ventana' }).click()])
  await second.setViewportSize({ width: 900, height: 900 })
  await second.locator('a.alert').first().click()
  await second.locator('[data-region=card]').getByRole('heading', { name: 'Por qué' }).waitFor()
  await page.waitForURL(/alert=/)
  await everyLook(second, 'second')
  await second.close()
})

step('the door, in again', async () => {
  await page.getByRole('button', { name: 'Salir' }).click()
  await page.getByRole('heading', { name: 'Entrar' }).waitFor()
  await everyLook(page, 'sign-in')
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', password)
  await page.keyboard.press('Enter')
  await page.locator('dl .link').getByText('En vivo').waitFor()
})

step('nothing left the host, nothing broke the policy, nothing failed', () => nothingStrayed(r))

/** A picture of n by n, three bytes a point. */
function png(n, colour) {
  const rows = []
  for (let y = 0; y < n; y++) {
    rows.push(0)
    for (let x = 0; x < n; x++) rows.push(...colour(x, y))
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(n, 0)
  head.writeUInt32BE(n, 4)
  head.set([8, 2, 0, 0, 0], 8)
  const chunk = (kind, content) => {
    const body = Buffer.concat([Buffer.from(kind), content])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(content.length, 0)
    body.copy(out, 4)
    out.writeUInt32BE(crc(body), body.length + 4)
    return out
  }
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.from(rows))), chunk('IEND', Buffer.alloc(0))])
}

function crc(bytes) {
  let c = -1
  for (const b of bytes) {
    c ^= b
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
}

/** A map of one picture for the whole world: version 3 of PMTiles, nothing compressed. */
function pmtiles(title, tile) {
  const directory = Buffer.from([1, 0, 1, ...varint(tile.length), 1]) // one entry: tile 0, run 1, its length, offset 0
  const about = Buffer.from(JSON.stringify({ name: title }))
  const head = Buffer.alloc(127)
  head.write('PMTiles')
  head[7] = 3
  const parts = [[127, directory.length], [127 + directory.length, about.length], [0, 0], [127 + directory.length + about.length, tile.length]]
  parts.flat().forEach((n, i) => head.writeBigUInt64LE(BigInt(n), 8 + 8 * i))
  for (const at of [72, 80, 88]) head.writeBigUInt64LE(1n, at)
  head.set([1, 1, 1, 2, 0, 0], 96) // clustered, internal and tiles not compressed, PNG, zooms 0 to 0
  const corners = [-180, -85, 180, 85]
  corners.forEach((deg, i) => head.writeInt32LE(deg * 1e7, 102 + 4 * i))
  return Buffer.concat([head, directory, about, tile])
}

function varint(n) {
  const out = []
  for (; n > 127; n >>= 7) out.push((n & 127) | 128)
  return [...out, n]
}

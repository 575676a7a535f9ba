// The real program with its exercise, and a page of it in Debian's Chromium,
// signed in as the first administrator by the printed link. What is started
// here ends with the tests of the file.
//
// ATALAYA_BIN names the program (default: bin/atalaya of this checkout).
// UPDATE=1 writes the pictures of the documents, docs/img/LANGUAGE/NAME.png.

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch } from '../dev/chromium.mjs'
import { accessibility, colours, overflow, watchedPage } from './page.mjs'

export const root = fileURLToPath(new URL('../../../', import.meta.url))
const bin = process.env.ATALAYA_BIN ?? join(root, 'bin', 'atalaya')
export const name = 'Ana Quispe'
export const password = 'una clave larga'

/** The first of n free ports in a row, for the exercise's gear. */
async function freePorts(n) {
  const free = (port) => new Promise((yes) => {
    const s = createServer().once('error', () => yes(false)).listen(port, '127.0.0.1', () => s.close(() => yes(true)))
  })
  for (let first = 26000 + (process.pid % 400) * 10; first < 32000; first += n) {
    const all = await Promise.all(Array.from({ length: n }, (_, i) => free(first + i)))
    if (all.every(Boolean)) return first
  }
  throw new Error('no free ports')
}

/** Starts the program; gives the first line it prints that matches, all that it prints, and how to stop it. */
async function start(args, line, exercise) {
  const child = spawn(bin, ['serve', ...(exercise ? ['--exercise', ...(args.includes('--relief') ? [] : ['--no-relief'])] : []), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', (b) => (log += b))
  const lines = []
  const said = await new Promise((yes, no) => {
    createInterface({ input: child.stdout }).on('line', (l) => {
      lines.push(l)
      const m = line.exec(l)
      if (m) yes(m[1])
    })
    child.once('exit', (code) => no(new Error(`the program ended with ${code}\n${log}`)))
  })
  const stop = () => new Promise((gone) => {
    if (child.exitCode !== null) return gone()
    child.once('exit', gone)
    child.kill('SIGTERM')
  })
  return { said, lines, stop }
}

/**
 * A program and an empty page. Call it when the file is read, in no hook.
 * `config` is more TOML for it, `args` more of its flags. `recording` is a
 * recording of observations that its store has as its past. The program is in
 * `program`, and can be ended and started again. The exercise has no mountains
 * without the flag --relief: they take seconds to make. `exercise: false` starts
 * the program with nothing in it.
 */
export async function rig({ config = '', args: extra = [], recording = '', exercise = true, page: options } = {}) {
  assert.ok(existsSync(bin), `${bin} is missing: run make build`)
  const data = mkdtempSync(join(tmpdir(), 'atalaya-rig-'))
  const more = []
  if (config) {
    writeFileSync(join(data, 'atalaya.toml'), config)
    more.push('--config', join(data, 'atalaya.toml'))
  }
  if (recording) {
    const file = join(data, 'past.observations.jsonl')
    writeFileSync(file, recording)
    execFileSync(bin, [...more, 'replay', '--keep', '--exercise', '--data', join(data, 'data'), file], { stdio: 'pipe' })
  }
  const ports = await freePorts(7)
  const args = (listen) => [...more, '--data', join(data, 'data'), '--listen', listen, ...(exercise ? ['--port', String(ports)] : []), ...extra]
  const r = { began: Date.now(), data }
  r.program = await start(args('127.0.0.1:0'), /(http:\/\/\S+\/enrol#\S+)$/, exercise)
  r.origin = new URL(r.program.said).origin
  r.restart = async () => (r.program = await start(args(new URL(r.origin).host), /(http:\/\/\S+)/, exercise))
  const browser = await launch()
  after(async () => {
    await browser.close()
    await r.program.stop()
    rmSync(data, { recursive: true, force: true })
  })
  r.browser = browser
  r.watched = await watchedPage(browser, r.origin, options)
  r.page = r.watched.page
  /** Asks the API as the page would. */
  r.get = (path) => r.page.evaluate(async (p) => (await fetch(p)).json(), path)
  /** Tells the API something as the page would; gives status and answer. */
  r.tell = (method, path, body) => r.page.evaluate(async ([m, p, b]) => {
    const answer = await fetch(p, {
      method: m, headers: { 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID() },
      ...(b === undefined ? {} : { body: JSON.stringify(b) }),
    })
    return { status: answer.status, body: await answer.json().catch(() => null) }
  }, [method, path, body])
  return r
}

/** Makes the first account, an administrator, and waits for the picture. */
export async function enrol({ page, program }) {
  await page.goto(program.said)
  await page.fill('input[name=name]', name)
  await page.fill('input[name=password]', password)
  await page.fill('input[name=again]', password)
  await page.keyboard.press('Enter')
  await page.locator('dl .link').getByText('En vivo').waitFor()
}

/**
 * Looks at what is on the screen in every theme and both languages: axe-core
 * finds nothing and nothing sticks out; with UPDATE it takes the pictures for
 * the documents (dusk) of `name`. Focus and address stay as they are. What
 * depends on the language alone is looked at once in each, colours once in each
 * theme.
 */
export async function everyLook(page, name) {
  const look = (theme, language) => page.evaluate(async ([theme, language]) => {
    document.querySelector(`.languages button[lang=${language}]`).click()
    localStorage.setItem('atalaya.theme', JSON.stringify(theme))
    dispatchEvent(new StorageEvent('storage', { key: 'atalaya.theme' }))
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
    if (document.documentElement.dataset.theme !== theme || document.documentElement.lang !== language) throw new Error('the look was not taken')
  }, [theme, language])
  const found = []
  for (const [theme, language, rules] of [['day', 'en'], ['night', 'en', colours], ['dusk', 'en', null], ['dusk', 'es']]) {
    if (rules === null && !process.env.UPDATE) continue
    await look(theme, language)
    const where = `${name}, ${theme}, ${language}: `
    if (rules !== null) found.push(...(await accessibility(page, rules)).map((f) => where + f), ...(await overflow(page)).map((f) => `${where}sticks out: ${f}`))
    if (process.env.UPDATE && theme === 'dusk') {
      await page.waitForTimeout(500) // the map draws its new colours
      const folder = join(root, 'docs', 'img', language)
      mkdirSync(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${name}.png`) })
    }
  }
  assert.deepEqual(found, [])
}

/**
 * From now on what is asked of an address other than to read it is done at once
 * and answered late: the stream tells of it first. Gives the end.
 */
export async function answersLate(page, address, ms = 700) {
  await page.route(address, async (route) => {
    if (route.request().method() === 'GET') return route.fallback()
    const response = await route.fetch()
    await new Promise((later) => setTimeout(later, ms))
    await route.fulfill({ response })
  })
  return () => page.unroute(address)
}

/** From now on what is read from an address comes late. Gives the end. */
export async function readsLate(page, address, ms = 700) {
  await page.route(address, async (route) => {
    if (route.request().method() === 'GET') await new Promise((later) => setTimeout(later, ms))
    await route.fallback()
  })
  return () => page.unrouteAll({ behavior: 'wait' })
}

/**
 * Counts what is pressed for a job. Words that are typed into a field are the
 * job's text: they are not counted, the keys around them are.
 */
export class Keys {
  pressed = []
  constructor(page) {
    this.page = page
  }
  async press(...keys) {
    for (const k of keys) {
      await this.page.keyboard.press(k)
      this.pressed.push(k)
    }
  }
  /** Writes into the field that has the focus. */
  async write(text) {
    const inField = await this.page.evaluate(() => document.activeElement?.matches('input, textarea, [contenteditable]') ?? false)
    assert.ok(inField, `"${text}" would be written into no field`)
    await this.page.keyboard.type(text)
  }
  atMost(n) {
    assert.ok(this.pressed.length <= n, `${this.pressed.length} keys, more than ${n}: ${this.pressed.join(' ')}`)
  }
}

/** Nothing left the host, nothing broke the policy, nothing failed. */
export async function nothingStrayed({ watched }) {
  assert.deepEqual(watched.strays, [])
  assert.deepEqual(await watched.violations(), [])
  assert.deepEqual(watched.errors, [])
}

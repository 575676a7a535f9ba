// The checker of disclosures that is one HTML file, in Debian's Chromium,
// against the same vectors as the one in Go: ledger/proof/mutations_test.go.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { after, before, test } from 'node:test'
import { launch } from '../dev/chromium.mjs'
import { accessibility } from './page.mjs'

const at = (path) => fileURLToPath(new URL('../../../' + path, import.meta.url))
const file = pathToFileURL(at('ledger/proof/verify.html')).href
const json = (path) => JSON.parse(readFileSync(at(path), 'utf8'))
const log = json('ledger/proof/testdata/vectors.json')
const writer = json('ledger/testdata/vectors.json')

let browser, page
const said = []
before(async () => {
  browser = await launch()
  page = await browser.newPage()
  page.on('pageerror', (e) => said.push(String(e)))
  page.on('console', (m) => said.push(m.text()))
  page.on('request', (r) => { if (r.url() !== file) said.push('asks for ' + r.url()) })
  await page.goto(file)
})
after(() => browser.close())

test('SHA-256 is the browser\'s', async () => {
  const differ = await page.evaluate(async () => {
    const out = []
    for (let n = 0; n < 300; n++) {
      const data = Uint8Array.from({ length: n }, (_, i) => (i * 7 + n) & 255)
      if (!equal(sha256(data), new Uint8Array(await crypto.subtle.digest('SHA-256', data)))) out.push(n)
    }
    return out
  })
  assert.deepEqual(differ, [])
})

test('the writer\'s vectors', async () => {
  const wrong = await page.evaluate(async (v) => {
    const out = []
    const verdict = async (act) => {
      try { await act() } catch (e) {
        if (e instanceof Bad) return e.kind
        throw e
      }
      return 'ok'
    }
    const keys = (x) => ({ log: [parseKey(x.vkey, 1)], witnesses: x.witness_vkey ? [parseKey(x.witness_vkey, 4)] : [], quorum: x.witness_vkey ? 1 : 0 })
    for (const list of ['openings', 'groups', 'wholes', 'checkpoints', 'proofs']) {
      for (const x of v[list]) {
        const got = await verdict(async () => {
          if (list === 'checkpoints') return openCheckpoint(x.note, keys(x))
          if (list === 'proofs') {
            const p = parseLogProof(x.proof), c = await openCheckpoint(p.checkpoint, keys(x))
            return checkInclusion(p.path, c.size, c.root, p.index, base64(x.entry))
          }
          if (!equal(parseOpening(x.opening ?? x.group ?? x.whole).root(), base64(x.entry))) throw new Bad()
        })
        if (got !== x.verdict) out.push(`${list} ${x.name}: ${got}, want ${x.verdict}`)
      }
    }
    return out
  }, writer)
  assert.deepEqual(wrong, [])
  assert.ok(writer.proofs.length > 10 && writer.groups.length > 10)
})

test('one log continues another', async () => {
  const wrong = await page.evaluate(async (v) => {
    const out = []
    const keys = { log: [parseKey(v.vkey, 1)], witnesses: [], quorum: 0 }
    for (const c of v.consistency) {
      let got = 'ok'
      try {
        checkConsistency(c.path.map(hash), await openCheckpoint(c.older, keys), await openCheckpoint(c.newer, keys))
      } catch (e) { got = e.kind ?? String(e) }
      if (got !== c.verdict) out.push(`${c.name}: ${got}, want ${c.verdict}`)
    }
    return out
  }, log)
  assert.deepEqual(wrong, [])
})

test('policies, and who must have cosigned', async () => {
  const vectors = json('ledger/proof/testdata/policies.json')
  const wrong = await page.evaluate(async (v) => {
    const out = []
    for (const x of v) {
      let got = 'unreadable'
      try {
        const keys = parsePolicy(x.policy)
        got = 'ok'
        await openCheckpoint(x.note, keys)
      } catch (e) { if (got === 'ok') got = e.kind ?? String(e) }
      if (got !== x.verdict) out.push(`${x.name}: ${got}, want ${x.verdict}`)
    }
    return out
  }, vectors)
  assert.deepEqual(wrong, [])
  assert.ok(vectors.length >= 30)
})

test('bundles, and a thousand with faults, are judged as atalaya-verify does', async () => {
  const wrong = await page.evaluate(async (v) => {
    const out = []
    const keys = { log: [parseKey(v.vkey, 1)], witnesses: [parseKey(v.witness_vkey, 4)], quorum: v.quorum }
    const found = async (bytes) => {
      try {
        return (await checkBundle(bytes, keys)).findings.map((f) => `${f.kind} ${f.where}`).sort().join(', ')
      } catch { return 'unreadable' }
    }
    const bundles = v.bundles.map((b) => utf8.encode(b.bundle))
    for (const [i, b] of v.bundles.entries()) {
      const got = await found(bundles[i])
      if (got !== b.findings.join(', ')) out.push(`${b.name}: ${got}, want ${b.findings}`)
    }
    for (const [i, m] of v.mutations.entries()) {
      const b = bundles[m.bundle]
      const got = await found(concat(b.subarray(0, m.at), looseBase64(m.insert ?? ''), b.subarray(m.at + m.delete)))
      if (got !== m.findings.join(', ')) out.push(`mutation ${i} of ${v.bundles[m.bundle].name}: ${got}, want ${m.findings}`)
    }
    return out
  }, log)
  assert.deepEqual(wrong, [])
  assert.equal(log.mutations.length, 1000)
})

test('every text stands in both languages, and every reason has one', async () => {
  const missing = await page.evaluate(() => {
    const [es, en] = [texts.es, texts.en].map((t) => Object.keys(t).sort())
    const source = document.scripts[0].textContent
    const reasons = [...source.matchAll(/this\.add\('[a-z-]+', r, '(\w+)'/g), ...source.matchAll(/add\('[a-z-]+', [^,]+, '(\w+)'\)/g)].map((m) => m[1])
    return [...es.filter((k) => !en.includes(k)), ...en.filter((k) => !es.includes(k)), ...reasons.filter((k) => !es.includes(k))]
  })
  assert.deepEqual(missing, [])
})

test('a person checks a file', async () => {
  const bundle = (i) => ({ name: 'bundle.json', mimeType: 'application/json', buffer: Buffer.from(log.bundles[i].bundle) })
  const cheat = log.bundles.findIndex((b) => b.findings.includes('outside-fence entry 11'))
  await page.locator('#file').setInputFiles(bundle(0))
  await page.locator('#result .fails').waitFor() // no key yet
  await page.locator('#key').fill(log.vkey)
  await page.locator('#witness').fill(log.witness_vkey)
  await page.locator('#quorum').fill('1')
  await page.locator('#quorum').blur()
  await page.locator('#result .holds').waitFor()
  assert.match(await page.locator('#result').innerText(), /illegal|look|class\.pe/)
  for (const words of [/leaves the fence|sale de la cerca/, /sale de la cerca|leaves the fence/]) {
    await page.locator('#file').setInputFiles(bundle(cheat))
    await page.locator('#result .fails').waitFor()
    assert.match(await page.locator('#result').innerText(), words)
    assert.deepEqual(await accessibility(page), [])
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'it scrolls sideways')
    await page.locator('#language').click()
  }
  await page.locator('#file').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{') })
  await page.locator('#result p.fails').waitFor()
  assert.deepEqual(said, [])
})

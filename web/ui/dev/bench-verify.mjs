// How many proofs a second the page of atalaya-verify checks, on one core: a
// proof of inclusion in a log of a million entries, and an opening of one field.

import { fileURLToPath, pathToFileURL } from 'node:url'
import { launch } from './chromium.mjs'

const file = pathToFileURL(fileURLToPath(new URL('../../../ledger/proof/verify.html', import.meta.url))).href
const browser = await launch()
const page = await browser.newPage()
await page.goto(file)
const result = await page.evaluate(async () => {
  const index = 777777, size = 1 << 20
  const field = { place: 5, name: 'class.pe', salt: new Uint8Array(16), value: ascii('10-50') }
  const side = Array.from({ length: 26 }, (_, i) => sha256(Uint8Array.of(i)))
  const entryOf = () => side.slice(20).reduce((h, p, l) => (5 >> l) & 1 ? recordNode(p, h) : recordNode(h, p), fieldHash(field))
  const path = side.slice(0, 20)
  const root = path.reduce((h, p, l) => (index >> l) & 1 ? nodeHash(p, h) : nodeHash(h, p), leafHash(entryOf()))
  const rate = (act) => {
    let n = 0
    const begin = performance.now()
    while (performance.now() - begin < 2000) for (let i = 0; i < 100; i++, n++) act()
    return Math.round(n / (performance.now() - begin) * 1000)
  }
  const entry = entryOf()
  rate(() => checkInclusion(path, size, root, index, entry)) // warm
  const inclusion = rate(() => checkInclusion(path, size, root, index, entry))
  const both = rate(() => checkInclusion(path, size, root, index, entryOf()))
  const data = new Uint8Array(65)
  const begin = performance.now()
  for (let i = 0; i < 5000; i++) await crypto.subtle.digest('SHA-256', data)
  return { inclusion, both, own: rate(() => sha256(data)), webcrypto: Math.round(5000 / (performance.now() - begin) * 1000) }
})
await browser.close()
console.log(`inclusion in a log of 2^20        ${result.inclusion} proofs/s`)
console.log(`inclusion and one opened field    ${result.both} proofs/s`)
console.log(`SHA-256 of 65 bytes               ${result.own}/s here, ${result.webcrypto}/s by WebCrypto`)

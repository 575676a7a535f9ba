import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Authority } from './api'
import { make, sign } from './devicekey'
import { agrees, authorityPaper, authorityText, fixed, proofText, sha256 } from './signed'

/** What the server makes of the same authorities; desk/authority/text_test.go writes it. */
const golden = JSON.parse(readFileSync(new URL('../../../../desk/authority/testdata/texts.json', import.meta.url), 'utf8')) as (Authority & { text: string })[]

it.each(golden)('the text of an authority is the server’s, and so is its hash', async (a) => {
  expect(authorityText(a)).toBe(a.text)
  expect(await sha256(a.text)).toBe(a.content)
})

it('numbers are rounded as the server rounds them', () => {
  // strconv.FormatFloat(v, 'f', digits, 64)
  const table: [number, number, string][] = [
    [1 / 256, 7, '0.0039062'], [3 / 256, 7, '0.0117188'], [-3 / 256, 7, '-0.0117188'], [-1 / 256, 7, '-0.0039062'], [1 / 16, 3, '0.062'], [3 / 16, 3, '0.188'],
    [-16.15695, 7, '-16.1569500'], [-0, 7, '-0.0000000'], [0, 3, '0.000'], [-1e-9, 7, '-0.0000000'], [0.5, 3, '0.500'],
  ]
  for (const [v, digits, text] of table) expect(fixed(v, digits)).toBe(text)
})

it('a paper agrees only where the device would sign the hash of what is shown', async () => {
  const a = golden[0]!
  const good = `atalaya.approval.v1\nauthority\nauthority/A7\n${a.content}\n`
  expect(await agrees(authorityPaper(a, good))).toBe(true)
  const bad: [string, Authority, string][] = [
    ['another hash is signed', a, good.replace(a.content, 'f'.repeat(64))],
    ['more is signed', a, `${good}more\n`],
    ['another form is signed', a, good.replace('approval', 'key')],
    ['it says something else', { ...a, place: 'Everywhere' }, good],
    ['its end was moved', { ...a, until: '2027-01-01T00:00:00Z' }, good],
    ['a sensor was added', { ...a, sensors: [...a.sensors, 'drone-1'] }, good],
  ]
  for (const [what, authority, text] of bad) expect(await agrees(authorityPaper(authority, text)), what).toBe(false)
})

it('a device proves its key, signs with it, and tells it to nobody', async () => {
  const { kept, proof } = await make({ id: 'p1', name: 'Ana' }, 'armada', 'puesto-1', 7)
  const bytes = (s: string) => Uint8Array.from(atob(s), (c) => c.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes(kept.key), 'Ed25519', false, ['verify'])
  const holds = (signature: string, text: string) => crypto.subtle.verify('Ed25519', key, bytes(signature), new TextEncoder().encode(text))
  expect(bytes(kept.key)).toHaveLength(32)
  expect(await holds(proof, proofText('armada', 'puesto-1', kept.key))).toBe(true)
  expect(await holds(proof, proofText('armada', 'puesto-2', kept.key))).toBe(false)
  const pen = await sign(kept, 'a text\n')
  expect(pen.key).toBe(kept.key)
  expect(await holds(pen.signature, 'a text\n')).toBe(true)
  expect(kept.secret.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('pkcs8', kept.secret)).rejects.toThrow()
})

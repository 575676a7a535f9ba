'use strict'
// Checks in the browser what the portal gives: /verify.js is the script of
// atalaya-verify's own page.
{
  const $ = (id) => document.getElementById(id)
  const out = $('result')
  const say = (key, ...args) => (texts[out.dataset.language][key] ?? key).replace(/\{(\d)\}/g, (_, i) => args[i])
  const element = (name, content, className = '') => {
    const e = Object.assign(document.createElement(name), { className })
    e.append(...[content].flat())
    return e
  }
  const table = (heads, rows) => {
    const row = (tag, cells) => element('tr', cells.map((c) => element(tag, c)))
    const scroll = element('div', element('table', [element('thead', row('th', heads)), element('tbody', rows.map((r) => row('td', r)))]), 'scroll')
    scroll.tabIndex = 0
    return scroll
  }
  const where = (s) => s.replace(/^entry /, say('entry') + ' ').replace(/^item /, say('item') + ' ')

  /** What is not verified, and why, in words of the page. */
  class No extends Error {}

  async function get(path) {
    let answer
    try { answer = await fetch(path) } catch { throw new No(out.dataset.unreachable) }
    if (answer.status === 404) throw new No(out.dataset.none)
    if (answer.status === 410) throw new No(out.dataset.gone)
    if (!answer.ok || answer.redirected) throw new No(out.dataset.unreachable)
    return new Uint8Array(await answer.arrayBuffer())
  }

  /** A bundle as it is; an opening gets its proof from the portal. */
  async function asBundle(bytes) {
    let o
    try { o = JSON.parse(new TextDecoder().decode(bytes)) } catch { throw new No(say('unreadable')) }
    if (o === null || typeof o !== 'object') throw new No(say('unreadable'))
    if ('format' in o) return bytes
    if (!Number.isSafeInteger(o.index) || o.index < 0) throw new No(say('unreadable'))
    const proof = new TextDecoder().decode(await get('/proofs/' + o.index))
    return utf8.encode(JSON.stringify({ format: 'atalaya.bundle.v1', view: 'public', entries: [{ proof, opening: o }] }))
  }

  async function given() {
    const file = $('file').files[0]
    if (file) return asBundle(new Uint8Array(await file.arrayBuffer()))
    if ($('paste').value.trim()) return asBundle(utf8.encode($('paste').value.trim()))
    if (/^\d{1,15}$/.test($('entry').value)) return get('/receipts/' + $('entry').value)
    throw new No(out.dataset.none)
  }

  function keys() {
    const lines = (id) => $(id).value.split('\n').map((l) => l.trim()).filter(Boolean)
    let k
    try { k = { log: lines('key').map((l) => parseKey(l, 1)), witnesses: lines('witness').map((l) => parseKey(l, 4)) } } catch { throw new No(out.dataset.key) }
    if (!k.log.length) throw new No(out.dataset.key)
    return { ...k, quorum: k.witnesses.length }
  }

  async function verify() {
    const k = keys()
    const bundle = await given()
    let result
    try { result = await checkBundle(bundle, k) } catch (e) { throw new No(say(e.name === 'NotSupportedError' ? 'noCrypto' : 'unreadable')) }
    const { findings, records, checkpoint } = result
    const parts = [findings.length ? element('p', `${out.dataset.not} ${findings.length} ${say('fails')}`, 'bad') : element('p', out.dataset.verified, 'good')]
    if (findings.length) parts.push(table([say('kind'), say('where'), say('why')], findings.map((f) => [f.kind, where(f.where), say(...f.why)])))
    if (checkpoint) parts.push(element('p', `${say('checkpoint')}: ${checkpoint.origin}, ${checkpoint.size} ${say('size')}`))
    for (const c of checkpoint?.cosigned ?? []) parts.push(element('p', `${say('cosigned')} ${c.name}, ${new Date(c.at * 1000).toISOString()}`))
    const shown = new TextDecoder()
    for (const r of records) parts.push(element('h2', `${say('entry')} ${r.index}`), table([say('field'), say('value')], r.fields.map((f) => [f.name, shown.decode(f.value)])))
    return parts
  }

  async function show() {
    out.replaceChildren()
    try { out.replaceChildren(...await verify()) } catch (e) {
      if (!(e instanceof No)) throw e
      out.replaceChildren(element('p', `${out.dataset.not} ${e.message}`, 'bad'))
    }
  }

  $('receipts').addEventListener('submit', (e) => { e.preventDefault(); show() })
  if ($('entry').value) show()
}

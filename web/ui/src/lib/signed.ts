// What people sign, made here anew from what the server tells: the text of an
// authority, its hash, and the text that a device signs. What does not agree
// with the server's hash is not signed. The forms are those of
// docs/ledger-format.md and of package desk/authority.

import type { Authority, DeviceKey, Schedule } from './api'

/** A number with so many decimals, as the server writes it: where two are as near, the even one. */
export function fixed(v: number, digits: number): string {
  const text = v.toFixed(digits) // of two as near JavaScript takes the greater
  const scaled = v * 2 ** digits
  const tie = !Number.isInteger(scaled) && Number.isInteger(2 * scaled)
  const sign = Object.is(v, -0) ? '-' : ''
  if (!tie || Number(text.at(-1)) % 2 === 0) return sign + text
  return v.toFixed(digits + 1).slice(0, -1) // a tie ends there: what is cut off is its 5
}

/** "always", or the offset from UTC and the windows: days, minutes after midnight. */
function hours(s: Schedule | undefined): string {
  if (!s?.windows?.length) return 'always'
  const windows = s.windows.map((w) => `${(w.days ?? []).join(',')}:${w.from_min}-${w.to_min}`)
  return `${s.utc_offset_min < 0 ? '' : '+'}${s.utc_offset_min} ${windows.join(' ')}`
}

/** The text of an authority, a line each. */
export function authorityText(a: Authority): string {
  const lines: [string, string][] = [
    ['form', 'atalaya.authority.v1'], ['authority', a.id], ['salt', a.salt ?? ''], ['basis', a.basis], ['issuer', a.issuer], ['purpose', a.purposes.join(' ')], ['place', a.place],
    ['area', [...a.area, a.area[0]!].map((p) => `${fixed(p.lat, 7)},${fixed(p.lon, 7)}`).join(' ')],
    ['sensors', a.sensors.join(' ')], ['from', a.from], ['until', a.until], ['hours', hours(a.hours)],
    ['flights', String(a.flights)], ['flight-hours', fixed(a.flight_hours, 3)], ...(a.recipients ?? []).map((r): [string, string] => ['recipient', r]), ['emergency', String(a.emergency)],
  ]
  return lines.map(([k, v]) => `${k} ${v}\n`).join('')
}

/** What is hashed of a key that others approve. */
export const keyText = (k: DeviceKey): string => `atalaya.key.v1\n${k.pseudonym}\n${k.unit}\n${k.device}\n${k.key}\n`

/** What a device signs when its key is brought. */
export const proofText = (unit: string, device: string, key: string): string => `atalaya.key.v1\n${unit}\n${device}\n${key}\n`

/** SHA-256 in hex. */
export async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return Array.from(new Uint8Array(hash), (b) => b.toString(16).padStart(2, '0')).join('')
}

/** Something to sign: what it says, its hash, and the text that the device signs. */
export interface Paper { says: string; content: string; text: string }

export const authorityPaper = (a: Authority, text: string): Paper => ({ says: authorityText(a), content: a.content, text })
export const keyPaper = (k: DeviceKey, text: string): Paper => ({ says: keyText(k), content: k.content, text })

/** Whether what a device would sign is the approval of what is shown, and of nothing else. */
export async function agrees(p: Paper): Promise<boolean> {
  const [form, kind, id, content, end, ...more] = p.text.split('\n')
  return form === 'atalaya.approval.v1' && !!kind && !!id && content === p.content && end === '' && more.length === 0 && (await sha256(p.says)) === p.content
}

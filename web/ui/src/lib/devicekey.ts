// The key of this device with which a person signs: Ed25519, made in the
// browser. Its secret part cannot be read out of it, by a page or by a person;
// it goes when the browser's data of this address is cleared.

import { proofText } from './signed'

/** A key of this browser, and whose it is. */
export interface Kept {
  person: string
  name: string // of the person, as it was then
  unit: string
  device: string
  key: string // base64
  made: number // ms since 1970
  secret: CryptoKey
}

/** Where keys are kept. */
export interface Vault {
  all(): Promise<Kept[]>
  put(k: Kept): Promise<void>
}

export interface Pen { key: string; signature: string }

const base64 = (b: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(b)))
const bytes = (text: string) => new TextEncoder().encode(text)

/** Why this browser cannot have a key; '': it can. */
export async function cannot(vault: Vault | null = browserVault()): Promise<'' | 'insecure' | 'ed25519' | 'storage'> {
  if (typeof crypto === 'undefined' || !crypto.subtle) return 'insecure'
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])
  } catch {
    return 'ed25519'
  }
  try {
    if (!vault) return 'storage'
    await vault.all()
  } catch {
    return 'storage'
  }
  return ''
}

/** A new key, not kept yet, with the proof that this device has it. */
export async function make(who: { id: string; name: string }, unit: string, device: string, now: number): Promise<{ kept: Kept; proof: string }> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify'])) as CryptoKeyPair
  const key = base64(await crypto.subtle.exportKey('raw', pair.publicKey))
  const proof = base64(await crypto.subtle.sign('Ed25519', pair.privateKey, bytes(proofText(unit, device, key))))
  return { kept: { person: who.id, name: who.name, unit, device, key, made: now, secret: pair.privateKey }, proof }
}

/** The device's signature over a text. */
export async function sign(k: Kept, text: string): Promise<Pen> {
  return { key: k.key, signature: base64(await crypto.subtle.sign('Ed25519', k.secret, bytes(text))) }
}

const STORE = 'keys'

function open(): Promise<IDBDatabase> {
  return new Promise((yes, no) => {
    const asked = indexedDB.open('atalaya-device', 1)
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: 'key' })
    asked.onsuccess = () => yes(asked.result)
    asked.onerror = () => no(asked.error)
    asked.onblocked = () => no(new Error('another page holds the keys'))
  })
}

async function inStore<T>(mode: IDBTransactionMode, does: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await open()
  try {
    const all = db.transaction(STORE, mode, { durability: 'strict' })
    const asked = does(all.objectStore(STORE))
    await new Promise<void>((yes, no) => {
      all.oncomplete = () => yes()
      all.onabort = () => no(all.error)
    })
    return asked.result
  } finally {
    db.close()
  }
}

/** The browser's own store; null: it has none. */
export function browserVault(): Vault | null {
  if (typeof indexedDB === 'undefined') return null
  return {
    all: () => inStore('readonly', (s) => s.getAll() as IDBRequest<Kept[]>),
    put: async (k) => void (await inStore('readwrite', (s) => s.put(k))),
  }
}

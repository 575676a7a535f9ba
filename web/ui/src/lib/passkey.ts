// Passkeys in the browser (WebAuthn). The server makes the questions, the
// browser and its authenticator the answers.

import { api, Problem, type PasskeyAnswer, type PasskeyQuestion } from './api'

/** Whether the browser can; whether the address can, the server says. */
export const browserCan = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'

/** Whether passkeys are possible here; if not, where. */
export async function passkeysHere(): Promise<{ here: boolean; address: string }> {
  const o = await api.signInOptions()
  return { here: o.passkeys && browserCan(), address: o.passkeys ? '' : (o.address ?? '') }
}

/** The person closed the browser's window, or has no such key. */
function refused(e: unknown): Problem {
  return new Problem(0, e instanceof DOMException && e.name === 'InvalidStateError' ? 'passkey-known' : 'passkey-refused', '')
}

/** A new passkey, as an answer to a question. */
export async function createPasskey(q: PasskeyQuestion): Promise<PasskeyAnswer> {
  try {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(q.options as PublicKeyCredentialCreationOptionsJSON)
    const made = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential
    return { ceremony: q.ceremony, credential: made.toJSON() }
  } catch (e) {
    throw refused(e)
  }
}

/** The answer of a passkey that is there already. */
export async function usePasskey(q?: PasskeyQuestion): Promise<PasskeyAnswer> {
  q ??= await api.askPasskey()
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(q.options as PublicKeyCredentialRequestOptionsJSON)
    const got = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential
    return { ceremony: q.ceremony, credential: got.toJSON() }
  } catch (e) {
    throw refused(e)
  }
}

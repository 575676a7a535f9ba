// This browser as a device that signs: whether it can, whose keys it has, and
// one signature at a time, confirmed by a passkey where the server asks for it.

import { api, Problem, requestKey, type DeviceKey, type Signing } from './api'
import { browserVault, cannot, make, sign, type Kept } from './devicekey'
import { usePasskey } from './passkey'
import { agrees, type Paper } from './signed'

/** What may be wrong with a paper: its hash is not that of what it says. */
export class Disagrees extends Error {}

class Device {
  /** Why this browser cannot sign; '': it can; null: it is not known yet. */
  lacks: '' | 'insecure' | 'ed25519' | 'storage' | null = $state(null)
  /** The keys in it, of whomever. */
  kept: Kept[] = $state.raw([])

  async look() {
    this.lacks = await cannot()
    if (!this.lacks) this.kept = await browserVault()!.all()
  }

  /** The key of a person in this browser that signs, else one that waits to be approved. */
  of(person: string, keys: readonly DeviceKey[]): { kept: Kept; key: DeviceKey } | null {
    const here = keys.filter((k) => k.person === person && k.state !== 'revoked').flatMap((key) => {
      const kept = this.kept.find((x) => x.key === key.key)
      return kept ? [{ kept, key }] : []
    })
    return here.find((x) => x.key.state === 'signs') ?? here[0] ?? null
  }

  /** Whose it is, where a key in it is somebody else's: two people do not sign on one device. */
  others(person: string, keys: readonly DeviceKey[]): string {
    return keys.find((k) => k.person !== person && k.state !== 'revoked' && this.kept.some((x) => x.key === k.key))?.name ?? ''
  }

  /** Makes a key and brings it to the server. It is kept first: a key that is known there and lost here would be of no use. */
  async bring(who: { id: string; name: string }, unit: string, device: string, now: number): Promise<DeviceKey> {
    const { kept, proof } = await make(who, unit, device, now)
    await browserVault()!.put(kept)
    this.kept = [...this.kept, kept]
    return api.addDeviceKey({ unit, device, key: kept.key, proof }, requestKey())
  }

  /** Signs a paper and hands it in; where the server asks for it, the passkey confirms. */
  async hand<T>(kept: Kept, p: Paper, send: (s: Signing, wish: string) => Promise<T>): Promise<T> {
    if (!(await agrees(p))) throw new Disagrees()
    const pen = await sign(kept, p.text)
    try {
      return await send(pen, requestKey())
    } catch (e) {
      if (!(e instanceof Problem) || e.code !== 'confirm') throw e
      const passkey = await usePasskey(await api.askConfirmation(p.text))
      return send({ ...pen, passkey }, requestKey())
    }
  }
}

export const device = new Device()

// Things of ours that can be sent.

import { call, query } from './call'
import type { Claim } from './tracks'

export type AssetKind = 'drone' | 'boat' | 'patrol' | 'post'

export interface Asset { id: string; name: string; kind: AssetKind; claims: Claim[]; exercise: boolean }

export const assets = {
  /** Those in force; `all`: the last version of each. */
  assets: (all = false) => call<{ items: Asset[] }>('GET', `/api/assets?${query(all ? { all } : {})}`),
}

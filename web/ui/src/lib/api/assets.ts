// Things of ours that can be sent.

import { call, query } from './call'
import type { Version } from './rules'
import type { Claim } from './tracks'

export const ASSET_KINDS = ['drone', 'boat', 'patrol', 'post'] as const
export type AssetKind = (typeof ASSET_KINDS)[number]

/** Of a drone; all but registration and serial are published. */
export interface Aircraft { maker?: string; model?: string; supplier?: string; payload?: string; range_km?: number; registration?: string; serial?: string }

export interface Asset extends Aircraft { id: string; name: string; kind: AssetKind; version: Version; claims: Claim[]; exercise: boolean }

export const assets = {
  /** Those in force; `all`: the last version of each. */
  assets: (all = false) => call<{ items: Asset[] }>('GET', `/api/assets?${query(all ? { all } : {})}`),
}

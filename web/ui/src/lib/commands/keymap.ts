// Which keys do what: those of the table, changed by what a person chose.

import { clash, isKeys } from './keys'
import { commandIds, commandTable, type CommandId } from './table'

/** Keys that a person chose, of the commands that they changed. */
export type Chosen = Partial<Record<CommandId, readonly string[]>>

export const MOST_KEYS = 4

/** Whether something read from outside is a choice of keys. */
export const isChosen = (v: unknown): v is Chosen =>
  typeof v === 'object' && v !== null && !Array.isArray(v) &&
  Object.entries(v).every(([id, keys]) =>
    id in commandTable && Array.isArray(keys) && keys.length <= MOST_KEYS && keys.every((k) => typeof k === 'string' && isKeys(k)))

export const keysOf = (id: CommandId, chosen: Chosen): readonly string[] => chosen[id] ?? commandTable[id].keys

/** Commands that would answer to the same keys as `keys` given to `id`. */
export function conflicts(id: CommandId, keys: string, chosen: Chosen): CommandId[] {
  const { scope } = commandTable[id]
  return commandIds.filter((other) => {
    const there = commandTable[other].scope
    return other !== id && (scope === there || scope === 'everywhere' || there === 'everywhere') && keysOf(other, chosen).some((k) => clash(k, keys))
  })
}

/** The choice after a command got other keys; those equal to the table's are none. */
export function choose(chosen: Chosen, id: CommandId, keys: readonly string[]): Chosen {
  const { [id]: _, ...rest } = chosen
  return keys.join('\n') === commandTable[id].keys.join('\n') ? rest : { ...rest, [id]: keys }
}

/** As a file to keep or to take elsewhere. */
export const exported = (chosen: Chosen): string => `${JSON.stringify({ atalaya: 'keys', version: 1, keys: chosen }, null, 2)}\n`

/** Reads such a file; null: it is none. */
export function imported(text: string): Chosen | null {
  try {
    const file = JSON.parse(text) as { atalaya?: unknown; version?: unknown; keys?: unknown }
    return file.atalaya === 'keys' && file.version === 1 && isChosen(file.keys) ? file.keys : null
  } catch {
    return null
  }
}

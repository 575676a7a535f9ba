// Who carries out a command, and what a key press means now.

import { untrack } from 'svelte'
import { onRemembered, recall, remember } from '../remembered'
import { choose, isChosen, keysOf, type Chosen } from './keymap'
import { pressed, types, type KeyPress } from './keys'
import { commandIds, commandTable, type Command, type CommandId } from './table'

type Run = () => void
type Scope = Command['scope']

const isBoolean = (v: unknown): v is boolean => typeof v === 'boolean'

/** The second of two keys comes within this time, also from a slow hand or on a slow machine. */
const SECOND_MS = 3000

export class Commands {
  /** Keys that this person chose. */
  chosen: Chosen = $state.raw(recall('keys', isChosen, {}))
  /** Whether plain letters are commands (WCAG 2.1.4); those with Ctrl always are. */
  letters: boolean = $state(recall('letters', isBoolean, true))
  /** The first of two keys, while the second is awaited. */
  first = $state('')

  private runs: ReadonlyMap<CommandId, readonly Run[]> = $state.raw(new Map())
  private forget: ReturnType<typeof setTimeout> | undefined

  /** Carries commands out until the answer is called; the newest comes first. */
  handle(handlers: Partial<Record<CommandId, Run>>): () => void {
    const entries = Object.entries(handlers) as [CommandId, Run][]
    const runs = new Map(untrack(() => this.runs)) // an effect that offers does not wait for others' offers
    for (const [id, run] of entries) runs.set(id, [run, ...(runs.get(id) ?? [])])
    this.runs = runs
    return () => {
      const left = new Map(untrack(() => this.runs))
      for (const [id, run] of entries) left.set(id, (left.get(id) ?? []).filter((r) => r !== run))
      this.runs = left
    }
  }

  /** Whether somebody carries it out now. */
  available(id: CommandId): boolean {
    return (this.runs.get(id)?.length ?? 0) > 0
  }

  run(id: CommandId): boolean {
    const run = this.runs.get(id)?.[0]
    run?.()
    return run !== undefined
  }

  keys(id: CommandId): readonly string[] {
    return keysOf(id, this.chosen)
  }

  choose(id: CommandId, keys: readonly string[]) {
    this.take(choose(this.chosen, id, keys))
  }

  take(chosen: Chosen) {
    this.chosen = chosen
    remember('keys', chosen)
  }

  useLetters(on: boolean) {
    this.letters = on
    remember('letters', on)
  }

  /** Takes a key press; true: it was a command's. `writing`: the focus is where one writes. */
  press(e: KeyPress, scope: Scope, writing: boolean): boolean {
    const key = pressed(e)
    if (key === '') return false
    if (types(key) && (writing || !this.letters)) return false
    const before = this.first
    this.wait('')
    const whole = before ? `${before} ${key}` : key
    const live = commandIds.filter((id) => this.available(id) && ['everywhere', scope].includes(commandTable[id].scope))
    const found = live.find((id) => this.keys(id).includes(whole))
    if (found) return this.run(found)
    if (!before && live.some((id) => this.keys(id).some((k) => k.startsWith(`${key} `)))) {
      this.wait(key)
      return true
    }
    return before !== ''
  }

  /** Follows what other windows choose; gives its end. */
  follow(): () => void {
    const ends = [
      onRemembered('keys', () => (this.chosen = recall('keys', isChosen, {}))),
      onRemembered('letters', () => (this.letters = recall('letters', isBoolean, true))),
    ]
    return () => ends.forEach((end) => end())
  }

  private wait(first: string) {
    clearTimeout(this.forget)
    this.first = first
    if (first) this.forget = setTimeout(() => (this.first = ''), SECOND_MS)
  }
}

export const commands = new Commands()

// The language of the screen. Spanish is the source: its keys are the type, so
// a missing or misspelled key, a missing translation or a missing parameter is
// a type error.

import { en, es } from './texts'

export type Language = 'es' | 'en'
export type Key = keyof typeof es
export type Texts = Record<Key, string>

/** The names in braces of a text; `{n|track|tracks}` is a word by the number n. */
type Params<S extends string> = S extends `${string}{${infer P}}${infer Rest}` ? (P extends `${infer N}|${string}` ? N : P) | Params<Rest> : never
type Args<K extends Key> = [Params<(typeof es)[K]>] extends [never]
  ? []
  : [params: Record<Params<(typeof es)[K]>, string | number>]

/** Keys of texts without parameters. */
export type Plain = { [K in Key]: [Params<(typeof es)[K]>] extends [never] ? K : never }[Key]

const texts: Record<Language, Texts> = { es, en }
const remembered = 'atalaya.language'

function firstLanguage(): Language {
  if (typeof localStorage === 'undefined') return 'es'
  const chosen = localStorage.getItem(remembered)
  if (chosen === 'es' || chosen === 'en') return chosen
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'es'
}

class Languages {
  now: Language = $state(firstLanguage())

  choose(l: Language) {
    this.now = l
    localStorage.setItem(remembered, l)
  }
}

export const language = new Languages()

/** The text of a key in the language of the screen. */
export function t<K extends Key>(key: K, ...args: Args<K>): string {
  return fill(texts[language.now][key], args[0] ?? {})
}

/** As t, for keys made at run time from a closed set; falls back to `otherwise`. */
export function tOr(key: string, otherwise: string): string {
  return (texts[language.now] as Record<string, string>)[key] ?? otherwise
}

/** A text of the server, which comes in both languages. */
export const said = (text: { es: string; en: string }): string => text[language.now]

export const fill = (text: string, params: Record<string, string | number>): string =>
  text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = params[name]
    if (value === undefined) return whole
    return one === undefined ? String(value) : (String(value) === '1' ? one : many)!
  })

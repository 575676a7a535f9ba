import { Problem, type Wrong } from './api'
import { t, tOr } from './i18n.svelte'

/** What went wrong and what to do next, in the language of the screen where we know it, else as the server says. */
export function problemText(e: unknown): string {
  if (!(e instanceof Problem)) return t('problem.unknown', { status: '-' })
  const known = tOr(`problem.${e.code}`, '')
  if (known) return known
  // What the description of the API refuses comes with its fields; what the desk refuses with a sentence.
  if (e.code === 'unprocessable-entity' && e.errors.length) return t('problem.fields', { what: e.errors.map(wrongText).join('; ') })
  return e.message ? t('problem.says', { what: saidText(e.message) }) : t('problem.unknown', { status: e.status })
}

/** Sentences of the server that people often meet, with the key of our text. */
const sentences = [
  [/no kind of permit/, 'problem.said.permitKind'], [/is no identity for a permit/, 'problem.said.identity'], [/are no hours|no time of day|is no day:/, 'problem.said.hours'],
  [/no date:|a year of 1900/, 'problem.said.date'], [/it ends before it begins/, 'problem.said.ends'], [/the header row/, 'problem.said.header'],
  [/UTF-16|a workbook/, 'problem.said.csv'], [/PMTiles/, 'problem.said.pmtiles'],
] as const

/** A sentence of the server, in the language of the screen where we know it. */
export function saidText(sentence: string): string {
  const crossing = /point (\d+) begins a leg that crosses the one from point (\d+)/.exec(sentence)
  if (crossing) return t('problem.said.crosses', { a: crossing[1]!, b: crossing[2]! })
  const known = sentences.find(([pattern]) => pattern.test(sentence))
  return known ? t(known[1]) : sentence
}

/** What the server's check of shapes says, with the key of our text; what is in brackets is its bound. */
const shapes = [
  [/^expected length >= (\d+)/, 'problem.shape.longer'], [/^expected length <= (\d+)/, 'problem.shape.shorter'],
  [/^expected array length >= (\d+)/, 'problem.shape.more'], [/^expected array length <= (\d+)/, 'problem.shape.fewer'],
  [/^expected number >=? (\S+)/, 'problem.shape.least'], [/^expected number <=? (\S+)/, 'problem.shape.most'],
  [/^expected value to be one of "(.+)"$/, 'problem.shape.oneOf'],
] as const

/** One thing that is wrong: the field as people call it, and what is wrong with it. */
export function wrongText(w: Wrong): string {
  const required = /^expected required property (\w+)/.exec(w.message)?.[1]
  const field = required ?? w.location.split('.').findLast((part) => !/^(body|query|path|header|to)$/.test(part))?.replace(/\[\d+\]$/, '') ?? ''
  const name = tOr(`problem.field.${field}`, tOr(`field.${field}`, field))
  const what = required ? t('problem.shape.missing') : shapeText(w.message)
  return name ? `${name}: ${what}` : what
}

function shapeText(message: string): string {
  for (const [pattern, key] of shapes) {
    const bound = pattern.exec(message)?.[1]
    if (bound !== undefined) return t(key, { n: bound })
  }
  if (/date-time|RFC 3339/.test(message)) return t('problem.shape.time')
  return /^(expected|unexpected)/.test(message) ? t('problem.shape.wrong') : message
}

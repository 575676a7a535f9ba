import { Problem } from './api'
import { t, tOr } from './i18n.svelte'

/** What went wrong and what to do next, in the language of the screen where we know it, else as the server says. */
export function problemText(e: unknown): string {
  if (!(e instanceof Problem)) return t('problem.unknown', { status: '-' })
  return tOr(`problem.${e.code}`, e.message || t('problem.unknown', { status: e.status }))
}

// Rules, and how well they serve.
import type { Same } from './same'

export const es = {
  'rules.title': 'Reglas',
} as const

export const en: Same<typeof es> = {
  'rules.title': 'Rules',
}

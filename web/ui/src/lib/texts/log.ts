// The log of the shift, and handing it over.
import type { Same } from './same'

export const es = {
  'log.title': 'Bitácora',
} as const

export const en: Same<typeof es> = {
  'log.title': 'Log',
}

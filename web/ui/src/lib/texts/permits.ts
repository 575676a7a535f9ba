// Permits and known craft.
import type { Same } from './same'

export const es = {
  'permits.title': 'Permisos',
} as const

export const en: Same<typeof es> = {
  'permits.title': 'Permits',
}

// Areas.
import type { Same } from './same'

export const es = {
  'areas.title': 'Zonas',
} as const

export const en: Same<typeof es> = {
  'areas.title': 'Areas',
}

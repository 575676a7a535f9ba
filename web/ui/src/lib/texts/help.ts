// Help: words, keys.
import type { Same } from './same'

export const es = {
  'help.title': 'Ayuda',
} as const

export const en: Same<typeof es> = {
  'help.title': 'Help',
}

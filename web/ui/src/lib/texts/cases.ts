// Cases: what the duty officer makes of alerts.
import type { Same } from './same'

export const es = {
  'cases.title': 'Casos',
} as const

export const en: Same<typeof es> = {
  'cases.title': 'Cases',
}

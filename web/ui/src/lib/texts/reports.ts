// Sightings that people report by radio, telephone or eye.
import type { Same } from './same'

export const es = {
  'reports.title': 'Avistamientos',

  'reports.short': 'Avisos',
} as const

export const en: Same<typeof es> = {
  'reports.title': 'Sightings',

  'reports.short': 'Sightings',
}

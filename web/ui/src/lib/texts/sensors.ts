// Administration of sensors and feeds.
import type { Same } from './same'

export const es = {
  'sensors.title': 'Sensores y fuentes',
} as const

export const en: Same<typeof es> = {
  'sensors.title': 'Sensors and feeds',
}

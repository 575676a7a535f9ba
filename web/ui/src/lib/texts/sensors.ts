// Administration of sensors and feeds.
import type { Same } from './same'

export const es = {
  'sensors.title': 'Sensores y fuentes',

  'sensors.short': 'Sensores',

  'sensors.about': 'Lo que cada fuente trae, bueno y malo, y por qué calla la que calla.',
} as const

export const en: Same<typeof es> = {
  'sensors.title': 'Sensors and feeds',

  'sensors.short': 'Sensors',

  'sensors.about': 'What each feed brings, good and bad, and why a silent one is silent.',
}

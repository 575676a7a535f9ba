// Health of the feeds.
import type { Same } from './same'

export const es = {
  'feeds.label': 'Estado de las fuentes',
  'feeds.none': 'No hay fuentes configuradas.',
  'feeds.feed': 'Fuente',
  'feeds.last': 'Último dato',
  'feeds.never': 'nunca',
  'feeds.good': 'Buenos',
  'feeds.bad': 'Malos',
  'feeds.duplicate': 'Repetidos',
  'feeds.late': 'Tardíos',
  'feeds.refused': 'Rechazados',
  'feeds.lost': 'Perdidos',
  'feeds.clockDoubt': 'Hora dudosa',
  'feeds.unproven': 'emisor sin comprobar',
  'feeds.clockOffset': 'reloj del sensor: {seconds} s',
  'feeds.restarts': 'reinicios: {n}',
  'feeds.state.starting': 'iniciando',
  'feeds.state.up': 'activa',
  'feeds.state.degraded': 'degradada',
  'feeds.state.silent': 'en silencio',
  'feeds.state.refused': 'rechazada',

  'feeds.troubled': '{n} con problemas',
} as const

export const en: Same<typeof es> = {
  'feeds.label': 'Health of the feeds',
  'feeds.none': 'No feeds are configured.',
  'feeds.feed': 'Feed',
  'feeds.last': 'Last frame',
  'feeds.never': 'never',
  'feeds.good': 'Good',
  'feeds.bad': 'Bad',
  'feeds.duplicate': 'Duplicate',
  'feeds.late': 'Late',
  'feeds.refused': 'Refused',
  'feeds.lost': 'Lost',
  'feeds.clockDoubt': 'Doubtful time',
  'feeds.unproven': 'sender unproven',
  'feeds.clockOffset': "sensor's clock: {seconds} s",
  'feeds.restarts': 'restarts: {n}',
  'feeds.state.starting': 'starting',
  'feeds.state.up': 'up',
  'feeds.state.degraded': 'degraded',
  'feeds.state.silent': 'silent',
  'feeds.state.refused': 'refused',

  'feeds.troubled': '{n} with trouble',
}

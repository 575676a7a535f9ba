// The frame of all screens.
import type { Same } from './same'

export const es = {
  'app.name': 'Atalaya',
  'app.exercise': 'EJERCICIO',
  'app.exerciseLong': 'Todo lo que se ve es simulado',
  'app.language': 'Idioma',
  'app.signOut': 'Salir',
  'app.loading': 'Cargando…',
  'app.close': 'Cerrar panel',
  'app.operations': 'Operaciones',

  'panel.tracks': 'Trazas',
  'panel.alerts': 'Alertas',
  'panel.feeds': 'Fuentes',
} as const

export const en: Same<typeof es> = {
  'app.name': 'Atalaya',
  'app.exercise': 'EXERCISE',
  'app.exerciseLong': 'Everything you see is simulated',
  'app.language': 'Language',
  'app.signOut': 'Sign out',
  'app.loading': 'Loading…',
  'app.close': 'Close panel',
  'app.operations': 'Operations',

  'panel.tracks': 'Tracks',
  'panel.alerts': 'Alerts',
  'panel.feeds': 'Feeds',
}

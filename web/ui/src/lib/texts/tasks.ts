// Tasks to boats and patrols, given by voice.
import type { Same } from './same'

export const es = {
  'tasks.title': 'Tareas',
} as const

export const en: Same<typeof es> = {
  'tasks.title': 'Tasks',
}

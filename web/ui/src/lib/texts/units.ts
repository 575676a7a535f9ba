// Values with their units.
import type { Same } from './same'

export const es = {
  'age.s': '{n} s',
  'age.min': '{n} min',
  'age.h': '{h} h {min} min',
  'age.d': '{n} d',

  'age.hours': '{n} h',
} as const

export const en: Same<typeof es> = {
  'age.s': '{n} s',
  'age.min': '{n} min',
  'age.h': '{h} h {min} min',
  'age.d': '{n} d',

  'age.hours': '{n} h',
}

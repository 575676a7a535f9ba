// Time: live, and the picture as it was known.
import type { Same } from './same'

export const es = {
  'replay.title': 'Repetición',
  'replay.mark': 'REPETICIÓN',
  'replay.known': 'La imagen tal como se conocía a las',
  'replay.goLive': 'Volver a en vivo',
  'replay.live': 'En vivo',
  'replay.bar': 'Tiempo',
  'replay.when': 'Momento de la imagen',
  'replay.speed': 'Velocidad de la repetición',
  'replay.span': 'Cuánto tiempo abarca la barra',
  'replay.times': '{n} veces más rápido',
  'replay.noMore': 'No hay más alertas en esa dirección.',
  'replay.trouble.replays': 'El servidor no puede con más repeticiones ahora. Cierre otra o espere.',
  'replay.trouble.history': 'No se guardó nada que repetir, o no se puede leer.',
} as const

export const en: Same<typeof es> = {
  'replay.title': 'Replay',
  'replay.mark': 'REPLAY',
  'replay.known': 'The picture as it was known at',
  'replay.goLive': 'Back to live',
  'replay.live': 'Live',
  'replay.bar': 'Time',
  'replay.when': 'Time of the picture',
  'replay.speed': 'Speed of the replay',
  'replay.span': 'How much time the bar covers',
  'replay.times': '{n} times faster',
  'replay.noMore': 'There are no more alerts in that direction.',
  'replay.trouble.replays': 'The server cannot carry more replays now. Close another, or wait.',
  'replay.trouble.history': 'Nothing was kept to replay, or it cannot be read.',
}

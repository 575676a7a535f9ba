// Areas.
import type { Same } from './same'

export const es = {
  'areas.title': 'Zonas',

  'areas.about': 'Formas con nombre que las reglas usan. Cada versión dice de dónde viene y cuánto error tiene.',
  'areas.find': 'Buscar zonas',
  'areas.name': 'Nombre',
  'areas.kind': 'Clase',
  'areas.version': 'Versión',
  'areas.buffer': 'Margen',
  'areas.accuracy': 'Error',
  'areas.source': 'Fuente',
  'areas.none': 'Ninguna zona coincide.',
  'area.kind.border': 'frontera',
  'area.kind.border-strip': 'franja fronteriza',
  'area.kind.legal-post': 'puesto legal',
  'area.kind.ferry-lane': 'ruta de transbordador',
  'area.kind.fishing-zone': 'zona de pesca',
  'area.kind.anchorage': 'fondeadero',
  'area.kind.no-look': 'zona donde no se mira',
  'area.kind.corridor': 'corredor',
  'area.kind.watched': 'zona vigilada',
} as const

export const en: Same<typeof es> = {
  'areas.title': 'Areas',

  'areas.about': 'Named shapes that rules use. Each version says where it comes from, and its error.',
  'areas.find': 'Find areas',
  'areas.name': 'Name',
  'areas.kind': 'Kind',
  'areas.version': 'Version',
  'areas.buffer': 'Margin',
  'areas.accuracy': 'Error',
  'areas.source': 'Source',
  'areas.none': 'No area matches.',
  'area.kind.border': 'border',
  'area.kind.border-strip': 'border strip',
  'area.kind.legal-post': 'legal post',
  'area.kind.ferry-lane': 'ferry lane',
  'area.kind.fishing-zone': 'fishing zone',
  'area.kind.anchorage': 'anchorage',
  'area.kind.no-look': 'no-look zone',
  'area.kind.corridor': 'corridor',
  'area.kind.watched': 'watched area',
}

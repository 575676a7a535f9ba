// The map.
import type { Same } from './same'

export const es = {
  'map.label': 'Mapa de la situación',
  'map.zoomIn': 'Acercar',
  'map.zoomOut': 'Alejar',
  'map.home': 'Toda la zona',
  'map.credits': 'Mapa: GSHHG, GeoNames',
  'map.vectors': 'Vector de velocidad: {air} min en el aire, {other} min en lo demás',
  'map.demonstration': 'Frontera de DEMOSTRACIÓN: no prueba nada',
} as const

export const en: Same<typeof es> = {
  'map.label': 'Map of the situation',
  'map.zoomIn': 'Zoom in',
  'map.zoomOut': 'Zoom out',
  'map.home': 'Whole region',
  'map.credits': 'Map: GSHHG, GeoNames',
  'map.vectors': 'Speed vector: {air} min in the air, {other} min elsewhere',
  'map.demonstration': 'DEMONSTRATION border: it proves nothing',
}

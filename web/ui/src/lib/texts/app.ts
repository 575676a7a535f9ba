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

  'app.operationsShort': 'Mapa',
  'app.screens': 'Pantallas',
  'app.panel': 'Panel',
  'app.sizePanel': 'Ancho del panel',
  'app.sizeDock': 'Ancho de las alertas',
  'app.sizeCard': 'Alto de la ficha',
  'app.skipAlerts': 'Ir a las alertas',
  'app.skipMain': 'Ir al contenido',

  'theme.now': 'Tema: {theme}',
  'theme.choice': 'Tema',
  'theme.sun': 'según el sol',
  'theme.day': 'día',
  'theme.dusk': 'penumbra',
  'theme.night': 'noche',

  'sound.mute': 'Callar el sonido {min} min',
  'sound.muted': 'Sonido callado {clock} más. Pulse para devolverlo',
  'sound.off': 'Sin sonido',
  'sound.offLong': 'El navegador no deja sonar hasta que pulse una tecla o haga clic',
  'sound.elsewhere': 'Suena en otra ventana',
  'sound.elsewhereLong': 'Solo una ventana suena a la vez',
  'sound.volume': 'Volumen',
  'sound.try': 'Oír la prioridad {priority}',

  'search.placeholder': 'Buscar o hacer…',
  'search.label': 'Traza, lugar, coordenada, hora o lo que quiera hacer',
  'search.results': 'Resultados',
  'search.none': 'Nada con «{text}».',
  'search.found': '{n} resultados',
  'search.track': 'traza',
  'search.alert': 'alerta',
  'search.area': 'zona',
  'search.town': 'población',
  'search.time': 'la imagen tal como se conocía entonces',

  'app.card': 'Ficha de lo elegido',
  'panel.layers': 'Capas',
  'position.copy': 'Copiar la posición',
  'position.copied': 'Copiada: {position}',

  'sure.very': 'casi seguro',
  'sure.likely': 'probable',
  'sure.maybe': 'posible',
  'sure.unlikely': 'improbable',

  'app.skip': 'Saltos',

  'app.dock': 'Alertas y ficha',
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

  'app.operationsShort': 'Map',
  'app.screens': 'Screens',
  'app.panel': 'Panel',
  'app.sizePanel': 'Width of the panel',
  'app.sizeDock': 'Width of the alerts',
  'app.sizeCard': 'Height of the card',
  'app.skipAlerts': 'Go to the alerts',
  'app.skipMain': 'Go to the content',

  'theme.now': 'Theme: {theme}',
  'theme.choice': 'Theme',
  'theme.sun': 'by the sun',
  'theme.day': 'day',
  'theme.dusk': 'dusk',
  'theme.night': 'night',

  'sound.mute': 'Mute the sound for {min} min',
  'sound.muted': 'Muted for {clock} more. Press to bring it back',
  'sound.off': 'No sound',
  'sound.offLong': 'The browser gives no sound before you press a key or click',
  'sound.elsewhere': 'Sounds in another window',
  'sound.elsewhereLong': 'Only one window sounds at a time',
  'sound.volume': 'Volume',
  'sound.try': 'Hear priority {priority}',

  'search.placeholder': 'Search or do…',
  'search.label': 'Track, place, coordinate, time, or what you want to do',
  'search.results': 'Results',
  'search.none': 'Nothing with “{text}”.',
  'search.found': '{n} results',
  'search.track': 'track',
  'search.alert': 'alert',
  'search.area': 'area',
  'search.town': 'town',
  'search.time': 'the picture as it was known then',

  'app.card': 'Card of what is chosen',
  'panel.layers': 'Layers',
  'position.copy': 'Copy the position',
  'position.copied': 'Copied: {position}',

  'sure.very': 'almost certain',
  'sure.likely': 'likely',
  'sure.maybe': 'possible',
  'sure.unlikely': 'unlikely',

  'app.skip': 'Skip links',

  'app.dock': 'Alerts and card',
}

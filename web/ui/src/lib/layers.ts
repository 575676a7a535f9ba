// What the map can show or leave out. The map draws them; the panel of layers
// and the address of the page name them.

export const layers = [
  'towns', 'rivers', 'grid', 'areas', 'names', 'vectors',
  'trails', // where tracks were
  'density', // instead of symbols, where there is no room for them
  'coverage', // of sensors
  'relief', // shade of mountains and valleys, where there is elevation
  'rings', // of distance around the chosen track, else around what is ours
] as const
export type Layer = (typeof layers)[number]

/** Shown where the address does not say. Relief costs machines without a graphics processor too much. */
export const usualLayers: readonly Layer[] = layers.filter((l) => l !== 'rings' && l !== 'relief')

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { themes } from './theme.svelte'

const css = readFileSync(new URL('../themes.css', import.meta.url), 'utf8')

/** The tokens of each theme, by name. */
const tokens = new Map(
  [...css.matchAll(/data-theme='(\w+)'\] \{([^}]*)\}/g)].map(([, theme, body]) => [
    theme!, new Map([...body!.matchAll(/--([\w-]+): (#[0-9a-f]+);/g)].map(([, name, value]) => [name!, value!])),
  ]),
)

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const contrast = (a: string, b: string) => {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m) as [number, number]
  return (x + 0.05) / (y + 0.05)
}

const surfaces = ['ground', 'panel', 'raised', 'field', 'hover', 'chosen']
const inks = ['text', 'soft', 'accent', 'good', 'low', 'medium', 'high', 'top', 'own']
const tracks = ['track-unknown', 'track-water', 'track-land', 'track-air', 'own', 'low', 'medium', 'high', 'top']

/** What stands on what, and how clearly. */
const pairs: [string, string, number][] = [
  ...inks.flatMap((ink) => surfaces.map((on): [string, string, number] => [ink, on, 4.5])),
  ['accent-ink', 'accent', 4.5], ['accent-ink', 'accent-hover', 4.5], ['top-ink', 'top-fill', 4.5],
  ['exercise-ink', 'exercise', 4.5], ['exercise-ink', 'exercise-dark', 4.5],
  ['replay-ink', 'replay', 4.5], ['replay-ink', 'replay-dark', 4.5], ['lost-ink', 'lost', 4.5],
  // Not text (1.4.11): outlines of fields, the focus, the frame of a replay, symbols.
  ...surfaces.map((on): [string, string, number] => ['edge-strong', on, 3]),
  ...surfaces.map((on): [string, string, number] => ['focus', on, 3]),
  ...['map-land', 'map-water'].flatMap((on) => [
    ...tracks.map((ink): [string, string, number] => [ink, on, 3]),
    ['focus', on, 3] as [string, string, number], ['replay-edge', on, 3] as [string, string, number],
    ['text', on, 4.5] as [string, string, number], ['map-town', on, 4.5] as [string, string, number],
    ['map-measure', on, 3] as [string, string, number], ['map-seen', on, 3] as [string, string, number],
    ['map-area', on, 3] as [string, string, number], ['map-lane', on, 3] as [string, string, number],
  ]),
]

describe.each(themes)('the theme %s', (theme) => {
  const own = tokens.get(theme)!
  it('has every token', () => expect([...own.keys()]).toEqual([...tokens.get('dusk')!.keys()]))
  it('has no pure black or white', () => {
    for (const [name, value] of own) expect(['#000000', '#ffffff', '#000', '#fff'], name).not.toContain(value)
  })
  it('is clear enough everywhere', () => {
    const weak = pairs
      .map(([ink, on, least]) => ({ pair: `${ink} on ${on}`, least, has: contrast(own.get(ink)!, own.get(on)!) }))
      .filter(({ least, has }) => has < least)
    expect(weak).toEqual([])
  })
})

it('tells a wrong contrast', () => {
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2)
  expect(contrast('#010101', '#010101')).toBe(1)
})

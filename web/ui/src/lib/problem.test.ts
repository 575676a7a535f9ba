import { expect, it } from 'vitest'
import { Problem } from './api'
import { language } from './i18n.svelte'
import { problemText, wrongText } from './problem'

it('tells refusals in the language of the screen, with the field', () => {
  language.now = 'es'
  const table: [string, string, string][] = [
    ['body.to.name', 'expected length >= 1', 'nombre: al menos 1 carácter'],
    ['body.reason', 'expected length <= 300', 'motivo: como mucho 300 caracteres'],
    ['body', 'expected required property title to be present', 'título: falta'],
    ['body.to.claims[2]', 'expected number >= 0', 'Identidades: no menos de 0'],
    ['query.outcome', 'expected value to be one of "true, false"', 'resultado: uno de estos: true, false'],
    ['body.due', 'expected string to be RFC 3339 date-time', 'vence: no es una hora'],
    ['body.to.unheard_of', 'expected boolean', 'unheard_of: no vale así'],
    ['', 'three points are needed', 'three points are needed'],
  ]
  for (const [location, message, said] of table) expect(wrongText({ location, message })).toBe(said)
  const wrong = [{ location: 'body.text', message: 'expected length >= 1' }, { location: 'body.due', message: 'expected string to be RFC 3339 date-time' }]
  expect(problemText(new Problem(422, 'unprocessable-entity', 'validation failed', wrong))).toBe('No se aceptó, y nada cambió. Corrija: texto: al menos 1 carácter; vence: no es una hora.')
  expect(problemText(new Problem(409, 'version-conflict', 'x', wrong))).toMatch(/^Otra persona/)
  expect(problemText(new Problem(422, 'invalid', 'the case is closed'))).toBe('No se aceptó: the case is closed')
  language.now = 'en'
  expect(wrongText({ location: 'body.text', message: 'expected length >= 1' })).toBe('text: at least 1 character')
})

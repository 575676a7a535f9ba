import { describe, expect, it, vi } from 'vitest'
import { choose, conflicts, exported, imported, isChosen, keysOf } from './keymap'
import { isKeys, pressed, type KeyPress } from './keys'
import { Commands } from './registry.svelte'
import { commandIds, commandTable } from './table'

const press = (key: string, more: Partial<KeyPress> & { states?: string[] } = {}): KeyPress => ({
  key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, getModifierState: (name) => more.states?.includes(name) ?? false, ...more,
})

describe('a key', () => {
  it.each<[KeyPress, string]>([
    [press('k'), 'k'],
    [press('K', { shiftKey: true }), 'K'],
    [press('?', { shiftKey: true }), '?'],
    [press('/', { shiftKey: true }), '/'], // Shift+7 on a Spanish keyboard
    [press('K', { states: ['CapsLock'] }), 'k'],
    [press('k', { shiftKey: true, states: ['CapsLock'] }), 'K'],
    [press('K', { ctrlKey: true, shiftKey: true }), 'Ctrl+Shift+k'],
    [press('k', { metaKey: true }), 'Ctrl+k'],
    [press('@', { ctrlKey: true, altKey: true, states: ['AltGraph'] }), '@'],
    [press('ArrowUp', { shiftKey: true }), 'Shift+ArrowUp'],
    [press('F6', { shiftKey: true }), 'Shift+F6'],
    [press(' '), 'Space'],
    [press('Shift', { shiftKey: true }), ''],
    [press('Dead'), ''],
    [press('ñ'), 'ñ'],
  ])('%o is %s', (e, text) => expect(pressed(e)).toBe(text))
  it('is told from what is none', () => {
    for (const k of ['k', '?', 'Ctrl+k', 'Ctrl++', 'Ctrl+Alt+Shift+F12', 'g c', 'Space', 'ñ', '+']) expect(isKeys(k), k).toBe(true)
    for (const k of ['', 'kk', 'a b c', 'Hyper+k', 'Ctrl+', 'Alt+Ctrl+k', 'a  b', '\u0007', ' ']) expect(isKeys(k), JSON.stringify(k)).toBe(false)
  })
})

describe('the table', () => {
  it('has no two commands on one key', () => {
    for (const id of commandIds) for (const k of commandTable[id].keys) expect(conflicts(id, k, {}), `${id} ${k}`).toEqual([])
  })
  it('has only keys that can be pressed', () => {
    for (const id of commandIds) expect(commandTable[id].keys.filter((k) => !isKeys(k)), id).toEqual([])
  })
})

describe('chosen keys', () => {
  it('stand for those of the table, and go back to them', () => {
    const mine = choose({}, 'alert.next', ['n'])
    expect(keysOf('alert.next', mine)).toEqual(['n'])
    expect(keysOf('alert.close', mine)).toEqual(['x'])
    expect(choose(mine, 'alert.next', ['a'])).toEqual({})
  })
  it('show what they would collide with', () => {
    expect(conflicts('alert.next', 'k', {})).toEqual(['alert.acknowledge'])
    expect(conflicts('alert.next', 'g', {})).toContain('go.cases') // it would begin "g c"
    expect(conflicts('alert.next', 'g c', {})).toEqual(['go.cases'])
    expect(conflicts('alert.next', 'k', choose({}, 'alert.acknowledge', ['K']))).toEqual([])
    expect(conflicts('alert.next', 'f', {})).toContain('track.follow') // of another screen
  })
  it('are taken along in a file, and nothing else is', () => {
    const mine = { 'alert.next': ['n', 'Ctrl+n'] } as const
    expect(imported(exported(mine))).toEqual(mine)
    for (const bad of ['', '{}', '[]', 'null', '{"atalaya":"keys","version":2,"keys":{}}', '{"atalaya":"keys","version":1,"keys":{"no.such":["a"]}}',
      '{"atalaya":"keys","version":1,"keys":{"alert.next":["too long"]}}', '{"atalaya":"keys","version":1,"keys":{"alert.next":"n"}}']) expect(imported(bad), bad).toBeNull()
    expect(isChosen([])).toBe(false)
  })
})

describe('commands', () => {
  it('are carried out by the newest that offers to', () => {
    const c = new Commands()
    const [first, second] = [vi.fn(), vi.fn()]
    expect(c.press(press('k'), 'operations', false)).toBe(false)
    const off = [c.handle({ 'alert.acknowledge': first }), c.handle({ 'alert.acknowledge': second })]
    expect(c.press(press('k'), 'operations', false)).toBe(true)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1])
    off[1]!()
    c.press(press('k'), 'cases', false)
    off[0]!()
    expect(c.press(press('k'), 'operations', false)).toBe(false)
    expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1])
  })
  it('leave letters alone where somebody writes, or who wants none', () => {
    const c = new Commands()
    const run = vi.fn()
    c.handle({ 'alert.acknowledge': run, 'go.search': run, 'window.clear': run })
    expect(c.press(press('k'), 'operations', true)).toBe(false)
    c.letters = false
    expect(c.press(press('k'), 'operations', false)).toBe(false)
    expect(run).not.toHaveBeenCalled()
    expect(c.press(press('k', { ctrlKey: true }), 'operations', true)).toBe(true)
    expect(c.press(press('Escape'), 'operations', true)).toBe(true)
  })
  it('may take two keys', () => {
    vi.useFakeTimers()
    const c = new Commands()
    const run = vi.fn()
    c.handle({ 'go.cases': run })
    expect(c.press(press('g'), 'operations', false)).toBe(true)
    expect(c.first).toBe('g')
    expect(c.press(press('c'), 'operations', false)).toBe(true)
    expect(run).toHaveBeenCalledTimes(1)
    c.press(press('g'), 'operations', false)
    vi.advanceTimersByTime(3500)
    expect(c.press(press('c'), 'operations', false)).toBe(false)
    expect(run).toHaveBeenCalledTimes(1)
    vi.useRealTimers()
  })
  it('count only on their screen', () => {
    const c = new Commands()
    const run = vi.fn()
    c.handle({ 'map.home': run })
    expect(c.press(press('h'), 'cases', false)).toBe(false)
    expect(c.press(press('h'), 'operations', false)).toBe(true)
  })
})

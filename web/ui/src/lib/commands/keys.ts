// Keys as text: "k", "?", "Ctrl+k", "Shift+ArrowUp", and two in a row, "g c".
// Characters are those that the keyboard gives, so "?" is "?" whatever it takes
// to type it.

export interface KeyPress {
  key: string
  ctrlKey: boolean
  altKey: boolean
  metaKey: boolean
  shiftKey: boolean
  getModifierState?(name: string): boolean
}

const alone = new Set(['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Process', 'Unidentified', 'Fn', 'NumLock'])

/** What was pressed, or '' for a key that says nothing alone. */
export function pressed(e: KeyPress): string {
  if (alone.has(e.key)) return ''
  const single = [...e.key].length === 1
  // AltGr types characters; Windows says Ctrl and Alt with it.
  const graph = single && e.getModifierState?.('AltGraph') === true
  const ctrl = (e.ctrlKey || e.metaKey) && !graph
  const alt = e.altKey && !graph
  let key = e.key === ' ' ? 'Space' : e.key
  if (single && e.getModifierState?.('CapsLock') === true) key = swapCase(key)
  if (single && ctrl) key = key.toLowerCase()
  const shift = e.shiftKey && (!single || ctrl || key === 'Space')
  return `${ctrl ? 'Ctrl+' : ''}${alt ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key}`
}

const swapCase = (k: string) => (k === k.toLowerCase() ? k.toUpperCase() : k.toLowerCase())

/** Whether a key types: it is not for commands where somebody writes. */
export const types = (key: string): boolean => key === 'Space' || [...key].length === 1

const named = /^(?:F\d{1,2}|Arrow(?:Up|Down|Left|Right)|Home|End|PageUp|PageDown|Insert|Delete|Backspace|Enter|Escape|Tab|Space)$/

/** Whether a text is a key, or two in a row, as `pressed` writes them. */
export function isKeys(s: string): boolean {
  const keys = s.split(' ')
  return keys.length <= 2 && keys.every((k) => {
    const rest = k.replace(/^(?:Ctrl\+)?(?:Alt\+)?(?:Shift\+)?(?=.)/, '')
    return named.test(rest) || ([...rest].length === 1 && !/\s|\p{Cc}/u.test(rest))
  })
}

/** Whether one of two could be taken for the other: equal, or one begins the other. */
export const clash = (a: string, b: string): boolean => a === b || a.startsWith(`${b} `) || b.startsWith(`${a} `)

// Keys as people read them on a keyboard.

import { t } from '../i18n.svelte'

const signs: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Enter: '↵' }

const one = (key: string): string =>
  key
    .split(/(?<=.)\+(?=.)/)
    .map((k) => signs[k] ?? (k === 'Space' ? t('command.space') : k === 'Shift' ? t('command.shift') : /^\p{Lu}$/u.test(k) ? `${t('command.shift')}+${k.toLowerCase()}` : k))
    .join('+')

/** "g c" as "g, c"; "Ctrl+k" as it is; "A" as what is pressed for it. */
export const keyNames = (keys: string): string => keys.split(' ').map(one).join(', ')

// The view of this window, and the address that says it.
//
//   view.now            what is shown; read it in templates and effects
//   view.go({...})      a step that the browser's Back undoes: another screen, another choice
//   view.set({...})     no step: the map moved, a letter was typed, the time of a replay ran on
//
// The map writes `place` with set() when it came to rest, and goes where
// `place` changes otherwise.

import { format, onScreen, parse, type Screen, type View } from './view'

export type { Chosen, Domain, Panel, Place, Queue, Screen, SymbolSet, View } from './view'

/** What a Views needs of the window. */
export interface Host {
  address(): { pathname: string; search: string }
  push(address: string): void
  replace(address: string): void
  /** Calls back when the address was changed by Back or Forward. */
  onreturn(changed: () => void): void
}

/** Browsers refuse to write the address many times a second. */
const WRITE_MS = 400

export class Views {
  now: View
  private readonly host: Host
  private pending: ReturnType<typeof setTimeout> | undefined

  constructor(host: Host) {
    this.host = host
    this.now = $state.raw(parse(host.address()))
    host.onreturn(() => {
      this.forget()
      this.now = parse(host.address())
    })
  }

  /** Shows something else; Back returns. */
  go(change: Partial<View>) {
    const next = { ...this.now, ...change }
    if (format(next) === format(this.now)) return
    this.write()
    this.now = next
    this.host.push(format(next))
  }

  /** Goes to another screen, without the filters of this one. */
  open(screen: Screen, change: Partial<View> = {}) {
    this.go(screen === this.now.screen ? change : { ...onScreen(this.now, screen), ...change })
  }

  /** The same place, seen a little otherwise. */
  set(change: Partial<View>) {
    const next = { ...this.now, ...change }
    if (format(next) === format(this.now)) return
    this.now = next
    this.pending ??= setTimeout(() => this.write(), WRITE_MS)
  }

  /** The address of this view with a change, for links. */
  link(change: Partial<View>): string {
    return format({ ...this.now, ...change })
  }

  /** Writes what set() changed to the address. */
  write() {
    if (this.pending === undefined) return
    this.forget()
    this.host.replace(format(this.now))
  }

  private forget() {
    clearTimeout(this.pending)
    this.pending = undefined
  }
}

/** The browser's window; where there is none, as in tests, the root. */
function host(): Host {
  if (typeof window === 'undefined')
    return { address: () => ({ pathname: '/', search: '' }), push: () => undefined, replace: () => undefined, onreturn: () => undefined }
  return {
    address: () => location,
    push: (address) => history.pushState(null, '', address),
    replace: (address) => history.replaceState(null, '', address),
    onreturn: (changed) => addEventListener('popstate', changed),
  }
}

export const view = new Views(host())

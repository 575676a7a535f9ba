// The focus by keyboard: from one part of the screen to the next, and never
// lost when the thing that had it goes away.

const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex]:not([tabindex="-1"])'

const visible = (e: HTMLElement) => e.checkVisibility?.({ visibilityProperty: true }) ?? true

/** Parts of the screen, in their order on it. */
const regions = () => [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(visible)

/** Focuses what comes first in a part, or the part itself. */
export function enter(region: HTMLElement | null) {
  if (!region) return
  const preferred = region.querySelector<HTMLElement>('[data-first]')
  const first = preferred && visible(preferred) ? preferred : [...region.querySelectorAll<HTMLElement>(FOCUSABLE)].find((e) => visible(e) && e.tabIndex >= 0)
  if (first) first.focus()
  else {
    region.tabIndex = -1
    region.focus()
  }
}

export const enterRegion = (name: string) => enter(document.querySelector<HTMLElement>(`[data-region='${name}']`))

/** Goes to the next part of the screen, or back. */
export function nextRegion(step: 1 | -1) {
  const all = regions()
  const here = all.findIndex((r) => r.contains(document.activeElement))
  enter(all[(here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step + all.length) % all.length] ?? null)
}

/** While it runs, a focus whose element is removed goes to the part of the screen that it was in, else to what is around that. */
export function keepFocus(root: HTMLElement): () => void {
  let last: HTMLElement | null = null
  let around: HTMLElement[] = []
  const note = (e: FocusEvent) => {
    last = e.target as HTMLElement
    around = []
    for (let p = last.parentElement; p && p !== root; p = p.parentElement) if (p.dataset.region || p.tabIndex >= 0) around.push(p)
  }
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected || (document.activeElement && document.activeElement !== document.body)) return
    const left = around.find((p) => p.isConnected && visible(p))
    last = null
    if (left) left.dataset.region ? enter(left) : left.focus()
    else enter(regions()[0] ?? null)
  })
  root.addEventListener('focusin', note)
  observer.observe(root, { childList: true, subtree: true })
  return () => {
    root.removeEventListener('focusin', note)
    observer.disconnect()
  }
}

/** Arrow keys, Home and End among the elements of a group; the one with the focus has tabindex 0. */
export function rove(e: KeyboardEvent, selector: string, way: 'vertical' | 'horizontal' = 'vertical'): boolean {
  const group = (e.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(selector)
  const all = [...group].filter(visible)
  const here = all.indexOf(document.activeElement as HTMLElement)
  const [back, on] = way === 'vertical' ? ['ArrowUp', 'ArrowDown'] : ['ArrowLeft', 'ArrowRight']
  const to = { [back!]: here - 1, [on!]: here + 1, Home: 0, End: all.length - 1 }[e.key]
  if (to === undefined || all.length === 0) return false
  e.preventDefault()
  const next = all[(to + all.length) % all.length]!
  for (const x of all) x.tabIndex = x === next ? 0 : -1
  next.focus()
  return true
}

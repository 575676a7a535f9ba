// What this computer remembers of a person's choices. Whatever is found there
// that is not valid (another version wrote it, or somebody edited it) is as if
// it were not there.

const prefix = 'atalaya.'

export function recall<T>(name: string, valid: (v: unknown) => v is T, otherwise: T): T {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(prefix + name) ?? 'null')
    return valid(v) ? v : otherwise
  } catch {
    return otherwise // not JSON, or storage is forbidden
  }
}

export function remember(name: string, value: unknown) {
  try {
    localStorage.setItem(prefix + name, JSON.stringify(value))
  } catch {
    // Storage is full or forbidden: the choice holds until the page is closed.
  }
}

/** Calls back when another window of this browser remembers something else. */
export function onRemembered(name: string, changed: () => void): () => void {
  if (typeof window === 'undefined') return () => undefined
  const take = (e: StorageEvent) => {
    if (e.key === prefix + name) changed()
  }
  addEventListener('storage', take)
  return () => removeEventListener('storage', take)
}

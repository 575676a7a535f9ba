// The worker that keeps the picture. It is started before anybody is known to be
// signed in: then it is there when the picture is asked for.

const begin = () => new Worker(new URL('./live.worker.ts', import.meta.url), { type: 'module' })
let prepared: Worker | null = null

export function prepare() {
  prepared ??= begin()
}

/** The one that was prepared, or another: each has one owner, who ends it. */
export function takeWorker(): Worker {
  const worker = prepared ?? begin()
  prepared = null
  return worker
}

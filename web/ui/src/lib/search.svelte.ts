// The one search box: whoever knows things offers a finder, and the box asks
// them all.
//
//   search.provide('coordinates', (text) => [...])   in an effect; it gives the end

import type { IconName } from '../parts/icons'

export interface Found {
  /** Unique among what this finder found. */
  id: string
  icon: IconName
  title: string
  /** What kind of thing it is, or what tells it from others. */
  detail: string
  /** How well it fits, from 0 to 1: equal text 1, beginning 0.8, somewhere within 0.5. */
  rank: number
  /** Keys that would have done the same. */
  keys?: string
  run(): void
}

export type Finder = (text: string) => Found[] | Promise<Found[]>

/** What a finder found, so that ids of different finders do not meet. */
export interface Hit extends Found { key: string }

class Search {
  private readonly finders = new Map<string, Finder>()

  provide(name: string, finder: Finder): () => void {
    this.finders.set(name, finder)
    return () => {
      if (this.finders.get(name) === finder) this.finders.delete(name)
    }
  }

  /** Asks all finders; `take` gets what is there so far, the best first, each time an answer comes. */
  async find(text: string, most: number, take: (hits: Hit[]) => void): Promise<void> {
    let hits: Hit[] = []
    await Promise.all([...this.finders].map(async ([name, finder]) => {
      const found = await Promise.resolve(finder(text)).catch((): Found[] => []) // one that cannot answer now finds nothing
      hits = [...hits, ...found.map((f) => ({ ...f, key: `${name}:${f.id}` }))]
        .toSorted((a, b) => b.rank - a.rank || a.title.length - b.title.length || a.title.localeCompare(b.title))
      take(hits.slice(0, most))
    }))
  }
}

export const search = new Search()

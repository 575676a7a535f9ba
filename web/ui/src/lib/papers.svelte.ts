// What the live connection tells of casework, and lists that keep up with it.
//
//   const list = new PaperList(api.tasks, (n) => (n.type === 'task' ? n.task : undefined))
//   $effect(() => list.follow(live.papers))

import { untrack } from 'svelte'
import type { CaseworkNews, Paged, PapersQuery, Stamp } from './api'

type Hearer = (n: CaseworkNews) => void

/** Hands the news of casework on to whoever shows something of it. */
export class Papers {
  private readonly hearers = new Set<Hearer>()

  /** Calls back with all that is told until the answer is called. */
  hear(hearer: Hearer): () => void {
    this.hearers.add(hearer)
    return () => this.hearers.delete(hearer)
  }

  /** Takes what the stream told, or what the server answered before the stream did. */
  tell(n: CaseworkNews) {
    for (const hear of [...this.hearers]) hear(n)
  }
}

/** As many as one answer has. */
const MOST = 1000

/** Papers of one kind, the newest change first, a page at a time. */
export class PaperList<T extends Stamp> {
  items: T[] = $state.raw([])
  /** Whether the server has more. */
  more = $state(false)
  loading = $state(false)
  /** Why the last page could not be read; null: it could. */
  trouble: unknown = $state.raw(null)

  private readonly ask: (q: PapersQuery) => Promise<Paged<T>>
  private readonly pick: (n: CaseworkNews) => T | undefined
  private readonly query: PapersQuery
  private readonly wanted: (paper: T) => boolean
  private next: number | undefined
  private asked = 0
  private meanwhile: T[] = [] // told while a page was on its way

  /** `pick` takes the paper out of the news; `wanted` says which belong to what `query` asks for. */
  constructor(
    ask: (q: PapersQuery) => Promise<Paged<T>>, pick: (n: CaseworkNews) => T | undefined,
    query: PapersQuery = {}, wanted: (paper: T) => boolean = () => true,
  ) {
    this.ask = ask
    this.pick = pick
    this.query = query
    this.wanted = wanted
  }

  /** Reads the list and keeps it as it is told, until the answer is called. */
  follow(papers: Papers): () => void {
    untrack(() => void this.load()) // an effect that follows does not wait for the list
    const end = papers.hear((n) => {
      // Too much was missed, or the connection is new: as many as are shown are read again.
      if (n.type === 'casework') return void this.load()
      const paper = this.pick(n)
      if (paper) this.put(paper)
    })
    return () => {
      this.asked++ // an answer that comes later is for nobody
      end()
    }
  }

  load(): Promise<void> {
    return this.page(undefined, Math.min(MOST, Math.max(this.items.length, this.query.limit ?? 100)))
  }

  loadMore(): Promise<void> {
    return this.next === undefined ? Promise.resolve() : this.page(this.next, this.query.limit ?? 100)
  }

  private async page(before: number | undefined, limit: number) {
    const wish = ++this.asked
    this.loading = true
    this.meanwhile = []
    try {
      const page = await this.ask({ ...this.query, limit, ...(before === undefined ? {} : { before }) })
      if (wish !== this.asked) return
      const known = before === undefined ? [] : this.items
      this.items = [...known, ...page.items.filter((p) => !known.some((k) => k.id === p.id))]
      this.next = page.next
      this.more = page.next !== undefined
      this.trouble = null
      for (const p of this.meanwhile) this.place(p)
    } catch (e) {
      if (wish === this.asked) this.trouble = e
    } finally {
      if (wish === this.asked) this.loading = false
    }
  }

  private put(paper: T) {
    if (this.loading) this.meanwhile.push(paper)
    this.place(paper)
  }

  /** Answers and news overtake one another: the higher version counts. */
  private place(paper: T) {
    const known = this.items.find((p) => p.id === paper.id)
    if (known && known.version >= paper.version) return
    const rest = this.items.filter((p) => p.id !== paper.id)
    this.items = this.wanted(paper) ? [paper, ...rest] : rest
  }
}

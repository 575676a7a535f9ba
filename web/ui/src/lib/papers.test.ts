import { describe, expect, it, vi } from 'vitest'
import type { Paged, PapersQuery, Task } from './api'
import { PaperList, Papers } from './papers.svelte'

const task = (id: string, version: number, state: Task['state'] = 'authorised') => ({ id, version, state }) as Task

/** A server whose answers are given by hand. */
function server() {
  const asked: { q: PapersQuery; answer: (p: Paged<Task>) => Promise<void>; fail: (e: unknown) => Promise<void> }[] = []
  const ask = (q: PapersQuery) => new Promise<Paged<Task>>((yes, no) => {
    const after = (act: () => void) => async () => {
      act()
      await new Promise((r) => setTimeout(r))
    }
    asked.push({ q, answer: (p) => after(() => yes(p))(), fail: (e) => after(() => no(e))() })
  })
  return { asked, ask }
}
const of = (ask: (q: PapersQuery) => Promise<Paged<Task>>) =>
  new PaperList(ask, (n) => (n.type === 'task' ? n.task : undefined), { open: true }, (t) => t.state !== 'done')
const ids = (l: PaperList<Task>) => l.items.map((t) => `${t.id}/${t.version}`).join(' ')

describe('a list of papers', () => {
  it('is read page by page, and takes what is told', async () => {
    const { asked, ask } = server()
    const papers = new Papers()
    const list = of(ask)
    const end = list.follow(papers)
    expect(list.loading).toBe(true)
    await asked[0]!.answer({ items: [task('K3', 1), task('K2', 4)], next: 17 })
    expect([ids(list), list.more, list.loading]).toEqual(['K3/1 K2/4', true, false])
    void list.loadMore()
    expect(asked[1]!.q).toMatchObject({ open: true, before: 17 })
    await asked[1]!.answer({ items: [task('K2', 4), task('K1', 1)] })
    expect([ids(list), list.more]).toEqual(['K3/1 K2/4 K1/1', false])

    papers.tell({ type: 'task', task: task('K1', 2) })
    papers.tell({ type: 'task', task: task('K3', 1) }) // known
    papers.tell({ type: 'task', task: task('K4', 1) })
    expect(ids(list)).toBe('K4/1 K1/2 K3/1 K2/4')
    papers.tell({ type: 'task', task: task('K3', 2, 'done') }) // not wanted any more
    expect(ids(list)).toBe('K4/1 K1/2 K2/4')
    end()
    papers.tell({ type: 'task', task: task('K5', 1) })
    expect(ids(list)).toBe('K4/1 K1/2 K2/4')
  })

  it('keeps what was told while an older answer was on its way', async () => {
    const { asked, ask } = server()
    const papers = new Papers()
    const list = of(ask)
    list.follow(papers)
    papers.tell({ type: 'task', task: task('K1', 3) })
    await asked[0]!.answer({ items: [task('K2', 1), task('K1', 2)] })
    expect(ids(list)).toBe('K1/3 K2/1')
  })

  it('is read again when too much was missed; only the last answer counts', async () => {
    const { asked, ask } = server()
    const papers = new Papers()
    const list = of(ask)
    list.follow(papers)
    papers.tell({ type: 'casework' })
    expect(asked).toHaveLength(2)
    await asked[1]!.answer({ items: [task('K2', 1)] })
    await asked[0]!.answer({ items: [] })
    expect(ids(list)).toBe('K2/1')
  })

  it('tells why it could not be read, and goes on', async () => {
    const { asked, ask } = server()
    const list = of(ask)
    const end = list.follow(new Papers())
    await asked[0]!.fail('no line')
    expect([list.trouble, list.loading]).toEqual(['no line', false])
    void list.load()
    end()
    await asked[1]!.answer({ items: [task('K2', 1)] })
    expect(ids(list)).toBe('')
  })

  it('is for whoever hears', () => {
    const papers = new Papers()
    const hear = vi.fn()
    papers.hear(hear)()
    papers.tell({ type: 'casework' })
    expect(hear).not.toHaveBeenCalled()
  })
})

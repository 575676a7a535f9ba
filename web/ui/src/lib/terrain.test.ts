import { afterEach, describe, expect, it, vi } from 'vitest'
import { api, type Job } from './api'
import { Work } from './terrain.svelte'

const job = (id: string, state: Job['state']) => ({ id, state }) as Job

afterEach(() => vi.restoreAllMocks())

describe('a job of the server', () => {
  it('is given up when another is asked for before the server has answered', async () => {
    const log: string[] = []
    vi.spyOn(api, 'cancelJob').mockImplementation(async (id: string) => {
      log.push(`cancel ${id}`)
    })
    vi.spyOn(api, 'job').mockImplementation(async (id: string) => job(id, 'done'))
    const work = new Work<string>()
    const ask = (id: string) => async () => {
      log.push(`ask ${id}`)
      await new Promise((r) => setTimeout(r, 50))
      return job(id, 'running')
    }
    const asked = []
    for (const id of ['a', 'b', 'c']) {
      asked.push(work.run(ask(id), (j) => j.id))
      await new Promise((r) => setTimeout(r, 1))
    }
    expect(await Promise.all(asked)).toEqual([null, null, 'c'])
    // b was never begun: c was wanted before a had been answered.
    expect(log).toEqual(['ask a', 'cancel a', 'ask c'])
    expect(work.trouble).toBe('')
  })

  it('that could not be asked for does not keep the next from being asked', async () => {
    vi.spyOn(api, 'job').mockImplementation(async (id: string) => job(id, 'done'))
    const work = new Work<string>()
    await work.run(async () => Promise.reject(new Error('no link')), (j) => j.id)
    expect(work.trouble).not.toBe('')
    expect(await work.run(async () => job('b', 'running'), (j) => j.id)).toBe('b')
    expect(work.trouble).toBe('')
  })
})

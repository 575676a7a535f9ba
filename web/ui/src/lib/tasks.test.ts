import { describe, expect, it } from 'vitest'
import type { Task, TaskState, TaskStepKind } from './api'
import { byUrgency, nextSteps } from './tasks'

const task = (id: string, state: TaskState, more: Partial<Task> = {}): Task => ({
  id, version: 1, made: '', by: {}, changed: '2026-01-01T00:00:00Z', asset: 'a', asset_name: 'A', to: 'A', text: '', due: '2026-01-01T05:00:00Z', state, overdue: false, steps: [], ...more,
})
const taken = (...kinds: TaskStepKind[]) => ({ steps: kinds.map((kind) => ({ version: 1, kind, at: '', who: {} })) })

describe('tasks', () => {
  it('are listed by what is to be done about them', () => {
    const all = [
      task('ended early', 'done'), task('ended late', 'done', { changed: '2026-01-02T00:00:00Z' }), task('was overdue', 'failed', { overdue: true }),
      task('there', 'on-scene'), task('goes', 'accepted'), task('later', 'authorised', { due: '2026-01-01T06:00:00Z' }), task('soon', 'authorised'),
      task('overdue', 'accepted', { overdue: true }), task('draft', 'draft'),
    ]
    expect(all.toSorted(byUrgency).map((t) => t.id)).toEqual(['overdue', 'draft', 'soon', 'later', 'goes', 'there', 'ended late', 'ended early', 'was overdue'])
  })
  it.each<[TaskState, TaskStepKind[], TaskStepKind[]]>([
    ['draft', ['drafted'], ['authorised']],
    ['authorised', ['drafted', 'authorised'], ['sent']],
    ['authorised', ['drafted', 'authorised', 'sent'], ['read-back', 'accepted']],
    ['authorised', ['drafted', 'authorised', 'sent', 'read-back'], ['accepted']],
    ['accepted', ['drafted', 'authorised', 'sent', 'accepted'], ['on-scene', 'done']],
    ['on-scene', ['drafted', 'authorised', 'sent', 'accepted', 'on-scene'], ['done']],
  ])('%s after %s may go on', (state, steps, next) => expect(nextSteps(task('K1', state, taken(...steps)))).toEqual([...next, 'failed', 'postponed', 'noted']))
  it('that ended go no further', () => expect([nextSteps(task('K1', 'done')), nextSteps(task('K2', 'failed'))]).toEqual([[], []]))
})

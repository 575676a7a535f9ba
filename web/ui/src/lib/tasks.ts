// Tasks: which comes first, and what may come next.

import type { Task, TaskState, TaskStepKind } from './api'

export const TASK_STATES: readonly TaskState[] = ['draft', 'authorised', 'accepted', 'on-scene', 'done', 'failed']

export const goesOn = (t: Task): boolean => t.state !== 'done' && t.state !== 'failed'

const has = (t: Task, kind: TaskStepKind) => t.steps.some((s) => s.kind === kind)

/** The overdue first, then by state from the draft to the end; of equals what is due first, of ended ones the last. */
export function byUrgency(a: Task, b: Task): number {
  const late = (t: Task) => Number(t.overdue && goesOn(t))
  const place = (t: Task) => TASK_STATES.indexOf(t.state)
  return late(b) - late(a) || place(a) - place(b) || (goesOn(a) ? a.due.localeCompare(b.due) : b.changed.localeCompare(a.changed))
}

/** The steps that the server takes now, the likeliest first. */
export function nextSteps(t: Task): TaskStepKind[] {
  const always: TaskStepKind[] = ['failed', 'postponed', 'noted']
  switch (t.state) {
    case 'draft':
      return ['authorised', ...always]
    case 'authorised':
      if (!has(t, 'sent')) return ['sent', ...always]
      return has(t, 'read-back') ? ['accepted', ...always] : ['read-back', 'accepted', ...always]
    case 'accepted':
      return ['on-scene', 'done', ...always]
    case 'on-scene':
      return ['done', ...always]
    default:
      return []
  }
}

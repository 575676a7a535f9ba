// The screens by name.

import type { Key } from './i18n.svelte'
import type { Screen } from './view'

export const screenTitle = {
  operations: 'app.operations', alerts: 'panel.alerts', cases: 'cases.title', reports: 'reports.title', tasks: 'tasks.title', log: 'log.title',
  rules: 'rules.title', permits: 'permits.title', areas: 'areas.title', sensors: 'sensors.title', people: 'people.title',
  account: 'account.title', help: 'help.title',
} as const satisfies Record<Screen, Key>

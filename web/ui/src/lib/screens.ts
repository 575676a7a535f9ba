// The screens: their names, their places in the rail, and who sees them.

import type { Role } from './api'
import type { Key } from './i18n.svelte'
import type { Screen } from './view'

export const screenTitle = {
  operations: 'app.operations', alerts: 'panel.alerts', cases: 'cases.title', reports: 'reports.title', tasks: 'tasks.title', log: 'log.title',
  rules: 'rules.title', permits: 'permits.title', areas: 'areas.title', authorities: 'authorities.title', sensors: 'sensors.title', people: 'people.title',
  account: 'account.title', help: 'help.title',
} as const satisfies Record<Screen, Key>

/** Under the icons of the rail, where there is little room. */
export const screenShort = {
  ...screenTitle, operations: 'app.operationsShort', reports: 'reports.short', authorities: 'authorities.short', sensors: 'sensors.short', account: 'account.short',
} as const satisfies Record<Screen, Key>

/** The groups of the rail: the shift, what it rests on, oneself. */
export const railGroups: Screen[][] = [['operations', 'cases', 'reports', 'tasks', 'log'], ['areas', 'authorities', 'permits', 'rules', 'sensors'], ['people', 'help', 'account']]

/** Who may see a screen. Of people, officers and supervisors see what waits for a second person. */
export const screenRole = (s: Screen): Role => (s === 'people' ? 'officer' : 'viewer')

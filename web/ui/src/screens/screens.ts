// The screens beside the map.

import type { Component } from 'svelte'
import { readChoice } from '../lib/areas'
import type { Screen, View } from '../lib/view'
import AccountScreen from './AccountScreen.svelte'
import AreasScreen from './AreasScreen.svelte'
import AuthoritiesScreen from './AuthoritiesScreen.svelte'
import CasesScreen from './CasesScreen.svelte'
import HelpScreen from './HelpScreen.svelte'
import PeopleScreen from './people/PeopleScreen.svelte'
import PermitsScreen from './PermitsScreen.svelte'
import ReportsScreen from './ReportsScreen.svelte'
import LogScreen from './LogScreen.svelte'
import RulesScreen from './RulesScreen.svelte'
import SensorsScreen from './SensorsScreen.svelte'
import TasksScreen from './TasksScreen.svelte'

export const screenOf: Partial<Record<Screen, Component>> = {
  reports: ReportsScreen,
  tasks: TasksScreen,
  cases: CasesScreen,
  log: LogScreen,
  areas: AreasScreen,
  authorities: AuthoritiesScreen,
  permits: PermitsScreen,
  rules: RulesScreen,
  sensors: SensorsScreen,
  people: PeopleScreen,
  help: HelpScreen,
  account: AccountScreen,
}

/** Whether there is such a screen. */
export const isThere = (s: Screen): boolean => s === 'operations' || s in screenOf

/** Whether a screen wants the map beside it: to see, or draw, one area, or that of an authority. */
export const mapBeside = (v: View): boolean =>
  (v.screen === 'areas' && !['list', 'import'].includes(readChoice(v.area).what)) || (v.screen === 'authorities' && v.authority !== '')

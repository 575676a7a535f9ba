// All texts of the screen: one file a topic, Spanish the source and English
// beside it. A key begins with its topic's word; names in braces are
// parameters. A new file is added here, in alphabetical order.

import * as account from './account'
import * as alerts from './alerts'
import * as app from './app'
import * as areas from './areas'
import * as authorities from './authorities'
import * as cases from './cases'
import * as commands from './commands'
import * as feeds from './feeds'
import * as help from './help'
import * as layers from './layers'
import * as log from './log'
import * as map from './map'
import * as people from './people'
import * as permits from './permits'
import * as problem from './problem'
import * as replay from './replay'
import * as reports from './reports'
import * as rules from './rules'
import * as sensors from './sensors'
import * as system from './system'
import * as tasks from './tasks'
import * as terrain from './terrain'
import * as tracks from './tracks'
import * as units from './units'

export const topics = {
  account, alerts, app, areas, authorities, cases, commands, feeds, help, layers, log, map, people, permits, problem, replay, reports, rules, sensors, system, tasks, terrain,
  tracks, units,
}

export const es = {
  ...account.es, ...alerts.es, ...app.es, ...areas.es, ...authorities.es, ...cases.es, ...commands.es, ...feeds.es, ...help.es, ...layers.es, ...log.es, ...map.es, ...people.es,
  ...permits.es, ...problem.es, ...replay.es, ...reports.es, ...rules.es, ...sensors.es, ...system.es, ...tasks.es, ...terrain.es, ...tracks.es,
  ...units.es,
} as const

export const en: Record<keyof typeof es, string> = {
  ...account.en, ...alerts.en, ...app.en, ...areas.en, ...authorities.en, ...cases.en, ...commands.en, ...feeds.en, ...help.en, ...layers.en, ...log.en, ...map.en, ...people.en,
  ...permits.en, ...problem.en, ...replay.en, ...reports.en, ...rules.en, ...sensors.en, ...system.en, ...tasks.en, ...terrain.en, ...tracks.en,
  ...units.en,
}

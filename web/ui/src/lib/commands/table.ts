// All that can be done by a key, with the keys it has until somebody chooses
// others. Single letters, as in tar1090: the hand finds them in the dark.

import type { Plain } from '../i18n.svelte'
import type { Screen } from '../view'

export const groups = ['go', 'alerts', 'rules', 'track', 'casework', 'map', 'time', 'sensors', 'areas', 'window'] as const
export type Group = (typeof groups)[number]

export interface Command {
  group: Group
  text: Plain
  /** Each of these does it. */
  keys: readonly string[]
  /** Where its keys count; a screen's keys may mean something else on another. */
  scope: 'everywhere' | Screen
}

const go = (text: Plain, key: string): Command => ({ group: 'go', text, keys: [`g ${key}`], scope: 'everywhere' })
const anywhere = (group: Group, text: Plain, ...keys: string[]): Command => ({ group, text, keys, scope: 'everywhere' })
const onScreen = (scope: Screen, text: Plain, ...keys: string[]): Command => ({ group: 'casework', text, keys, scope })
const onRules = (text: Plain, ...keys: string[]): Command => ({ group: 'rules', text, keys, scope: 'rules' })
const onSensors = (text: Plain, ...keys: string[]): Command => ({ group: 'sensors', text, keys, scope: 'sensors' })
const onAreas = (text: Plain, ...keys: string[]): Command => ({ group: 'areas', text, keys, scope: 'areas' })
const onMap = (group: Group, text: Plain, ...keys: string[]): Command => ({ group, text, keys, scope: 'operations' })

const all = {
  'go.search': anywhere('go', 'command.search', '/', 'Ctrl+k'),
  'go.operations': go('app.operations', 'o'),
  'go.cases': go('cases.title', 'c'),
  'go.reports': go('reports.title', 'a'),
  'go.tasks': go('tasks.title', 't'),
  'go.log': go('log.title', 'b'),
  'go.rules': go('rules.title', 'r'),
  'go.permits': go('permits.title', 'p'),
  'go.areas': go('areas.title', 'z'),
  'go.authorities': go('authorities.title', 'f'),
  'go.sensors': go('sensors.title', 's'),
  'go.people': go('people.title', 'u'),
  'go.account': go('account.title', 'm'),
  'go.help': go('help.title', 'h'),

  'alert.next': anywhere('alerts', 'command.alert.next', 'a'),
  'alert.previous': anywhere('alerts', 'command.alert.previous', 'A'),
  'alert.acknowledge': anywhere('alerts', 'command.alert.acknowledge', 'k'),
  'alert.close': anywhere('alerts', 'command.alert.close', 'x'),
  'alert.shelve': anywhere('alerts', 'command.alert.shelve', 'z'),
  'alert.show': anywhere('alerts', 'command.alert.show', 'v'),
  'alert.replay': anywhere('alerts', 'command.alert.replay', 'e'),
  'sound.mute': anywhere('alerts', 'command.sound.mute', 'q'),

  'rule.new': onRules('command.rule.new', 'n'),
  'rule.edit': onRules('command.rule.edit', 'm'),
  'rule.save': onRules('command.rule.save', 'Ctrl+Enter'),
  'rule.service': onRules('command.rule.service', 's'),

  'track.follow': onMap('track', 'command.track.follow', 'f'),
  'track.explain': onMap('track', 'command.track.explain', 'w'),
  'track.centre': onMap('track', 'command.track.centre', 'c'),
  'panel.tracks': onMap('track', 'command.panel.tracks', '1'),
  'panel.wide': onMap('track', 'command.panel.wide', '0'),

  'report.new': anywhere('casework', 'command.report.new', 'r'),
  'report.another': onScreen('reports', 'command.report.new', 'n'),
  'report.correct': onScreen('reports', 'command.report.correct', 'c'),
  'report.save': onScreen('reports', 'command.report.save', 'Ctrl+Enter'),
  'task.send': anywhere('casework', 'command.task.send', 't'),
  'task.new': onScreen('tasks', 'command.task.new', 'n'),
  'task.save': onScreen('tasks', 'command.task.save', 'Ctrl+Enter'),
  'task.authorise': onScreen('tasks', 'command.task.authorise', 'u'),
  'task.sent': onScreen('tasks', 'command.task.sent', 's'),
  'task.readBack': onScreen('tasks', 'command.task.readBack', 'b'),
  'task.accept': onScreen('tasks', 'command.task.accept', 'y'),
  'task.onScene': onScreen('tasks', 'command.task.onScene', 'o'),
  'task.done': onScreen('tasks', 'command.task.done', 'd'),
  'task.fail': onScreen('tasks', 'command.task.fail', 'f'),
  'task.postpone': onScreen('tasks', 'command.task.postpone', 'p'),
  'task.note': onScreen('tasks', 'command.task.note', 'm'),
  'permit.new': onScreen('permits', 'command.permit.new', 'n'),
  'permit.import': onScreen('permits', 'command.permit.import', 'u'),
  'permit.edit': onScreen('permits', 'command.permit.edit', 'm'),
  'permit.save': onScreen('permits', 'command.permit.save', 'Ctrl+Enter'),
  'authority.new': onScreen('authorities', 'command.authority.new', 'n'),
  'authority.save': onScreen('authorities', 'command.authority.save', 'Ctrl+Enter'),
  'case.add': anywhere('casework', 'command.case.add', 'i'),
  'case.new': onScreen('cases', 'command.case.new', 'n'),
  'case.save': onScreen('cases', 'command.case.save', 'Ctrl+Enter'),
  'case.list': onScreen('cases', 'command.case.list', 'l'),
  'case.note': onScreen('cases', 'command.case.note', 'm'),
  'case.decide': onScreen('cases', 'command.case.decide', 'd'),
  'case.evidence': onScreen('cases', 'command.case.evidence', 'j'),
  'case.title': onScreen('cases', 'command.case.title', 'T'),
  'case.close': onScreen('cases', 'command.case.close', 'c'),
  'case.reopen': onScreen('cases', 'command.case.reopen', 'o'),
  'case.html': onScreen('cases', 'command.case.html', 'h'),
  'case.json': onScreen('cases', 'command.case.json', 'H'),
  'log.write': onScreen('log', 'command.log.write', 'n'),
  'handover.start': onScreen('log', 'command.handover.start', 'h'),
  'handover.give': onScreen('log', 'command.handover.give', 'Ctrl+Enter'),

  'map.zoomIn': onMap('map', 'command.map.zoomIn', '+'),
  'map.zoomOut': onMap('map', 'command.map.zoomOut', '-'),
  'map.home': onMap('map', 'command.map.home', 'h'),
  'panel.layers': onMap('map', 'command.panel.layers', '3'),
  'panel.feeds': onMap('map', 'command.panel.feeds', '2'),
  'panel.terrain': onMap('map', 'command.panel.terrain', '5'),

  'time.live': onMap('time', 'command.time.live', 'l'),
  'time.play': onMap('time', 'command.time.play', 'Space'),
  'time.back': onMap('time', 'command.time.back', ','),
  'time.forward': onMap('time', 'command.time.forward', '.'),
  'time.backFar': onMap('time', 'command.time.backFar', 'Ctrl+,', ';'),
  'time.forwardFar': onMap('time', 'command.time.forwardFar', 'Ctrl+.', ':'),
  'time.slower': onMap('time', 'command.time.slower', '<'),
  'time.faster': onMap('time', 'command.time.faster', '>'),
  'time.next': onMap('time', 'command.time.next', 'n'),
  'time.previous': onMap('time', 'command.time.previous', 'p'),

  'sensor.lost': anywhere('sensors', 'command.sensor.lost', 'D'),
  'sensor.new': onSensors('command.sensor.new', 'n'),
  'sensor.edit': onSensors('command.sensor.edit', 'm'),
  'sensor.feed': onSensors('command.sensor.feed', 'u'),
  'sensor.asset': onSensors('command.sensor.asset', 'o'),
  'sensor.messages': onSensors('command.sensor.messages', 'j'),
  'sensor.pause': onSensors('command.sensor.pause', 'p'),
  'sensor.bad': onSensors('command.sensor.bad', 'b'),
  'sensor.map': onSensors('command.sensor.map', 'c'),
  'sensor.save': onSensors('command.sensor.save', 'Ctrl+Enter'),

  'area.new': onAreas('areas.new', 'n'),
  'area.edit': onAreas('areas.edit', 'c'),
  'area.end': onAreas('areas.end', 'Delete'),
  'area.save': onAreas('areaForm.save', 'Ctrl+Enter'),
  'area.map': onAreas('areaForm.onMap', 'm'),
  'area.import': onAreas('areas.import', 'j'),

  'people.invite': { group: 'window', text: 'people.invite', keys: ['n'], scope: 'people' },

  'window.panel': onMap('window', 'command.window.panel', 'Ctrl+b'),
  'window.queue': anywhere('window', 'command.window.queue', '4'),
  'window.lock': anywhere('window', 'lock.now', 'L'),
  'window.second': anywhere('window', 'command.window.second', 'W'),
  'window.region': anywhere('window', 'command.window.region', 'F6'),
  'window.regionBack': anywhere('window', 'command.window.regionBack', 'Shift+F6'),
  'window.theme': anywhere('window', 'command.window.theme', 'N'),
  'window.keys': anywhere('window', 'command.window.keys', '?'),
  'window.clear': anywhere('window', 'command.window.clear', 'Escape'),
} as const satisfies Record<string, Command>

export type CommandId = keyof typeof all
export const commandTable: Readonly<Record<CommandId, Command>> = all
export const commandIds = Object.keys(all) as CommandId[]

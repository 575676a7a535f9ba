// What people call an alert, and what of it stands in lists.

import type { Alert } from './api'
import { said, tOr } from './i18n.svelte'
import { title, type Labels } from './picture'

/** What happened, in a few words: the rule's name. */
export const alertTitle = (a: Alert): string => said(a.rule.name) || tOr(`rule.${a.finding.rule}`, a.finding.rule)

/** Who it is about. An incident and the like are about no track. */
export function alertName(a: Alert): string {
  if (!a.finding.track) return ''
  return title(a.finding.track, Object.fromEntries((a.finding.belief.claims ?? []).map((c) => [c.kind === 'mavlink' ? 'system' : c.kind, c.value])) as Labels)
}

/** The detector of incidents: each collects the alerts of a flood. */
export const isIncident = (a: Alert): boolean => a.finding.rule === 'flood'

/** Alerts without those that an incident among them collects. */
export function gathered(all: Alert[]): Alert[] {
  const incidents = new Set(all.filter(isIncident).map((a) => a.id))
  return incidents.size ? all.filter((a) => !a.incident || !incidents.has(a.incident)) : all
}

// The documents for people: each screen has its picture in both languages, and
// no link leads nowhere.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { screens, type Screen } from './view'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const docs = join(root, 'docs')
const pagesIn = (folder: string) => readdirSync(folder).filter((f) => f.endsWith('.md')).map((f) => join(folder, f))
const pages = { en: pagesIn(docs), es: pagesIn(join(docs, 'es')) }

/** The picture that shows a screen. */
const pictureOf: Record<Screen, string> = {
  operations: 'operations', alerts: 'second', cases: 'cases', reports: 'report', tasks: 'tasks', log: 'log', areas: 'areas', authorities: 'authorities', permits: 'permits', rules: 'rules',
  sensors: 'sensors', people: 'people', help: 'help', account: 'account',
}
/** What stands around the screens, and the six jobs. */
const others = [
  'enrol', 'sign-in', 'lock', 'keys', 'search', 'track', 'table', 'layers', 'measure', 'place', 'shelve', 'notices', 'incident', 'rule-health',
  'alert', 'replay', 'area', 'sensor', 'report-form', 'task', 'case', 'handover',
]

/** Where a page leads: pictures and links, without those of the web. */
function leads(page: string): { picture: boolean; to: string }[] {
  const text = readFileSync(page, 'utf8').replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')
  return [...text.matchAll(/(!?)\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, mark, to]) => ({ picture: mark === '!', to: to! })).filter(({ to }) => !/^[a-z]+:/.test(to))
}

/** A picture without words is of no language: it lies beside the folders of both. */
const wordless = (page: string, to: string) => dirname(join(dirname(page), to)) === join(docs, 'img')

/** The anchor of a heading, as the viewers of Markdown make it. */
const anchor = (heading: string) => heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-')
const anchors = (page: string) => [...readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm)].map((m) => anchor(m[1]!))

describe.each(['en', 'es'] as const)('documents in %s', (language) => {
  const shown = new Set(pages[language].flatMap((page) => leads(page).filter((l) => l.picture && !wordless(page, l.to)).map((l) => join(dirname(page), l.to))))
  const folder = join(docs, 'img', language)

  it('show each screen and each job', () => {
    const wanted = [...screens.map((s) => pictureOf[s]), ...others].map((name) => join(folder, `${name}.png`))
    expect(wanted.filter((p) => !shown.has(p))).toEqual([])
  })
  it('show pictures of their own language', () => {
    expect([...shown].filter((p) => dirname(p) !== folder || !existsSync(p))).toEqual([])
  })
})

it('pages for people have their twin', () => {
  const withPictures = (list: string[]) => list.filter((page) => leads(page).some((l) => l.picture && !wordless(page, l.to))).map((page) => page.slice(dirname(page).length + 1)).sort()
  expect(withPictures(pages.es)).toEqual(withPictures(pages.en))
})

it('no link leads nowhere', () => {
  const broken = [join(root, 'README.md'), join(root, 'CONTRIBUTING.md'), join(root, 'ARCHITECTURE.md'), ...pages.en, ...pages.es].flatMap((page) =>
    leads(page).filter(({ to }) => {
      const [path = '', at] = to.split('#')
      const target = path ? join(dirname(page), path) : page
      return !existsSync(target) || (at !== undefined && target.endsWith('.md') && !anchors(target).includes(decodeURIComponent(at)))
    }).map(({ to }) => `${page.slice(root.length)}: ${to}`))
  expect(broken).toEqual([])
})

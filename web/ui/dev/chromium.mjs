// Debian's Chromium, headless, drawing in software as it does by itself on a
// computer without a graphics card, talking to nobody by itself.

import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

export function launch(extra = []) {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) throw new Error(`${executablePath} is missing: install Debian's chromium, or set CHROMIUM`)
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--disable-gpu', '--enable-unsafe-swiftshader', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1', ...extra,
    ],
  })
}

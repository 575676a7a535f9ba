// Other people's programs that tests compare with. A missing one fails where
// CI=true and is skipped elsewhere, as in internal/peer.

import { spawnSync } from 'node:child_process'

/** Whether a Debian program is there. */
export function has(program: string): boolean {
  const there = spawnSync(program, ['--version']).error === undefined
  if (!there && process.env.CI === 'true') throw new Error(`${program} is missing: run 'make peers'`)
  return there
}

/** Gives the program lines, and takes its lines. Where it refuses one it says so in the line. */
export function ask(program: string, args: string[], lines: string[]): string[] {
  const { stdout } = spawnSync(program, args, { input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 26 })
  return stdout.trimEnd().split('\n')
}

/** Numbers from 0 to 1, the same ones every time. */
export function random(seed: number): () => number {
  let s = seed >>> 0
  return () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

// Makes one module of a TypeScript file of src/lib, for Node: tests and load
// run the worker's own code.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'

/** Imports src/lib/<name>.ts as it would run in the browser. */
export async function load(name) {
  const { output } = await build({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    logLevel: 'error',
    build: {
      write: false, target: 'node20', minify: false,
      lib: { entry: `src/lib/${name}.ts`, formats: ['es'], fileName: name },
    },
  }).then((r) => (Array.isArray(r) ? r[0] : r))
  const folder = mkdtempSync(join(tmpdir(), 'atalaya-'))
  try {
    const file = join(folder, `${name}.mjs`)
    writeFileSync(file, output[0].code)
    return await import(pathToFileURL(file).href)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

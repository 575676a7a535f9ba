import { svelte } from '@sveltejs/vite-plugin-svelte'
import { existsSync, readFileSync } from 'node:fs'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

/** Writes the licences of everything in the bundle beside it. */
function licences(): Plugin {
  const text = (name: string, seen: Set<string>): string => {
    if (seen.has(name)) return ''
    seen.add(name)
    const folder = new URL(`node_modules/${name}/`, import.meta.url)
    const about = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8'))
    const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license'].map((f) => new URL(f, folder)).find((f) => existsSync(f))
    const own = `${name} ${about.version}, ${about.license}\n\n${file ? readFileSync(file, 'utf8').trim() : ''}\n\n\n`
    const needs = name === 'maplibre-gl' ? Object.keys(about.dependencies).filter((d) => !d.startsWith('@types/')) : []
    return own + needs.map((d) => text(d, seen)).join('')
  }
  return {
    name: 'licences',
    generateBundle() {
      const seen = new Set<string>()
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: ['svelte', 'maplibre-gl', 'terra-draw', 'terra-draw-maplibre-gl-adapter', 'uplot'].map((name) => text(name, seen)).join('') })
    },
  }
}

const mock = 'http://127.0.0.1:8790'

export default defineConfig({
  plugins: [svelte(), licences()],
  server: { proxy: { '/api': { target: mock, ws: true }, '/basemap': mock } },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // Strict content security policy: nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1600,
  },
  test: { include: ['src/**/*.test.ts'] },
})

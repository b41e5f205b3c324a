/** The program and the looks of the charts' pages, in one piece each: bundled from dashboard/chart-page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { PageParts } from '../visualizer/chart-page.ts'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = 'dashboard/chart-page'

/** Browsers have no assert of their own; a broken invariant throws there too. */
const assertions: Plugin = {
  name: 'assert',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:assert\/strict$/ }, ({ path }) => ({ path, namespace: 'assert' }))
    onLoad({ filter: /.*/, namespace: 'assert' }, () => ({
      contents: 'export default (value, message) => { if (!value) throw new Error(message) }',
    }))
  },
}

/** The same code, the same bytes. @throws where it does not build, one line for each reason */
export async function chartPageParts(): Promise<PageParts> {
  const { outputFiles } = await build({
    entryPoints: [`${FOLDER}/main.js`],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    mainFields: ['module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"' },
    minify: true,
    charset: 'ascii',
    legalComments: 'none',
    plugins: [assertions],
    logLevel: 'silent',
  })
  const script = outputFiles[0]?.text ?? ''
  return { script, style: readFileSync(join(ROOT, FOLDER, 'page.css'), 'utf8') }
}

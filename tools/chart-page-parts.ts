/** The program and the looks of pages that need nothing else, in one piece each: bundled from dashboard. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { PageParts } from '../visualizer/chart-page.ts'

const ROOT = join(import.meta.dirname, '..')
const CHARTS = 'dashboard/chart-page'
const IMPACT = 'dashboard/impact-page'

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
  return { script: await bundled(CHARTS), style: styleOf(CHARTS) }
}

/** Its charts look as those of the charts' pages. */
export async function impactPageParts(): Promise<PageParts> {
  return { script: await bundled(IMPACT), style: styleOf(CHARTS) + styleOf(IMPACT) }
}

function styleOf(folder: string): string {
  return readFileSync(join(ROOT, folder, 'page.css'), 'utf8')
}

async function bundled(folder: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}/main.js`],
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
  return outputFiles[0]?.text ?? ''
}

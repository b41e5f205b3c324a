/** The program and the looks of pages that need nothing else, in one piece each: bundled from dashboard. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { PageParts } from '../visualizer/chart-page.ts'
import type { ImportedChart } from './imported-charts.ts'

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

/** Charts that are in no registry: the pages' own have none. */
function importing(imported: readonly ImportedChart[]): Plugin {
  const lines = imported.map(
    ({ file, name }, n) => `import { ${name} as chart${n} } from ${JSON.stringify(file)}`,
  )
  const names = imported.map((_, n) => `chart${n}`).join(', ')
  const contents = [...lines, `export const importedCharts = [${names}]`].join('\n')
  return {
    name: 'imported-charts',
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^imported-charts$/ }, ({ path }) => ({ path, namespace: 'imported' }))
      onLoad({ filter: /.*/, namespace: 'imported' }, () => ({ contents, resolveDir: ROOT }))
    },
  }
}

/** The same code, the same bytes. @throws where it does not build, one line for each reason */
export async function chartPageParts(imported: readonly ImportedChart[] = []): Promise<PageParts> {
  return { script: await bundled(CHARTS, imported), style: styleOf(CHARTS) }
}

/** Its charts look as those of the charts' pages. */
export async function impactPageParts(): Promise<PageParts> {
  return { script: await bundled(IMPACT), style: styleOf(CHARTS) + styleOf(IMPACT) }
}

function styleOf(folder: string): string {
  return readFileSync(join(ROOT, folder, 'page.css'), 'utf8')
}

async function bundled(folder: string, imported: readonly ImportedChart[] = []): Promise<string> {
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
    plugins: [assertions, importing(imported)],
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}

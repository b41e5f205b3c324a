/** A handler as Lambda gets it: one minified ES module that holds everything, the AWS SDK included. esbuild runs here, no Docker. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildSync } from 'esbuild'

export const HANDLER_FILE = 'index.mjs'
const ROOT = join(import.meta.dirname, '..')
const BUNDLES = join(ROOT, 'dist', 'lambda')

/** Packages written as CommonJS call `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/** The code of an entry such as `processors/stream.lambda.ts`. @throws where it does not build */
export function bundleHandler(entry: string): Uint8Array {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Packages that have both come as ES modules: only those lose what is not used.
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    alias: { '@aws-sdk/credential-provider-node': './adapters/lambda-credentials.ts' },
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const [file] = outputFiles
  if (!file) throw new Error(`${entry}: esbuild gave nothing`)
  return file.contents
}

/** A folder with the bundle in it, named by what it holds, so that two that build at once do not meet halfway. */
export function bundleFolder(entry: string): string {
  const code = bundleHandler(entry)
  const hash = createHash('sha256').update(code).digest('hex').slice(0, 16)
  const folder = join(BUNDLES, `${basename(entry, '.lambda.ts')}-${hash}`)
  if (existsSync(folder)) return folder
  mkdirSync(BUNDLES, { recursive: true })
  const unfinished = mkdtempSync(join(BUNDLES, 'unfinished-'))
  chmodSync(unfinished, 0o755)
  writeFileSync(join(unfinished, HANDLER_FILE), code)
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // Another was faster, with the same content.
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

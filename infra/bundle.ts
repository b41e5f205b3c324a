/** A handler as Lambda gets it: one minified ES module that holds everything, the AWS SDK included. esbuild runs here, no Docker. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildSync } from 'esbuild'
import { httpHandlersModule } from './http-handlers.ts'
import { schemaChecksModule } from './schema-checks.ts'

export const HANDLER_FILE = 'index.mjs'
const ROOT = join(import.meta.dirname, '..')
const BUNDLES = join(ROOT, 'dist', 'lambda')

/** What the packages bring and no function of ours calls, and what stands for it; each file says why. */
const LEFT_OUT = {
  '@aws-sdk/credential-provider-node': './adapters/lambda-credentials.ts',
  '@aws-sdk/endpoint-cache': './adapters/without-endpoint-cache.ts',
  '@smithy/core/event-streams': './adapters/without-event-streams.ts',
}

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
    alias: { ...LEFT_OUT, ...madeModules() },
    banner: { js: REQUIRE },
    logLevel: 'error',
  })
  const [file] = outputFiles
  if (!file) throw new Error(`${entry}: esbuild gave nothing`)
  return file.contents
}

/** A folder with the bundle in it. */
export function bundleFolder(entry: string): string {
  return folderWith(basename(entry, '.lambda.ts'), HANDLER_FILE, bundleHandler(entry))
}

/** Modules that are written for the bundle, in place of what the packages have under these names. */
function madeModules(): Record<string, string> {
  const made = (name: string, code: string) => join(folderWith(name, HANDLER_FILE, code), HANDLER_FILE)
  return {
    'typebox/schema': made('schema-checks', schemaChecksModule()),
    '@smithy/node-http-handler': made('http-handlers', httpHandlersModule()),
  }
}

/** A folder with one file in it, named by what it holds, so that two that build at once do not meet halfway. */
function folderWith(name: string, file: string, content: string | Uint8Array): string {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16)
  const folder = join(BUNDLES, `${name}-${hash}`)
  if (existsSync(folder)) return folder
  mkdirSync(BUNDLES, { recursive: true })
  const unfinished = mkdtempSync(join(BUNDLES, 'unfinished-'))
  chmodSync(unfinished, 0o755)
  writeFileSync(join(unfinished, file), content)
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // Another was faster, with the same content.
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** A handler as Lambda gets it: minified ES modules that hold everything, the AWS SDK included. esbuild runs here, no Docker. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type BuildOptions, buildSync, type Metafile } from 'esbuild'
import { httpHandlersModule } from './http-handlers.ts'
import { lambdaPackage } from './lambda-packages.ts'
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

/**
 * Packages that most environments of a function never call for, and what is needed of them: they lie beside the handler,
 * and are loaded by the call that needs them.
 */
const IOT = { '@aws-sdk/client-iot-data-plane': 'IoTDataPlaneClient, PublishCommand' }
const BESIDE: Record<string, Record<string, string>> = {
  'api/api.lambda.ts': {
    ...IOT,
    '@aws-sdk/client-athena':
      'AthenaClient, GetQueryExecutionCommand, GetQueryResultsCommand, StartQueryExecutionCommand, StopQueryExecutionCommand',
  },
  'processors/stream.lambda.ts': { ...IOT, '@aws-sdk/client-kinesis': 'KinesisClient, PutRecordsCommand' },
}

/** Functions with DuckDB in them: its machine code lies beside the handler. */
const WITH_DUCKDB = ['workflows/night.lambda.ts', 'processors/expired.lambda.ts']
const DUCKDB = '@duckdb/node-bindings'
const DUCKDB_FILE = './duckdb.node'

/** Whose machine code a bundle has: Lambda's, or this machine's, for tests that run it. */
export type Machine = 'lambda' | 'host'

/** Written for a time without strict mode, which an ES module always has: it lies beside the handler as what it is. */
const SLOPPY = 'parquetjs-lite'

/** Packages written as CommonJS call `require`, which an ES module does not have. */
const REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"

/** Names are paths within the bundle. `at_start`: what a cold start loads, and not only whoever needs it. */
export type BundleFile = { name: string; code: Uint8Array; at_start: boolean }

/** The code of an entry such as `processors/stream.lambda.ts`. @throws where it does not build */
export function bundleHandler(entry: string, machine: Machine = 'lambda'): BundleFile[] {
  const beside = BESIDE[entry] ?? IOT
  const external = [...Object.keys(beside), DUCKDB_FILE, SLOPPY]
  // What is imported by need is a file of its own.
  const { files, imports } = build({ entryPoints: { index: entry }, external, splitting: true })
  const called = Object.entries(beside).filter(([name]) => imports.includes(name))
  const sloppy = imports.includes(SLOPPY) ? sloppyBeside() : []
  const native = WITH_DUCKDB.includes(entry) ? duckdbFiles(machine) : []
  return [...files, ...called.flatMap(([name, needed]) => packageBeside(name, needed)), ...sloppy, ...native]
}

/** What the package of one machine holds, for whoever requires it from beside the handler. */
function duckdbFiles(machine: Machine): BundleFile[] {
  const folder =
    machine === 'lambda'
      ? lambdaPackage(`${DUCKDB}-linux-arm64`)
      : join(ROOT, 'node_modules', `${DUCKDB}-${process.platform}-${process.arch}`)
  return readdirSync(folder)
    .filter((name) => name !== 'package.json' && name !== 'README.md')
    .map((name) => ({ name, code: readFileSync(join(folder, name)), at_start: true }))
}

function packageBeside(name: string, needed: string): BundleFile[] {
  const { code } = single({ stdin: { contents: `export { ${needed} } from '${name}'`, resolveDir: ROOT } })
  const folder = `node_modules/${name}`
  const manifest = JSON.stringify({ type: 'module', exports: `./${HANDLER_FILE}` })
  return [
    { name: `${folder}/${HANDLER_FILE}`, code, at_start: false },
    { name: `${folder}/package.json`, code: new TextEncoder().encode(manifest), at_start: false },
  ]
}

function sloppyBeside(): BundleFile[] {
  const { code } = single({ entryPoints: { index: SLOPPY }, format: 'cjs', banner: {}, mainFields: ['main'] })
  const folder = `node_modules/${SLOPPY}`
  const manifest = JSON.stringify({ main: './index.cjs' })
  return [
    { name: `${folder}/index.cjs`, code, at_start: true },
    { name: `${folder}/package.json`, code: new TextEncoder().encode(manifest), at_start: true },
  ]
}

type Built = { files: BundleFile[]; imports: string[] }

/** Of what has one file. */
function single(of: BuildOptions): BundleFile {
  const [file] = build(of).files
  if (!file) throw new Error('esbuild gave nothing')
  return file
}

/** The files, the first of which is the entry's own, and what they import from beside them. */
function build(of: BuildOptions): Built {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: ROOT,
    bundle: true,
    outdir: ROOT,
    entryNames: 'index',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Packages that have both come as ES modules: only those lose what is not used.
    mainFields: ['module', 'main'],
    minify: true,
    // An error that nobody catches is told with its line.
    lineLimit: 1_000,
    legalComments: 'none',
    alias: { ...LEFT_OUT, ...madeModules() },
    banner: { js: REQUIRE },
    logLevel: 'error',
    ...of,
    write: false,
    metafile: true,
  })
  const at_start = loadedAtStart(metafile)
  const files = outputFiles
    .map(({ path, contents }) => ({
      name: basename(path),
      code: contents,
      at_start: at_start.has(basename(path)),
    }))
    .sort((a, b) => Number(b.name === HANDLER_FILE) - Number(a.name === HANDLER_FILE))
  const outputs = Object.values(metafile.outputs)
  return { files, imports: outputs.flatMap(({ imports }) => imports.map(({ path }) => path)) }
}

/** Files that the entry's own imports, and theirs, but for what is imported when it is needed. */
function loadedAtStart({ outputs }: Metafile): Set<string> {
  const loaded = new Set<string>()
  const load = (name: string) => {
    if (loaded.has(name)) return
    loaded.add(name)
    for (const { path, kind } of outputs[name]?.imports ?? []) if (kind === 'import-statement') load(path)
  }
  load(HANDLER_FILE)
  return loaded
}

const folders = new Map<string, string>()

/** A folder with the bundle in it; made once a process. */
export function bundleFolder(entry: string, machine: Machine = 'lambda'): string {
  const known = folders.get(`${machine} ${entry}`)
  if (known !== undefined && existsSync(known)) return known
  const folder = folderWith(basename(entry, '.lambda.ts'), bundleHandler(entry, machine))
  folders.set(`${machine} ${entry}`, folder)
  return folder
}

/** Modules that are written for the bundle, in place of what the packages have under these names. */
function madeModules(): Record<string, string> {
  const made = (name: string, code: string) => {
    const file = { name: HANDLER_FILE, code: new TextEncoder().encode(code), at_start: true }
    return join(folderWith(name, [file]), HANDLER_FILE)
  }
  return {
    'typebox/schema': made('schema-checks', schemaChecksModule()),
    '@smithy/node-http-handler': made('http-handlers', httpHandlersModule()),
    // In place of the search for the right machine's.
    [DUCKDB]: made('duckdb', `export default require('${DUCKDB_FILE}')`),
  }
}

/** A folder with these files in it, named by what they hold, so that two that build at once do not meet halfway. */
function folderWith(name: string, files: readonly BundleFile[]): string {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${file.name} ${file.code.byteLength} `).update(file.code)
  const folder = join(BUNDLES, `${name}-${hash.digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  mkdirSync(BUNDLES, { recursive: true })
  const unfinished = mkdtempSync(join(BUNDLES, 'unfinished-'))
  chmodSync(unfinished, 0o755)
  for (const file of files) {
    mkdirSync(dirname(join(unfinished, file.name)), { recursive: true })
    writeFileSync(join(unfinished, file.name), file.code)
  }
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // Another was faster, with the same content.
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** Who may import whom: the table of DESIGN §2, and the packages and built-ins of each folder. */
import { posix } from 'node:path'
import { folderOf, isLambda, type Rule } from './rule.ts'
import { type Import, type SourceFile, scripts, type Tree } from './tree.ts'

const CORE = ['events', 'energy', 'statecharts']
const USE_CASES = ['firmware-model', 'visualizer', 'iot-events', 'processors', 'workflows', 'api']

/** Folder → the other folders that it may import. A folder that is not here may import none. */
const FOLDERS: Record<string, string[]> = {
  events: [],
  energy: ['events'],
  statecharts: ['events', 'energy'],
  'firmware-model': CORE,
  visualizer: CORE,
  // Detector models of AWS IoT Events as charts: pure, as the visualizer is.
  'iot-events': CORE,
  processors: CORE,
  workflows: CORE,
  api: CORE,
  adapters: [...CORE, ...USE_CASES],
  // Names of tables, keys and variables are written once, beside the adapters that use them.
  infra: [...CORE, ...USE_CASES, 'adapters'],
  // It serves the page, so it must know which files that is.
  embedded: [...CORE, ...USE_CASES, 'adapters', 'infra', 'dashboard'],
  tools: [...CORE, ...USE_CASES, 'adapters', 'infra', 'embedded'],
  dashboard: ['events', 'energy', 'statecharts', 'visualizer'],
}
const EVERYTHING = new Set(['test', 'bench', ''])

/** A broken invariant of our own is asserted anywhere. */
const ASSERT = 'node:assert'

/** Folder → the packages and built-ins that it may import; a folder that is not here may import any. */
const PACKAGES: Record<string, string[]> = {
  events: ['typebox', 'node:crypto'],
  energy: [],
  statecharts: ['xstate', 'uuid'],
  'firmware-model': [],
  visualizer: ['elkjs'],
  'iot-events': [],
  // A repair compares what it folds with what is stored, and isDeepStrictEqual is exact and in the runtime.
  processors: ['csv-parse', 'node:stream', 'node:util'],
  workflows: [],
  api: ['hono', 'typebox'],
}
/** A handler decodes, builds its ports once, calls its use case and encodes. */
const HANDLER_PACKAGES = ['@aws-lambda-powertools', 'aws-lambda']

/** Packages that only some folders may import at all, tests and measurements beside them. */
const FENCED: { pattern: RegExp; folders: string[] }[] = [
  { pattern: /^node:sqlite$|sqlite/, folders: ['adapters'] },
  { pattern: /^@duckdb\/|^parquetjs/, folders: ['adapters'] },
  { pattern: /^@aws-sdk\/|^@smithy\//, folders: ['adapters'] },
  { pattern: /^xstate$|^@xstate\//, folders: ['statecharts'] },
  { pattern: /^aws-cdk-lib|^constructs$|^cdk-nag$/, folders: ['infra'] },
]

const CHART_WORDS = new Set(['setup', 'assign', 'emit', 'raise', 'and', 'or', 'not'])
const MACHINE_RUNNER = 'statecharts/run-machine.ts'
const RUNNERS = [MACHINE_RUNNER, 'statecharts/run-compiled.ts']
const RUNNERS_SEAM = 'statecharts/step-machine.ts'

/** The file that a relative import leads to, null for a package. */
export function targetOf(file: SourceFile, { specifier }: Import): string | null {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : null
}

type Finding = (file: SourceFile, one: Import) => string | null

function eachImport(find: Finding): (tree: Tree) => string[] {
  return (tree) =>
    scripts(tree).flatMap((file) =>
      file.imports.flatMap((one) => {
        const found = find(file, one)
        return found === null ? [] : [`${file.path}:${one.line}: ${one.specifier}: ${found}`]
      }),
    )
}

export const importRules: Rule[] = [
  {
    name: 'imports run one way',
    check: eachImport((file, one) => {
      const from = folderOf(file.path)
      const target = targetOf(file, one)
      if (target === null || EVERYTHING.has(from)) return null
      const to = folderOf(target)
      const allowed = [from, ...(FOLDERS[from] ?? []), ...(isLambda(file.path) ? ['adapters'] : [])]
      return allowed.includes(to) ? null : `${from} may import ${allowed.join(', ')}`
    }),
    broken: [{ 'events/a.ts': "import { b } from '../statecharts/b.ts'\n" }, 'events may import events'],
    kept: {
      'statecharts/a.ts': "import type { B } from '../events/b.ts'\n// import { c } from '../api/c.ts'\n",
      'processors/a.lambda.ts': "import { b } from '../adapters/b.ts'\n",
      'test/a.test.ts': "import { b } from '../adapters/b.ts'\n",
    },
  },
  {
    name: 'a folder imports the packages that belong there',
    check: eachImport((file, one) => {
      const allowed = PACKAGES[folderOf(file.path)]
      if (one.specifier.startsWith('.') || !allowed) return null
      const all = [ASSERT, ...allowed, ...(isLambda(file.path) ? HANDLER_PACKAGES : [])]
      const fits = all.some((name) => one.specifier === name || one.specifier.startsWith(`${name}/`))
      return fits ? null : `${folderOf(file.path)} may import ${all.join(', ')}`
    }),
    broken: [{ 'energy/a.ts': "import { readFileSync } from 'node:fs'\n" }, 'energy may import node:assert'],
    kept: {
      'energy/a.ts': "import assert from 'node:assert/strict'\n",
      'events/a.ts': "import { Compile } from 'typebox/compile'\nimport { hash } from 'node:crypto'\n",
      'tools/a.ts': "import { readFileSync } from 'node:fs'\n",
    },
  },
  {
    name: 'SQLite, Parquet, DuckDB, the AWS SDK, xstate and the CDK stay behind their fences',
    check: eachImport((file, one) => {
      const fence = FENCED.find(({ pattern }) => pattern.test(one.specifier))
      if (one.specifier.startsWith('.') || !fence || EVERYTHING.has(folderOf(file.path))) return null
      return fence.folders.includes(folderOf(file.path)) ? null : `belongs in ${fence.folders.join(', ')}`
    }),
    broken: [{ 'embedded/a.ts': "import { DatabaseSync } from 'node:sqlite'\n" }, 'belongs in adapters'],
    kept: {
      'adapters/a.ts': "import { DatabaseSync } from 'node:sqlite'\n",
      'embedded/a.ts': "import { store } from '../adapters/sqlite-store.ts'\n",
      'test/a.test.ts': "import { createMachine } from 'xstate'\n",
    },
  },
  {
    name: 'a chart is written with setup, assign, emit, raise, and, or, not, and one file runs machines',
    check: eachImport((file, one) => {
      if (one.specifier !== 'xstate' || folderOf(file.path) !== 'statecharts' || file.path === MACHINE_RUNNER)
        return null
      const others = one.names.filter((name) => !CHART_WORDS.has(name))
      return others.length === 0 ? null : `${others.join(', ')}: only ${MACHINE_RUNNER} may run machines`
    }),
    broken: [
      { 'statecharts/a.ts': "import { assign, createActor, type AnyState } from 'xstate'\n" },
      'createActor: only',
    ],
    kept: {
      'statecharts/a.ts':
        "import { and, assign, type AnyActor, setup } from 'xstate'\nimport type { Snapshot } from 'xstate'\n",
      [MACHINE_RUNNER]: "import { createActor } from 'xstate'\n",
    },
  },
  {
    name: 'nothing knows which runner it has',
    check: eachImport((file, one) => {
      const target = targetOf(file, one)
      if (target === null || !RUNNERS.includes(target) || EVERYTHING.has(folderOf(file.path))) return null
      return file.path === RUNNERS_SEAM ? null : `step machines by ${RUNNERS_SEAM}`
    }),
    broken: [
      { 'processors/a.ts': "import { b } from '../statecharts/run-compiled.ts'\n" },
      'step machines by',
    ],
    kept: {
      [RUNNERS_SEAM]: "import { a } from './run-compiled.ts'\nimport { b } from './run-machine.ts'\n",
      'statecharts/a.ts': "import { b } from './step-machine.ts'\n",
      'test/a.test.ts': "import { b } from '../statecharts/run-machine.ts'\n",
    },
  },
]

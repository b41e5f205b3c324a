/** Calls that a folder must not make, with what to use instead. */
import { folderOf, isConfig, isIn, isTest, nowhere, type Rule } from './rule.ts'
import type { SourceFile } from './tree.ts'

/** Folders where the same input gives the same output: no clock, no chance, no waiting, no world. */
const DECIDING = [
  'events',
  'energy',
  'statecharts',
  'firmware-model',
  'visualizer',
  'iot-events',
  'processors',
  'workflows',
  'api',
]
const inDeciding = (file: SourceFile) => isIn(...DECIDING)(file) && !file.path.endsWith('.lambda.ts')

const SPEAKING = ['tools', 'embedded', 'dashboard', 'test', 'bench']

type Ban = {
  name: string
  pattern: RegExp
  instead: string
  where: (file: SourceFile) => boolean
  broken: string
  /** Looks like it and is not. */
  kept: string
}

const bans: Ban[] = [
  {
    name: 'no clock',
    pattern: /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bperformance\.now\b|\bprocess\.hrtime\b/,
    instead: 'take the time as a parameter',
    where: inDeciding,
    broken: 'export const a = () => new Date()',
    kept: "export const a = (ms: number) => new Date(ms) // not Date.now()\nexport const b = 'Date.now()'",
  },
  {
    name: 'no chance',
    pattern: /\bMath\.random\b|\brandomUUID\b|\brandomBytes\b|\bgetRandomValues\b/,
    instead: 'derive it from a seed or an identity',
    where: inDeciding,
    broken: 'export const a = Math.random()',
    kept: 'export const a = Math.round(1) // no Math.random',
  },
  {
    name: 'no waiting',
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b/,
    instead: 'put a timer in the state as a fact, or take a port',
    where: inDeciding,
    broken: 'setTimeout(() => {}, 5)',
    kept: 'export const setTimeouts = 5',
  },
  {
    name: 'no network',
    pattern: /(?<![.\w])fetch\(/,
    instead: 'take a port',
    where: inDeciding,
    broken: "export const a = fetch('x')",
    kept: "export const a = (app: { fetch: (x: string) => void }) => app.fetch('x')",
  },
  {
    name: 'one reader of the environment',
    pattern: /\bprocess\.env\b/,
    instead: 'read it in adapters/ and hand it over',
    where: ({ path }) => folderOf(path) !== 'adapters' && !isTest(path) && !isConfig(path),
    broken: 'export const a = process.env.HOME',
    kept: "export const a = 'process.env'",
  },
  {
    name: 'no printing',
    pattern: /\bconsole\.\w+/,
    instead: 'take a Logger',
    where: ({ path }) => !SPEAKING.includes(folderOf(path)),
    broken: "console.log('here')",
    kept: '// console.log is for tools\nexport const a = 1',
  },
]

export const callRules: Rule[] = bans.map(({ name, pattern, instead, where, broken, kept }) => ({
  name,
  check: nowhere(pattern, instead, where),
  broken: [{ 'statecharts/a.ts': broken }, instead],
  kept: { 'statecharts/a.ts': kept, 'adapters/a.ts': 'export const a = [Date.now(), process.env.A]' },
}))

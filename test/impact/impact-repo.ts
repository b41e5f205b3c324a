/** A repository of its own with the sources of this project, whose charts a test may change, and `npm run impact` in it. */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { recordLine } from '../../adapters/ndjson-records.ts'
import type { LogRecord } from '../../events/record.ts'
import type { ImpactReport } from '../../processors/impact-report.ts'

const ROOT = join(import.meta.dirname, '../..')
/** What the command is made of. */
const SOURCES = [
  'adapters',
  'api',
  'dashboard',
  'embedded',
  'energy',
  'events',
  'firmware-model',
  'infra',
  'processors',
  'statecharts',
  'tools',
  'visualizer',
  'workflows',
  'package.json',
]

const run = promisify(execFile)

export type ImpactRun = { code: number; out: string; err: string }

export type ImpactRepo = {
  folder: string
  /** Everywhere in a file of the working tree. @throws where the text is not in it */
  edit(path: string, from: string, to: string): void
  write(path: string, text: string): void
  git(...args: string[]): Promise<string>
  commit(message: string): Promise<void>
  impact(...args: string[]): Promise<ImpactRun>
  /** The report as JSON, and how it ended. */
  report(...args: string[]): Promise<{ code: number; report: ImpactReport }>
  remove(): void
}

/** On `main`, with one commit that is the working tree. */
export async function impactRepo(): Promise<ImpactRepo> {
  const folder = mkdtempSync(join(tmpdir(), 'pilotline-impact-'))
  for (const name of SOURCES) cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n*.ndjson\n*.html\n')
  const git = async (...args: string[]) => {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
    return (await run('git', [...who, ...args], { cwd: folder })).stdout
  }
  const commit = async (message: string) => {
    await git('add', '-A')
    await git('commit', '-q', '-m', message)
  }
  await git('init', '-q', '-b', 'main')
  await commit('as it is')
  const impact = (...args: string[]) => runIn(folder, args)
  return {
    folder,
    git,
    commit,
    impact,
    edit: (path, from, to) => {
      const at = join(folder, path)
      const text = readFileSync(at, 'utf8')
      if (!text.includes(from)) throw new Error(`${path} does not say ${from}`)
      writeFileSync(at, text.replaceAll(from, to))
    },
    write: (path, text) => writeFileSync(join(folder, path), text),
    report: async (...args) => {
      const { code, out, err } = await impact(...args, '--json', '-')
      if (code === 2) throw new Error(err)
      return { code, report: JSON.parse(out) as ImpactReport }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

async function runIn(cwd: string, args: string[]): Promise<ImpactRun> {
  const all = ['--disable-warning=ExperimentalWarning', 'tools/impact.ts', ...args]
  try {
    const { stdout, stderr } = await run(process.execPath, all, { cwd, maxBuffer: 1e8 })
    return { code: 0, out: stdout, err: stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, out: stdout, err: stderr }
  }
}

type Said = { at: number; topic: string } & Record<string, unknown>

/** As `--file` reads them, each received a second after it was said. */
export function linesOf(all: readonly Said[]): string {
  const records = all.map(({ at, topic, ...said }, n): LogRecord => {
    const payload = new TextEncoder().encode(JSON.stringify({ ...said, timestamp: at }))
    const position = String(n + 1).padStart(20, '0')
    return { position, received_at: at + 1000, source: 'mqtt', topic, verdict: 'unchecked', payload }
  })
  return `${records.map(recordLine).join('\n')}\n`
}

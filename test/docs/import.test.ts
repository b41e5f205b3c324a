/** `docs/import.md`, followed to the letter: each example is run, and must say what the page says. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { filesOf } from '../../embedded/folder.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'
import { realData } from '../real-data.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'import.md'), 'utf8')
const EXAMPLE = /^## (.*)$|^```(sh|text)\n([\s\S]*?)^```$/gm

type Example = { title: string; commands: string; says: string[] }

function examplesOf(text: string): Example[] {
  const examples: Example[] = []
  let title = ''
  for (const [, heading, kind, block = ''] of text.matchAll(EXAMPLE)) {
    if (heading) title = heading
    else if (kind === 'sh' && title) examples.push({ title, commands: block, says: [] })
    else if (kind === 'text') examples.at(-1)?.says.push(...block.trimEnd().split('\n'))
  }
  return examples
}

const sh = promisify(execFile)
const folders: { remove(): Promise<void> }[] = []
afterAll(async () => {
  for (const folder of folders) await folder.remove()
})

/** The commands in a folder with the recordings that they name, and what they say. */
async function follow(commands: string) {
  const folder = await temporaryFolder()
  folders.push(folder)
  for (const [name] of commands.matchAll(/[\w-]+\.(?:csv|txt)(?:\.gz)?/g)) {
    const path = realData(name)
    const link = folder.file(basename(name))
    if (path && !existsSync(link)) symlinkSync(path, link)
  }
  const node = `"${process.execPath}" --disable-warning=ExperimentalWarning`
  const script = `npm() { shift 3; ${node} "${join(root, 'tools', 'import.ts')}" "$@"; }\n${commands}`
  const { stdout } = await sh('sh', ['-e', '-c', script], { cwd: folder.file('.') })
  return { said: stdout.split('\n'), data: folder.file('data/pilotline') }
}

const examples = examplesOf(page)
const files = examples.map(({ commands }) => /npm run import -- (?!plate)(\S+)/.exec(commands)?.[1] ?? '')

describe('docs/import.md', () => {
  it('has an example for each recording that fits', () => {
    expect(files.toSorted()).toEqual([
      'acn-caltech-2019-03-sessions.csv',
      'charge-10hz-charger.csv.gz',
      'charge-10hz-vehicle.csv.gz',
      'ecobee-2016-07.csv',
      'household-meter-2007-02.txt.gz',
    ])
    for (const { title, says } of examples) expect(says, title).not.toEqual([])
  })

  for (const [n, { title, commands, says }] of examples.entries()) {
    const file = files[n] as string
    it.skipIf(realData(file) === null)(
      title,
      async () => {
        const { said, data } = await follow(commands)
        for (const line of says) expect(said).toContain(line)
        const things = existsSync(filesOf(data).hot) ? thingsIn(data) : []
        expect(things).toHaveLength(COUNTS[file] as number)
      },
      300_000,
    )
  }
})

/** Sessions and cycles that the page speaks of. */
const COUNTS: Record<string, number> = {
  'acn-caltech-2019-03-sessions.csv': 954,
  'charge-10hz-charger.csv.gz': 1,
  'charge-10hz-vehicle.csv.gz': 0,
  'ecobee-2016-07.csv': 16,
  'household-meter-2007-02.txt.gz': 1,
}

function thingsIn(data: string) {
  const store = sqliteStore(filesOf(data).hot)
  const { summaries } = store.dump()
  store.close()
  return summaries.filter(({ kind, retracted }) => !retracted && (kind === 'session' || kind === 'cycle'))
}

/**
 * Impact: events folded a second by one revision and by two, beside a verify's fold of the same log, with a thread a core.
 * `node bench/impact.ts 300000`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkOut } from '../adapters/git-revision.ts'
import { sqliteLog } from '../adapters/sqlite-log.ts'
import { filesOf } from '../embedded/folder.ts'
import { EVERYTHING } from '../processors/replay-source.ts'
import { foldImpact } from '../tools/impact-fold.ts'
import { threadedFold } from '../tools/replay-fold.ts'
import { BATCH, batchAt, DEVICES } from './charging-fleet.ts'
import { race, showRace } from './timing.ts'

const EVENTS = Number(process.argv[2] ?? 300_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const root = join(import.meta.dirname, '..')
const threads = availableParallelism()
const nothing = { onPoison: () => {}, onRead: () => {} }

/** What all threads together have used of the cores, ns an event: busy cores make it wait, not work. */
const cpu = new Map<string, number[]>()

function measured(name: string, run: () => Promise<unknown>) {
  return {
    name,
    per_round: EVENTS,
    run: async () => {
      const before = process.cpuUsage()
      await run()
      const { user, system } = process.cpuUsage(before)
      cpu.set(name, [...(cpu.get(name) ?? []), ((user + system) * 1_000) / EVENTS])
    },
  }
}

const folder = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
const base = await checkOut(root, 'HEAD')
try {
  const log = sqliteLog(filesOf(folder).log)
  for (let from = 0; from < EVENTS; from += BATCH) log.appendSync(batchAt(from, EVENTS))
  log.close()
  const plan = { source: { kind: 'log', folder } as const, until: null, range: EVERYTHING }
  const before = { root: base.folder, name: 'HEAD' }
  const after = { root, name: 'the working tree' }
  const impact = (sides: { before: typeof before | null; after: typeof after }) => () =>
    foldImpact({ ...plan, ...sides }, threads, nothing, () => {})
  const timed = await race(
    [
      measured('verify', () => threadedFold({ ...plan, threads, ...nothing })(async () => {})),
      measured('impact, the same code', impact({ before: null, after })),
      measured('impact, two revisions', impact({ before, after })),
    ],
    ROUNDS,
  )
  showRace(`impact: ${EVENTS.toLocaleString('en')} events of ${DEVICES} chargers, ${threads} threads`, timed)
  for (const [name, of] of cpu)
    console.log(`  ${name.padEnd(22)} ${Math.round(Math.min(...of))} ns of a core an event`)
  console.log(`  memory at its highest ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`)
} finally {
  base.remove()
  rmSync(folder, { recursive: true })
}

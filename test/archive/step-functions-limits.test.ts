/** The arithmetic of decision 30: what a big day's night comes to, by the plan's own code, against what Step Functions takes. */
import { readFileSync } from 'node:fs'
import { StateMachine } from 'aws-local-stepfunctions'
import { describe, expect, it } from 'vitest'
import { memoryArchive } from '../../adapters/memory-archive.ts'
import { memoryArchiveBook } from '../../adapters/memory-archive-book.ts'
import { SHARED_FILES } from '../../events/archive-places.ts'
import type { Audit } from '../../workflows/audit-night.ts'
import { type FinishInput, finishNight } from '../../workflows/finish-night.ts'
import { inOneLine } from '../../workflows/night-error.ts'
import { type NightPorts, NotVerified } from '../../workflows/night-ports.ts'
import { MOST_MONTH_FILES } from '../../workflows/plan-months.ts'
import { batchesFor, planNight } from '../../workflows/plan-night.ts'

/** Source: Step Functions' guide, "Service quotas". */
const MOST_STATE_BYTES = 256 * 1024
const MOST_HISTORY = 25_000
const MOST_INLINE_CONCURRENCY = 40

const MINUTES = 1_440
const DAY = '2026-11-20'

type State = {
  Type: string
  Retry?: { MaxAttempts: number }[]
  MaxConcurrency?: number
  ItemProcessor?: { States: Record<string, State> }
}
const DEFINITION = readFileSync(new URL('../../workflows/nightly.asl.json', import.meta.url), 'utf8')
const { States } = JSON.parse(DEFINITION) as { States: Record<string, State> }

/** Entered and left; of each attempt of a function that it is scheduled, begins, and ends. */
function entriesOf(state: State, batches: number, retried: boolean): number {
  const { Type, Retry = [], ItemProcessor } = state
  if (Type === 'Task') {
    const again = retried ? Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0) : 0
    return 2 + 3 * (1 + again)
  }
  if (Type !== 'Map') return 2
  const inside = Object.values(ItemProcessor?.States ?? {})
  // Of the two ways out of a batch one is taken.
  const one = inside.reduce((sum, state) => sum + entriesOf(state, batches, retried), 0) - 2
  return 4 + (state === States.Months ? MOST_MONTH_FILES : batches) * (2 + one)
}

/** Beside what happens in a batch, a long log may be read in turns. */
const TURNS = 20

function historyOf(batches: number, retried: boolean): number {
  const once = Object.values(States).reduce((sum, state) => sum + entriesOf(state, batches, retried), 2)
  const turn =
    entriesOf(States.Audit as State, batches, retried) + entriesOf(States.IsAuditDone as State, 0, false)
  return once + (TURNS - 1) * turn
}

/** The night of a day of so many rows, in which every batch fails with all that it may say. */
async function worstNight(rows: number) {
  const files = memoryArchive()
  const quiet = { info() {}, warn() {}, error() {} }
  const ports = {
    files,
    engine: {
      survey: async () => ({
        rows,
        days: [{ day: DAY, rows, devices: 10_000 }],
        sums: [{ shard: 0, rows, sum: '0', bytes: rows * TEMPLATE_BYTES }],
        empty: [],
        damaged: [],
      }),
    },
    book: memoryArchiveBook(),
    now: () => Date.UTC(2026, 10, 21, 2),
    metrics: { count() {}, gauge() {} },
    logger: quiet,
  } as unknown as NightPorts
  let [most, batches] = [0, 0]
  const measure = (value: unknown) => {
    most = Math.max(most, Buffer.byteLength(JSON.stringify(value)))
  }
  const audit: Audit = {
    records: rows,
    missing: rows,
    devices: Array.from({ length: 100 }, () => ({ device_id: '語'.repeat(128), missing: rows })),
    confirmed: '',
    more: false,
  }
  const tasks: Record<string, (input: never) => Promise<object>> = {
    Plan: async (input) => {
      const planned = await planNight(input, ports)
      batches = planned.batches.length
      return planned
    },
    Spread: async () => ({ batches }),
    Compact: async () => {
      throw asStepFunctionsTells(
        inOneLine(new NotVerified(`"records" \\ would be lost: ${'語'.repeat(500)}`)),
      )
    },
    Verify: async () => ({}),
    Publish: async () => ({}),
    Aggregate: async () => ({ days: 31, hours: 7_440_000, devices: 10_000 }),
    PlanMonths: async () => ({
      files: Array.from({ length: MOST_MONTH_FILES }, (_, batch) => ({
        run: 'a'.repeat(80),
        batch,
        month: '2026-10',
      })),
      next: '2026-11',
    }),
    GatherMonth: async () => ({ staged: 'a'.repeat(200), rows, bytes: rows, copies: rows }),
    VerifyMonth: async () => {
      throw asStepFunctionsTells(inOneLine(new NotVerified('語'.repeat(500))))
    },
    PublishMonth: async () => ({}),
    Audit: async () => audit,
    Finish: async (input) => {
      const finished = await finishNight(input, ports)
      // What the state is behind the last step.
      measure({ ...(input as object), finished })
      expect((input as FinishInput).gathered.every(({ failed }) => failed)).toBe(true)
      return finished
    },
  }
  const measured = Object.entries(tasks).map(([name, task]) => [
    name,
    async (input: never) => {
      measure(input)
      return task(input)
    },
  ])
  const definition = JSON.parse(
    DEFINITION.replace(/\$\{(\w+)\}/g, 'arn:aws:lambda:eu-central-1:000000000000:function:$1'),
  )
  const waits = Object.fromEntries(Object.keys(tasks).map((name) => [name, [0, 0, 0]]))
  const execution = new StateMachine(definition).run(
    { run: 'a'.repeat(80), day: DAY } as never,
    {
      overrides: { taskResourceLocalHandlers: Object.fromEntries(measured), retryIntervalOverrides: waits },
    } as never,
  )
  await expect(execution.result).rejects.toThrow('A batch failed')
  return { most, batches }
}

/** A function's error is kept as JSON, in which every quote and backslash takes two. */
function asStepFunctionsTells({ name, message, stack = '' }: Error): Error {
  const cause = JSON.stringify({ errorType: name, errorMessage: message, trace: stack.split('\n') })
  return Object.assign(new Error(cause), { name })
}

/** Of a reading of the fleet model. */
const TEMPLATE_BYTES = 280

describe.each([
  [10_000, 64],
  [20_000, 128],
  [1_000_000, 128],
])('a day of %i devices at a reading a minute', (devices, expected) => {
  const rows = devices * MINUTES

  it('is as many batches as the plan makes of it', () => {
    expect(batchesFor(rows, rows * TEMPLATE_BYTES)).toBe(expected)
    expect(batchesFor(rows)).toBeLessThanOrEqual(SHARED_FILES)
  })

  it('fits in the state of an execution, even where every batch fails with all that it may say', async () => {
    const { most, batches } = await worstNight(rows)
    expect(batches).toBe(expected)
    expect(most).toBeGreaterThan(10_000)
    expect(most).toBeLessThan(MOST_STATE_BYTES)
  })

  it('fits in the history of an execution, even where every step is tried as often as it may be', () => {
    expect(historyOf(expected, false)).toBeLessThan(MOST_HISTORY / 5)
    expect(historyOf(expected, true)).toBeLessThan(MOST_HISTORY)
  })
})

it('as many batches at once as a map takes', () => {
  const maps = Object.values(States).filter(({ Type }) => Type === 'Map')
  expect(maps.map(({ MaxConcurrency = Number.POSITIVE_INFINITY }) => MaxConcurrency)).toEqual([8, 8])
  expect(8).toBeLessThanOrEqual(MOST_INLINE_CONCURRENCY)
})

it('more batches than there are shared files would not fit', () => {
  expect(historyOf(2 * SHARED_FILES, true)).toBeGreaterThan(MOST_HISTORY)
})

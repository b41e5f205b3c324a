/** `npm run nightly -- --stage`: what is asked of Step Functions, what is shown, and how it ends. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runNightly } from '../../tools/nightly-command.ts'
import { type Execution, type StepFunctions, startStepFunctions } from '../stand-ins/step-functions.ts'
import { NOON } from './archived-records.ts'

let nights: StepFunctions
let out = ''
let complaints = ''

beforeEach(async () => {
  nights = await startStepFunctions('pilotline-prod-nightly')
  vi.stubEnv('AWS_ENDPOINT_URL_SFN', nights.endpoint)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'nobody')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'nothing')
  out = ''
  complaints = ''
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await nights.stop()
})

const run = (argv: string[], terminal = false) =>
  runNightly(['--day', '2026-11-20', ...argv], {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text: string) => (complaints += text), isTTY: terminal },
    now: () => NOON + 86_400_000,
    look_ms: 5,
  })

const entered = (name: string) => ({ type: 'TaskStateEntered', stateEnteredEventDetails: { name } })
const FINISHED = { well: true, partitions: 7, rows: 30, copies: 2, failed: [] }

/** A history that grows by an entry whenever it is looked at, and then this end. */
function goesOn(end: Partial<Execution>): void {
  const history = [
    entered('Plan'),
    { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 3 } },
    entered('Compact'),
    { type: 'MapIterationSucceeded' },
    { type: 'MapIterationSucceeded' },
    entered('Finish'),
  ]
  nights.onAsked((execution) => {
    const next = history.shift()
    if (next) execution.history.push(next)
    else Object.assign(execution, end)
  })
}

describe('a night on AWS', () => {
  it('is begun under a name of its own, followed to its end, and told in one line', async () => {
    goesOn({ status: 'SUCCEEDED', output: JSON.stringify({ finished: FINISHED }) })
    expect(await run(['--stage', 'prod'])).toBe(0)
    expect(JSON.parse(out)).toEqual({ day: '2026-11-20', rows: 30, copies: 2, partitions: 7 })
    expect(complaints).toBe('')
    const [started] = nights.calls.filter(({ operation }) => operation === 'StartExecution')
    const name = `2026-11-20-by-hand-${NOON + 86_400_000}`
    expect(started?.body).toEqual({
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:pilotline-prod-nightly',
      name,
      input: JSON.stringify({ run: name, day: '2026-11-20' }),
    })
  })

  it.each([
    [
      { status: 'FAILED', error: 'NightNotWell', cause: 'A batch failed' },
      'failed: NightNotWell: A batch failed',
    ],
    [
      { status: 'FAILED', error: 'BadNight', cause: '{"errorMessage":"no","trace":[]}' },
      'failed: BadNight: no',
    ],
    [{ status: 'TIMED_OUT' }, 'is TIMED_OUT'],
    [{ status: 'ABORTED' }, 'is ABORTED'],
  ])('that ends with %j exits with 1, and says where to look', async (end, says) => {
    goesOn(end)
    expect(await run(['--stage', 'prod'])).toBe(1)
    expect(complaints).toContain(says)
    expect(complaints).toContain('docs/runbook.md#night-failed')
    expect(complaints.trim().split('\n').length).toBe(1)
    expect(out).toBe('')
  })

  it.each([
    [['--stage', 'tiny'], 'stage tiny is none of small, prod'],
    [['--stage', 'small'], 'there is no state machine pilotline-small-nightly'],
    [['--stage', 'prod', '--day', '2026-11-21'], 'is not over yet'],
    [['--stage', 'prod', '--day', '2026-02-30'], '--day: "2026-02-30" is no date'],
  ])('%j is refused with one line, and nothing begun', async (argv, says) => {
    expect(await run(argv)).toBe(2)
    expect(complaints).toContain(says)
    expect(complaints.trim().split('\n').length).toBe(1)
    expect(nights.calls.some(({ operation }) => operation === 'StartExecution')).toBe(false)
  })

  it('that AWS does not let begin exits with 2, and its words', async () => {
    nights.refuse('AccessDeniedException', 'is not authorized to perform: states:ListStateMachines')
    expect(await run(['--stage', 'prod'])).toBe(2)
    expect(complaints).toContain('AWS refuses: AccessDeniedException: is not authorized')
  })
})

it('on a terminal its batches are shown as they are done', async () => {
  goesOn({ status: 'SUCCEEDED', output: JSON.stringify({ finished: FINISHED }) })
  const shown: string[] = []
  const stream = Object.assign(Object.create(process.stderr), {
    isTTY: true,
    columns: 100,
    write: (text: string) => shown.push(text) > 0,
    cursorTo: () => true,
    clearLine: () => true,
    moveCursor: () => true,
  })
  const status = await runNightly(['--day', '2026-11-20', '--stage', 'prod'], {
    stdout: { write: (text) => (out += text) },
    stderr: stream,
    now: () => NOON + 86_400_000,
    look_ms: 150,
  })
  expect(status).toBe(0)
  expect(shown.join('')).toMatch(/2\/3 batches/)
})

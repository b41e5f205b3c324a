/** docs/add-a-chart.md, followed to the letter in a copy of the project. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { soon } from '../soon.ts'
import { added, type PageStep, stepsOf } from './page-steps.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const NOT_COPIED = new Set(['node_modules', '.git', 'data', 'dist', 'coverage', 'cdk.out'])

const steps = stepsOf(readFileSync(join(ROOT, 'docs', 'add-a-chart.md'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'pilotline-chart-'))
const copy = join(folder, 'pilotline')

beforeAll(() => {
  for (const name of readdirSync(ROOT))
    if (!NOT_COPIED.has(name)) cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  for (const step of steps) take(step)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function take(step: PageStep): void {
  if (step.kind === 'request') return
  const path = join(copy, step.path)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, step.kind === 'file' ? step.text : added(readFileSync(path, 'utf8'), step))
}

function run(script: string, ...args: string[]): string {
  return execFileSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** A command of the copy. */
function tool(...args: string[]): string {
  return execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** `npm start` of the copy, for as long as `work` takes. */
async function served(work: (url: string) => Promise<void>): Promise<void> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    'tools/serve.ts',
    '--no-fleet',
    '--mqtt',
    '0',
    '--http',
    '0',
  ]
  const home = spawn(process.execPath, [...args, '--data', join(folder, 'data')], { cwd: copy })
  let said = ''
  home.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  home.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = once(home, 'close')
  try {
    await soon(() => expect(said).toMatch(/http:\/\/127\.0\.0\.1:\d+/))
    await work(/http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] as string)
  } finally {
    home.kill('SIGTERM')
    await ended
  }
}

describe('the page on a new device type', () => {
  it('says where each of its lines goes', () => {
    const places = steps.flatMap((step) => (step.kind === 'request' ? [] : [`${step.kind} ${step.path}`]))
    expect(places).toEqual([
      'file events/cold-room-fields.ts',
      'add events/described-types.ts',
      'add events/described-types.ts',
      'file statecharts/cold-room.ts',
      'add statecharts/device-charts.ts',
      'add statecharts/device-charts.ts',
      'file test/statecharts/cold-room.test.ts',
      'add test/visualizer/every-edge.test.ts',
    ])
    expect(() => stepsOf('Somewhere:\n\n```ts\na\n```')).toThrow('does not say where')
  })

  it('leads to code that type-checks, is in order, and passes its tests', () => {
    expect(run('typescript/bin/tsc', '-p', '.')).toBe('')
    const changed = [...new Set(steps.flatMap((step) => (step.kind === 'request' ? [] : [step.path])))]
    run('@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', ...changed)
    run(
      'vitest/vitest.mjs',
      'run',
      'test/statecharts/cold-room.test.ts',
      'test/tidy.test.ts',
      'test/infra/rule-topics.test.ts',
    )
  })

  it('leads to a chart that is drawn and checked, with every edge walked', () => {
    expect(tool('tools/charts.ts')).toContain('written   docs/charts/cold-room.html')
    expect(readFileSync(join(copy, 'docs/charts/README.md'), 'utf8')).toContain('## cold-room')
    expect(tool('tools/charts.ts', '--check')).toContain('cold-room: nothing found')
    const report = join(folder, 'edges.json')
    const names = ['--testNamePattern', 'cold-room', '--reporter', 'json', '--outputFile', report]
    run('vitest/vitest.mjs', 'run', 'test/visualizer/every-edge.test.ts', ...names)
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    // Four edges.
    expect([numPassedTests, numFailedTests]).toEqual([4, 0])
    run('vitest/vitest.mjs', 'run', 'test/visualizer/charts-current.test.ts')
  }, 180_000)

  it('leads to a device that is processed, stored, queried and replayed', async () => {
    const answers = new Map<string, { items?: Record<string, unknown>[] } & Record<string, unknown>>()
    await served(async (url) => {
      const ask = async (asked: string, body: string | null) => {
        const answer = await fetch(asked.replace(/^http:\/\/[^/]+/, url), {
          ...(body === null ? {} : { method: 'POST', body, headers: { 'content-type': 'application/json' } }),
        })
        expect(answer.ok, asked).toBe(true)
        return answer.json() as Promise<Record<string, unknown>>
      }
      const requests = steps.filter((step) => step.kind === 'request')
      for (const { url: asked, body } of requests) if (body !== null) await ask(asked, body)
      const askAll = async () => {
        for (const { url: asked, body } of requests)
          if (body === null) answers.set(new URL(asked).pathname, await ask(asked, body))
      }
      await soon(async () => {
        await askAll()
        expect(answers.get('/v1/quarantine')?.items).toHaveLength(1)
        expect(answers.get('/v1/alarms')?.items).toHaveLength(1)
      })
      // What was asked before the last of it was there may have been too early.
      await askAll()
    })
    expect(answers.get('/v1/devices/room-1')).toMatchObject({
      device_type: 'cold_room',
      charts: [{ name: 'room', chart: 'cold-room', state: 'warm', since: 1_700_000_960_000 }],
    })
    const events = answers.get('/v1/devices/room-1/events')?.items ?? []
    expect(events.map(({ origin, event_type }) => `${origin} ${event_type}`).sort()).toEqual([
      'chart alarm',
      'device telemetry',
      'device telemetry',
      'device telemetry',
    ])
    expect(events.map(({ body }) => body)).toContainEqual({ temperature_c: 8.5, extra: { fan: 'off' } })
    expect(answers.get('/v1/alarms')?.items?.[0]).toMatchObject({
      alarm: 'too_warm',
      device_id: 'room-1',
      started_at: 1_700_000_060_000,
      after_s: 900,
    })
    expect(JSON.stringify(answers.get('/v1/quarantine')?.items?.[0])).toContain('temperature_c: \\"cold\\"')
    // Told again by the log, it comes to what is stored: the alarm.
    const again = tool('tools/replay.ts', 'verify', '--log', join(folder, 'data'))
    expect(again).toContain('1 same, 0 would appear, 0 would vanish, 0 would change')
  })
})

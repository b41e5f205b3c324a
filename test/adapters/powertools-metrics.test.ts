/** Metrics as CloudWatch reads them: one line an invocation, of names that are named. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createPowertoolsMetrics } from '../../adapters/powertools-metrics.ts'

let printed: string[]

beforeEach(() => {
  printed = []
  vi.stubEnv('POWERTOOLS_DEV', 'true')
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'false')
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'a function of a test')
  vi.spyOn(console, 'log').mockImplementation((line: unknown) => void printed.push(String(line)))
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('what was counted and measured since the last flush is one line, with its units', () => {
  const metrics = createPowertoolsMetrics('pilotline-test-processor')
  metrics.count('late')
  metrics.count('slow_steps', 3)
  metrics.gauge('clock_offset_ms', 1_500)
  metrics.flush()
  metrics.flush()
  expect(printed).toHaveLength(1)
  const line = JSON.parse(printed[0] ?? '')
  expect(line).toMatchObject({
    service: 'pilotline-test-processor',
    late: 1,
    slow_steps: 3,
    clock_offset_ms: 1_500,
  })
  expect(line._aws.CloudWatchMetrics[0].Metrics).toEqual([
    { Name: 'late', Unit: 'Count' },
    { Name: 'slow_steps', Unit: 'Count' },
    { Name: 'clock_offset_ms', Unit: 'Milliseconds' },
  ])
})

test('a name that nobody has named is our own bug', () => {
  const metrics = createPowertoolsMetrics('pilotline-test-processor')
  expect(() => metrics.count('lates')).toThrow('lates is not among the metrics')
  expect(() => metrics.gauge('toString', 1)).toThrow('toString is not among the metrics')
})

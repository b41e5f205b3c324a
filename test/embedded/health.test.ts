import { expect, test } from 'vitest'
import { figuresOf, type HealthSources, healthOf } from '../../embedded/health.ts'

function sourcesOf(consumer: HealthSources['consumer']): HealthSources {
  return {
    metrics: {
      count() {},
      gauge() {},
      counts: () => ({}),
      total: () => 0,
    } as unknown as HealthSources['metrics'],
    door: { status: () => ({ state: 'open', admitted: 0, refused: 0 }) } as unknown as HealthSources['door'],
    lag: { records: () => 0, seconds: () => 0 },
    consumer,
    broker: { connections: () => 0 },
  }
}

test.each([
  [{ failures: 0, position: '1', held: null }, { state: 'well' }, []],
  [
    { failures: 2, position: '1', held: null },
    { state: 'retrying', failures: 2 },
    ['the store fails, try 3 is coming'],
  ],
  [
    { failures: 2, position: '1', held: 'dev-1: session, evse-session version 2, known to 1' },
    { state: 'held', reason: 'dev-1: session, evse-session version 2, known to 1' },
    ['processing waits: a newer version of this program made the data, start that one'],
  ],
])(
  'the consumer is well, tries again, or waits for newer code, and says which: %o',
  (consumer, health, troubles) => {
    const sources = sourcesOf(consumer)
    expect(healthOf(sources).consumer).toMatchObject(health)
    expect(figuresOf(sources).troubles).toEqual(troubles)
  },
)

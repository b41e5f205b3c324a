import { describe, expect, it } from 'vitest'
import { createCounters } from '../../adapters/counters.ts'
import { createTimeSyncs } from '../../processors/time-syncs.ts'
import { createKeptLogger } from '../embedded/gated-log.ts'

function createWorld() {
  const sent: { device_id: string; message: Record<string, unknown> }[] = []
  const world = { now: 1_700_000_000_000, fails: false }
  const syncs = createTimeSyncs({
    downlink: {
      send: async (_type, device_id, message) => {
        if (world.fails) throw new Error('closed')
        sent.push({ device_id, message })
      },
    },
    clock: () => world.now,
    metrics: createCounters(),
    logger: createKeptLogger(),
  })
  const request = (...ids: string[]) =>
    syncs.request(ids.map((device_id) => ({ device_type: 'evse' as const, device_id })))
  return { world, sent, request }
}

describe('a device whose clock is not set', () => {
  it('is told the time of sending', async () => {
    const { sent, request } = createWorld()
    await request('a')
    expect(sent).toEqual([{ device_id: 'a', message: { cmd: 'time_sync', epoch_ms: 1_700_000_000_000 } }])
  })

  it('is told at most once a minute, each by itself', async () => {
    const { world, sent, request } = createWorld()
    await request('a', 'a', 'b')
    world.now += 59_999
    await request('a', 'b', 'c')
    expect(sent.map(({ device_id }) => device_id)).toEqual(['a', 'b', 'c'])
    world.now += 1
    await request('a')
    expect(sent.map(({ device_id }) => device_id)).toEqual(['a', 'b', 'c', 'a'])
  })

  it('is told again after our own clock was set back', async () => {
    const { world, sent, request } = createWorld()
    await request('a')
    world.now -= 3_600_000
    await request('a')
    expect(sent).toHaveLength(2)
  })

  it('a network that fails does not keep the others from being told', async () => {
    const { world, sent, request } = createWorld()
    world.fails = true
    await request('a')
    world.fails = false
    await request('b')
    expect(sent.map(({ device_id }) => device_id)).toEqual(['b'])
  })
})

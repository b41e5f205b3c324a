import { AssertionError } from 'node:assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type ConsumerParts, type ConsumerStep, runConsumer } from '../../embedded/consumer-loop.ts'
import { isOwnBug } from '../../embedded/own-bug.ts'
import type { LogRecord } from '../../events/record.ts'
import type { BatchReport } from '../../processors/process-batch.ts'
import { soon } from '../soon.ts'
import { createKeptLogger } from './gated-log.ts'

function record(n: number, bytes = 1): LogRecord {
  const position = String(n).padStart(6, '0')
  return {
    position,
    received_at: n,
    source: 'mqtt',
    topic: 't',
    payload: new Uint8Array(bytes),
    verdict: 'ok',
  }
}

function reportOf(records: LogRecord[]): BatchReport {
  const nothing = { events: 0, decided: 0, late: 0, duplicates: 0, disagreed: 0, quarantined: 0 }
  return { records: records.length, time_syncs: [], ...nothing }
}

/** A log, a store with a checkpoint, and a processor that fails where it is told to, before or after it has written. */
function createWorld(of: { records?: LogRecord[]; stored?: string } = {}) {
  const log = [...(of.records ?? [])]
  const drain = new AbortController()
  const cut = new AbortController()
  const faults: { error: Error; written: boolean }[] = []
  const applied: string[] = []
  const batches: number[] = []
  const pauses: number[] = []
  const rests: number[] = []
  const steps: ConsumerStep[] = []
  const logger = createKeptLogger()
  const reads: string[] = []
  let stored = of.stored ?? ''
  const parts: ConsumerParts = {
    consumer: 'test',
    log: {
      read: async (after, limit) => {
        reads.push(after)
        return log.filter(({ position }) => position > after).slice(0, limit)
      },
    },
    store: { position: async () => stored },
    process: async (records) => {
      const fault = faults.shift()
      if (fault && !fault.written) throw fault.error
      applied.push(...records.map(({ position }) => position))
      batches.push(records.length)
      stored = records.at(-1)?.position ?? stored
      if (fault) throw fault.error
      return reportOf(records)
    },
    rest: async (wait_ms) => {
      rests.push(wait_ms)
      await sleep(1)
    },
    pause: async (wait_ms) => void pauses.push(wait_ms),
    random: () => 0,
    onStep: (step) => void steps.push(step),
    logger,
  }
  const run = () => runConsumer(parts, { drain: drain.signal, cut: cut.signal })
  return { parts, log, drain, cut, faults, applied, batches, pauses, rests, steps, logger, reads, run }
}

const positions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => String(from + n).padStart(6, '0'))

describe('the consumer reads behind its checkpoint', () => {
  it('and goes on from there after a restart', async () => {
    const world = createWorld({ records: [1, 2, 3].map((n) => record(n)), stored: '000002' })
    world.drain.abort()
    expect(await world.run()).toBe(true)
    expect(world.applied).toEqual(['000003'])
  })

  it('batch after batch, growing with the backlog to at most 5,000', async () => {
    const world = createWorld({ records: Array.from({ length: 9_000 }, (_, n) => record(n)) })
    world.drain.abort()
    await world.run()
    expect(world.applied).toEqual(positions(0, 9_000))
    expect(world.batches).toEqual([250, 500, 1_000, 2_000, 4_000, 1_250])
  })

  it('under load the next batch is given a moment to grow, under a trickle it is not', async () => {
    for (const [records, pauses] of [
      [9_000, [100]],
      [400, []],
    ] as const) {
      const world = createWorld({ records: Array.from({ length: records }, (_, n) => record(n)) })
      world.drain.abort()
      await world.run()
      expect(world.pauses).toEqual(pauses)
    }
  })

  it('big payloads make batches short', async () => {
    const world = createWorld({ records: Array.from({ length: 600 }, (_, n) => record(n, 64 * 1024)) })
    world.drain.abort()
    await world.run()
    expect(world.applied).toEqual(positions(0, 600))
    expect(world.batches).toEqual([250, 125, 62, 62, 62, 39])
  })

  it('rests when there is nothing to read, and says that it has caught up', async () => {
    const world = createWorld({ records: [record(1)] })
    const running = world.run()
    await soon(() => expect(world.rests.length).toBeGreaterThan(1))
    world.log.push(record(2))
    await soon(() => expect(world.applied).toEqual(['000001', '000002']))
    world.drain.abort()
    expect(await running).toBe(true)
    expect(world.steps.at(-1)).toEqual({
      position: '000002',
      report: null,
      caught_up: true,
      failures: 0,
      held: null,
    })
  })
})

describe('sick infrastructure', () => {
  it('is tried again from the stored position: what was not written is applied, once', async () => {
    const world = createWorld({ records: [1, 2, 3].map((n) => record(n)) })
    world.faults.push({ error: new Error('disk I/O error'), written: false })
    const running = world.run()
    await soon(() => expect(world.rests.length).toBeGreaterThan(0))
    world.drain.abort()
    await running
    expect(world.applied).toEqual(['000001', '000002', '000003'])
    expect(world.steps[0]).toEqual({ position: '', report: null, caught_up: false, failures: 1, held: null })
    expect(world.steps[1]).toMatchObject({ position: '000003', failures: 0 })
  })

  it('what was written before the failure is not applied again', async () => {
    const world = createWorld({ records: [1, 2, 3].map((n) => record(n)) })
    world.faults.push({ error: new Error('the answer was lost'), written: true })
    const running = world.run()
    await soon(() => expect(world.rests.length).toBeGreaterThan(0))
    world.drain.abort()
    await running
    expect(world.applied).toEqual(['000001', '000002', '000003'])
    expect(world.reads.slice(0, 2)).toEqual(['', '000003'])
  })

  it('is given longer from try to try, with jitter, up to 15 s', async () => {
    const world = createWorld({ records: [record(1)] })
    for (let n = 0; n < 10; n++) world.faults.push({ error: new Error('busy'), written: false })
    const randoms = [0, 1, 0.5]
    world.parts.random = () => randoms.shift() ?? 0
    const running = world.run()
    await soon(() => expect(world.applied).toEqual(['000001']))
    world.drain.abort()
    await running
    expect(world.pauses).toEqual([100, 100, 300, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000])
    expect(world.logger.lines.map(({ level }) => level)).toEqual([...Array(10).fill('warn'), 'info'])
    expect(world.logger.lines[0]?.fields).toMatchObject({
      from_position: '000001',
      to_position: '000001',
      failures: 1,
    })
  })

  it('of the log, too', async () => {
    const world = createWorld({ records: [record(1)] })
    const { read } = world.parts.log
    let broken = true
    world.parts.log = {
      read: async (after, limit) => {
        if (broken) {
          broken = false
          throw new Error('cannot read')
        }
        return read(after, limit)
      },
    }
    const running = world.run()
    await soon(() => expect(world.applied).toEqual(['000001']))
    world.drain.abort()
    await running
    expect(world.steps[0]?.failures).toBe(1)
  })
})

describe('our own bug', () => {
  it.each([
    new AssertionError({ message: 'applied never falls' }),
    new TypeError('x is undefined'),
    new RangeError('decision 100 of slot 0 has no key'),
  ])('%s is thrown, not tried again, and named with the positions of its batch', async (error) => {
    const world = createWorld({ records: [record(1), record(2)] })
    world.faults.push({ error, written: false })
    await expect(world.run()).rejects.toBe(error)
    expect(world.applied).toEqual([])
    expect(world.pauses).toEqual([])
    const [line] = world.logger.lines
    expect(line).toMatchObject({ level: 'error', fields: { from_position: '000001', to_position: '000002' } })
  })

  it('its line never quotes what a device sent', async () => {
    const world = createWorld({ records: [record(1)] })
    let thrown: unknown
    try {
      JSON.parse('{"secret": sesame}')
    } catch (error) {
      thrown = error
    }
    world.faults.push({ error: thrown as Error, written: false })
    await expect(world.run()).rejects.toBe(thrown)
    expect(JSON.stringify(world.logger.lines)).not.toContain('sesame')
    expect(world.logger.lines[0]?.fields).toMatchObject({ error: 'SyntaxError' })
  })

  it('an error of the infrastructure is no bug', () => {
    expect(isOwnBug(new Error('database is locked'))).toBe(false)
    expect(isOwnBug('a string')).toBe(false)
  })
})

describe('told to stop', () => {
  it('to drain, it reads what there is and ends', async () => {
    const world = createWorld({ records: Array.from({ length: 3_000 }, (_, n) => record(n)) })
    world.drain.abort()
    expect(await world.run()).toBe(true)
    expect(world.applied).toHaveLength(3_000)
  })

  it('to drain while the store is sick, it does not wait for its health', async () => {
    const world = createWorld({ records: [record(1)] })
    world.faults.push({ error: new Error('busy'), written: false })
    world.drain.abort()
    expect(await world.run()).toBe(false)
    expect(world.applied).toEqual([])
  })

  it('at once, it ends after the batch in hand', async () => {
    const world = createWorld({ records: Array.from({ length: 3_000 }, (_, n) => record(n)) })
    const process = world.parts.process
    world.parts.process = async (records) => {
      world.cut.abort()
      return process(records)
    }
    expect(await world.run()).toBe(false)
    expect(world.batches).toEqual([250])
  })
})

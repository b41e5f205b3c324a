import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createCounters } from '../../adapters/counters.ts'
import { createFrontDoor, DoorClosed, feedBy } from '../../embedded/front-door.ts'
import { type Arriving, StoreFull } from '../../events/ports.ts'
import { soon } from '../soon.ts'
import { createGatedLog, createKeptLogger } from './gated-log.ts'

function openDoor() {
  const log = createGatedLog()
  const logger = createKeptLogger()
  const metrics = createCounters()
  const durable: number[] = []
  let now = 1_700_000_000_000
  const door = createFrontDoor({
    log,
    clock: () => now++,
    metrics,
    logger,
    onDurable: (records) => void durable.push(records),
    retry_after_ms: 5,
  })
  return { door, log, logger, metrics, durable }
}

function arriving(topic: string, more: Partial<Arriving> = {}): Arriving {
  return { source: 'mqtt', topic, payload: Buffer.from(topic), ...more }
}

describe('commits are grouped', () => {
  it('arrivals of one turn share one append, in the order they came', async () => {
    const { door, log } = openDoor()
    await Promise.all(['a', 'b', 'c'].map((topic) => door.admit(arriving(topic))))
    expect(log.commits.map((group) => group.map(({ topic }) => topic))).toEqual([['a', 'b', 'c']])
  })

  it('all that comes while a commit is under way waits for the next one', async () => {
    const { door, log } = openDoor()
    log.shut()
    const first = door.admit(arriving('first'))
    await soon(() => expect(log.waiting()).toBe(1))
    const others = ['x', 'y', 'z'].map((topic) => door.admit(arriving(topic)))
    await nextTurn()
    expect(log.waiting()).toBe(1)
    log.open()
    await Promise.all([first, ...others])
    expect(log.commits.map((group) => group.map(({ topic }) => topic))).toEqual([['first'], ['x', 'y', 'z']])
  })

  it('one append carries at most 4,000 records, and the rest follow in order', async () => {
    const { door, log } = openDoor()
    await Promise.all(Array.from({ length: 9_001 }, (_, n) => door.admit(arriving(String(n)))))
    expect(log.commits.map((group) => group.length)).toEqual([4_000, 4_000, 1_001])
    expect(log.commits.flat().map(({ topic }) => Number(topic))).toEqual(
      Array.from({ length: 9_001 }, (_, n) => n),
    )
  })

  it('big payloads make a group short', async () => {
    const { door, log } = openDoor()
    const payload = Buffer.alloc(1024 * 1024)
    await Promise.all(Array.from({ length: 10 }, () => door.admit(arriving('big', { payload }))))
    expect(log.commits.map((group) => group.length)).toEqual([8, 2])
  })
})

describe('an arrival is answered when it is durable, and not before', () => {
  it('waits for the append', async () => {
    const { door, log } = openDoor()
    log.shut()
    let answered = false
    const answer = door.admit(arriving('slow')).then(() => {
      answered = true
    })
    await soon(() => expect(log.waiting()).toBe(1))
    expect(answered).toBe(false)
    log.open()
    await answer
    expect(log.commits).toHaveLength(1)
  })

  it('tells after the commit how many records became durable', async () => {
    const { door, durable, metrics } = openDoor()
    await Promise.all([door.admit(arriving('a')), door.admit(arriving('b'))])
    expect(durable).toEqual([2])
    expect(metrics.total('records_in')).toBe(2)
  })
})

describe('the stamp', () => {
  it('is set at the door', async () => {
    const { door, log } = openDoor()
    const { received_at } = await door.admit(arriving('a'))
    expect(received_at).toBe(1_700_000_000_000)
    expect(log.commits[0]?.[0]).toMatchObject({ received_at, source: 'mqtt', verdict: 'ok' })
  })

  it('is kept where the message has one', async () => {
    const { door, log } = openDoor()
    expect(await door.admit(arriving('a', { source: 'import', received_at: 42 }))).toEqual({
      received_at: 42,
    })
    expect(log.commits[0]?.[0]?.received_at).toBe(42)
  })
})

describe('a full disk', () => {
  it('refuses what waits and what comes, and says so', async () => {
    const { door, log, logger } = openDoor()
    log.fail(new StoreFull('disk full'))
    log.shut()
    const first = door.admit(arriving('first'))
    first.catch(() => {})
    await soon(() => expect(log.waiting()).toBe(1))
    const second = door.admit(arriving('second'))
    second.catch(() => {})
    log.open()
    await expect(first).rejects.toBeInstanceOf(StoreFull)
    await expect(second).rejects.toBeInstanceOf(StoreFull)
    await expect(door.admit(arriving('third'))).rejects.toBeInstanceOf(StoreFull)
    expect(door.status()).toEqual({ state: 'full', admitted: 0, refused: 3, waiting: 0 })
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn'])
  })

  it('is tried again after a while, and ends with the first append that succeeds', async () => {
    const { door, log, logger } = openDoor()
    log.fail(new StoreFull('disk full'))
    await expect(door.admit(arriving('refused'))).rejects.toBeInstanceOf(StoreFull)
    log.fail(null)
    await soon(() => door.admit(arriving('kept')))
    expect(log.commits.flat().map(({ topic }) => topic)).toEqual(['kept'])
    expect(door.status()).toMatchObject({ state: 'open', admitted: 1 })
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('of another failure of the log the door says failing, not full', async () => {
    const { door, log } = openDoor()
    log.fail(new Error('input/output error'))
    await expect(door.admit(arriving('a'))).rejects.toThrow('input/output error')
    expect(door.status().state).toBe('failing')
  })
})

describe('what the processor feeds', () => {
  const records = ['a', 'b', 'c'].map((topic) => arriving(topic, { source: 'internal', received_at: 42 }))

  it('is durable, in its order and with its stamps, when it is answered', async () => {
    const { door, log } = openDoor()
    await feedBy(door)(records)
    expect(log.commits.flat().map(({ topic, received_at }) => [topic, received_at])).toEqual([
      ['a', 42],
      ['b', 42],
      ['c', 42],
    ])
  })

  it('is refused as a whole where the log takes nothing', async () => {
    const { door, log } = openDoor()
    log.fail(new StoreFull('disk full'))
    await expect(feedBy(door)(records)).rejects.toBeInstanceOf(StoreFull)
  })
})

describe('at the end', () => {
  it('is settled when all that was admitted is durable, and takes more', async () => {
    const { door, log } = openDoor()
    await door.settled()
    log.shut()
    const admitted = door.admit(arriving('a'))
    let settled = false
    const waiting = door.settled().then(() => {
      settled = true
    })
    await soon(() => expect(log.waiting()).toBe(1))
    expect(settled).toBe(false)
    log.open()
    await Promise.all([admitted, waiting])
    await door.admit(arriving('b'))
    await door.settled()
    expect(log.commits).toHaveLength(2)
  })

  it('what was admitted is committed, what comes later is refused', async () => {
    const { door, log } = openDoor()
    log.shut()
    const before = door.admit(arriving('before'))
    await soon(() => expect(log.waiting()).toBe(1))
    const behind = door.admit(arriving('behind'))
    const closed = door.close()
    await expect(door.admit(arriving('after'))).rejects.toBeInstanceOf(DoorClosed)
    log.open()
    await Promise.all([before, behind, closed])
    expect(log.commits.flat().map(({ topic }) => topic)).toEqual(['before', 'behind'])
    expect(door.status()).toMatchObject({ state: 'closed', waiting: 0 })
  })

  it('an idle door closes at once', async () => {
    const { door } = openDoor()
    await door.close()
    expect(door.status().state).toBe('closed')
  })
})

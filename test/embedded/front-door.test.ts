import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createCounters } from '../../adapters/counters.ts'
import { createFrontDoor, DoorClosed, feedBy } from '../../embedded/front-door.ts'
import { type Arriving, StoreFull } from '../../events/ports.ts'
import { soon } from '../soon.ts'
import { createGatedLog, createKeptLogger } from './gated-log.ts'

function openDoor({ retry_after_ms = 5 } = {}) {
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
    retry_after_ms,
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

  it('is found to be over although nobody comes, by a try of as much as was refused', async () => {
    const { door, log, logger } = openDoor()
    log.fail(new StoreFull('disk full'))
    const payload = Buffer.alloc(100_000)
    const refused = ['a', 'b'].map((topic) => door.admit(arriving(topic, { payload })))
    for (const { reason } of (await Promise.allSettled(refused)) as PromiseRejectedResult[])
      expect(reason).toBeInstanceOf(StoreFull)
    await soon(() => expect(log.tries.length).toBeGreaterThan(2))
    expect(door.status().state).toBe('full')
    log.fail(null)
    await soon(() => expect(door.status().state).toBe('open'))
    expect(Math.min(...log.tries)).toBeGreaterThan(200_000)
    expect([log.commits, logger.lines.map(({ level }) => level)]).toEqual([[], ['warn', 'info']])
  })

  it('lets a small message try for itself where a try of all that was refused fails', async () => {
    const { door, log } = openDoor()
    log.fail(new StoreFull('disk full'))
    await expect(door.admit(arriving('big'))).rejects.toBeInstanceOf(StoreFull)
    const { tryRoom } = log
    log.tryRoom = async (bytes) => {
      await tryRoom(bytes)
      throw new StoreFull('no room for so much')
    }
    log.fail(null)
    await soon(() => door.admit(arriving('small')))
    expect(door.status().state).toBe('open')
  })

  it('that nobody has met is found by looking', async () => {
    const { door, log } = openDoor()
    expect(await door.look()).toMatchObject({ state: 'open' })
    log.fail(new StoreFull('disk full'))
    await soon(async () => expect(await door.look()).toMatchObject({ state: 'full', refused: 0 }))
    log.fail(null)
    await soon(() => expect(door.status().state).toBe('open'))
  })

  it('is over for whoever comes where a look has found that, be it before the timer', async () => {
    const { door, log } = openDoor()
    log.fail(new StoreFull('disk full'))
    await expect(door.admit(arriving('a'))).rejects.toBeInstanceOf(StoreFull)
    log.fail(null)
    // No timer runs while this waits.
    for (const until = performance.now() + 6; performance.now() < until; );
    expect(await door.look()).toMatchObject({ state: 'open' })
    await door.admit(arriving('b'))
    expect(log.commits.flat().map(({ topic }) => topic)).toEqual(['b'])
  })

  it('is not looked for where an append has just told', async () => {
    const { door, log } = openDoor({ retry_after_ms: 600_000 })
    await door.admit(arriving('a'))
    await door.look()
    log.fail(new StoreFull('disk full'))
    await expect(door.admit(arriving('b'))).rejects.toBeInstanceOf(StoreFull)
    expect(await door.look()).toMatchObject({ state: 'full' })
    expect(log.tries).toEqual([])
  })

  it('what comes while it is looked for waits, and is admitted', async () => {
    const { door, log } = openDoor()
    log.shut()
    const looking = door.look()
    await soon(() => expect(log.waiting()).toBe(1))
    const admitted = ['a', 'b'].map((topic) => door.admit(arriving(topic)))
    log.open()
    expect(await looking).toMatchObject({ state: 'open', waiting: 2 })
    await Promise.all(admitted)
    await door.settled()
    expect(log.commits.map((group) => group.length)).toEqual([2])
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

  it('an idle door closes at once, and tries nothing any more', async () => {
    const { door, log } = openDoor()
    await door.close()
    expect(await door.look()).toMatchObject({ state: 'closed' })
    expect(log.tries).toEqual([])
  })

  it('a full one stays closed', async () => {
    const { door, log } = openDoor()
    log.fail(new StoreFull('disk full'))
    log.shut()
    const refused = door.admit(arriving('a'))
    await soon(() => expect(log.waiting()).toBe(1))
    const closed = door.close()
    log.open()
    await expect(refused).rejects.toBeInstanceOf(StoreFull)
    await closed
    expect(door.status().state).toBe('closed')
  })
})

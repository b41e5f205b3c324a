/** What every `EventLog` does. */
import { afterEach, beforeEach, expect } from 'vitest'
import { type EventLog, StoreFull } from '../../events/ports.ts'
import { MAX_PAYLOAD_BYTES, type NewRecord } from '../../events/record.ts'
import { type ContractOptions, contract } from './contract.ts'

export type LogUnderTest = {
  log: EventLog
  /** Ends the log as a process does, and opens it again. */
  reopen(): Promise<EventLog>
  /** Leaves no room for more, until `mend`. */
  fill(): Promise<void>
  mend(): Promise<void>
  dispose(): Promise<void>
}

export function eventLogContract(
  name: string,
  make: () => Promise<LogUnderTest>,
  options: ContractOptions = {},
): void {
  contract(`EventLog: ${name}`, options, (rule) => {
    let home: LogUnderTest
    beforeEach(async () => {
      home = await make()
    })
    afterEach(() => home.dispose())

    rule('an empty log has no tail and nothing to read', async () => {
      expect(await home.log.tail()).toBe('')
      expect(await home.log.read('', 10)).toEqual([])
    })

    rule('a record is read as it was appended, byte for byte', async () => {
      const every = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      const records: NewRecord[] = [
        { ...recordOf('every byte'), payload: every },
        { ...recordOf('nothing'), payload: new Uint8Array(0) },
        { ...recordOf('no text'), payload: new TextEncoder().encode('') },
        { ...recordOf('the most'), payload: new Uint8Array(MAX_PAYLOAD_BYTES).fill(7) },
        {
          ...recordOf('odd topic'),
          topic: "ev/evse/⚡%2F../';--/telemetry",
          source: 'http',
          verdict: 'not json',
        },
      ]
      await home.log.append(records)
      const read = await home.log.read('', 10)
      expect(read.map(({ position: _, ...record }) => record)).toEqual(records)
    })

    rule('records come back in the order of their appends, at positions that sort as texts', async () => {
      for (const first of [0, 10, 20]) await home.log.append(numbered(first, 10))
      const read = await home.log.read('', 100)
      expect(read.map(textOf)).toEqual(numbered(0, 30).map(textOf))
      const positions = read.map((record) => record.position)
      expect(positions).toEqual([...positions].sort())
      expect(new Set(positions).size).toBe(30)
    })

    rule('reading on from the last position gives each record once', async () => {
      await home.log.append(numbered(0, 23))
      const read: string[] = []
      for (let after = ''; ; ) {
        const some = await home.log.read(after, 5)
        if (some.length === 0) break
        expect(some.length).toBeLessThanOrEqual(5)
        read.push(...some.map(textOf))
        after = some.at(-1)?.position as string
      }
      expect(read).toEqual(numbered(0, 23).map(textOf))
    })

    rule('what is appended after the tail was read is found behind it', async () => {
      await home.log.append(numbered(0, 3))
      const tail = await home.log.tail()
      expect(tail).toBe((await home.log.read('', 10)).at(-1)?.position)
      expect(await home.log.read(tail, 10)).toEqual([])
      await home.log.append(numbered(3, 1))
      expect((await home.log.read(tail, 10)).map(textOf)).toEqual(['record 3'])
    })

    rule('an append of nothing is nothing', async () => {
      await home.log.append([])
      expect(await home.log.tail()).toBe('')
    })

    rule('what callers do to their bytes afterwards does not reach the log', async () => {
      const mine = recordOf('mine')
      await home.log.append([mine])
      mine.payload.fill(0)
      const [first] = await home.log.read('', 1)
      first?.payload.fill(0)
      expect((await home.log.read('', 1)).map(textOf)).toEqual(['mine'])
    })

    rule(
      'a log without room refuses the whole append, keeps what it has, and takes more when there is room',
      async () => {
        await home.log.append(numbered(0, 2))
        await home.fill()
        await expect(home.log.append(numbered(2, 200))).rejects.toThrow(StoreFull)
        expect((await home.log.read('', 300)).map(textOf)).toEqual(['record 0', 'record 1'])
        await home.mend()
        await home.log.append(numbered(2, 1))
        expect((await home.log.read('', 300)).map(textOf)).toEqual(['record 0', 'record 1', 'record 2'])
      },
    )

    rule('a log that is opened again has everything, and goes on behind it', async () => {
      await home.log.append(numbered(0, 5))
      const before = await home.log.read('', 10)
      const log = await home.reopen()
      expect(await log.read('', 10)).toEqual(before)
      await log.append(numbered(5, 1))
      const last = (await log.read('', 10)).at(-1)
      expect(last && textOf(last)).toBe('record 5')
      expect((last?.position ?? '') > (before.at(-1)?.position ?? '')).toBe(true)
    })

    rule('a limit below one and a position of another log are refused', async () => {
      await expect(home.log.read('', 0)).rejects.toThrow(RangeError)
      await expect(home.log.read('', -1)).rejects.toThrow(RangeError)
      await expect(home.log.read('shard-1:5', 1)).rejects.toThrow(RangeError)
    })
  })
}

function recordOf(text: string): NewRecord {
  return {
    received_at: 1_763_000_000_000,
    source: 'mqtt',
    topic: 'ev/evse/dev-1/telemetry',
    payload: new TextEncoder().encode(text),
    verdict: 'ok',
  }
}

function numbered(first: number, count: number): NewRecord[] {
  return Array.from({ length: count }, (_, index) => recordOf(`record ${first + index}`))
}

function textOf(record: NewRecord): string {
  return new TextDecoder().decode(record.payload)
}

/** The same writes lead to the same rows and the same answers in all homes. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dynamodbReads } from '../../adapters/dynamodb-reads.ts'
import { dynamodbStore } from '../../adapters/dynamodb-store.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { sqliteReads } from '../../adapters/sqlite-reads.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import type { EventQuery, SummaryQuery } from '../../events/ports.ts'
import { type Dynalite, dumpOf, startDynalite } from '../stand-ins/dynalite.ts'
import { answers, eventQuery, step, summaryQuery, writeAll } from './any-writes.ts'
import { temporaryFolder } from './temporary-folder.ts'

let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

test('memory and SQLite come to the same rows and answer the same', async () => {
  const folder = await temporaryFolder()
  let run = 0
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 8 }),
        eventQuery,
        summaryQuery,
        async (steps, ofEvents, ofThings) => {
          const file = folder.file(`${run++}.sqlite`)
          const [memory, sqlite] = [memoryStore(), sqliteStore(file)]
          const reads = sqliteReads(file)
          try {
            await writeAll(memory, steps)
            await writeAll(sqlite, steps)
            expect(sqlite.dump()).toEqual(memory.dump())
            const asked = { ofEvents: ofEvents as EventQuery, ofThings: ofThings as SummaryQuery }
            expect(await answers(reads, asked)).toEqual(await answers(memory, asked))
          } finally {
            reads.close()
            sqlite.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  } finally {
    await folder.remove()
  }
})

test('memory and DynamoDB come to the same rows and answer the same', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 8 }),
      eventQuery,
      summaryQuery,
      async (steps, ofEvents, ofThings) => {
        const { client } = dynalite
        const table_prefix = await dynalite.newTables()
        const [memory, dynamo] = [memoryStore(), dynamodbStore({ client, table_prefix })]
        const reads = dynamodbReads({ client, table_prefix, now: () => 0 })
        await writeAll(memory, steps)
        await writeAll(dynamo, steps)
        expect(await dumpOf(client, table_prefix)).toEqual(memory.dump())
        const asked = { ofEvents: ofEvents as EventQuery, ofThings: ofThings as SummaryQuery }
        expect(await answers(reads, asked)).toEqual(await answers(memory, asked))
      },
    ),
    { numRuns: 15 },
  )
}, 60_000)

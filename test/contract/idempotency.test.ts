/** What keeps the answers of a night's steps, in each home: a step is done once, unless whoever did it is gone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { DynamoPersistence } from '../../adapters/dynamodb-idempotency.ts'
import { idempotentSteps, type NightTasks } from '../../adapters/idempotent-steps.ts'
import { SqlitePersistence } from '../../adapters/sqlite-idempotency.ts'
import { type Dynalite, startDynalite } from '../stand-ins/dynalite.ts'
import { temporaryFolder } from './temporary-folder.ts'

let dynalite: Dynalite
beforeAll(async () => {
  dynalite = await startDynalite()
})
afterAll(() => dynalite.stop())

type Kept = { persistence: SqlitePersistence | DynamoPersistence; dispose(): Promise<void> }

const HOMES: Record<string, () => Promise<Kept>> = {
  sqlite: async () => {
    const folder = await temporaryFolder()
    const persistence = new SqlitePersistence(folder.file('book.sqlite'))
    const dispose = async () => {
      persistence.close()
      await folder.remove()
    }
    return { persistence, dispose }
  },
  dynamodb: async () => {
    const table_prefix = await dynalite.newTables()
    const persistence = new DynamoPersistence({ client: dynalite.client, table_prefix })
    return { persistence, dispose: async () => {} }
  },
}

describe.each(Object.keys(HOMES))('answers that are kept: %s', (name) => {
  let kept: Kept
  let done = 0
  let work: () => Promise<object>
  beforeEach(async () => {
    kept = await (HOMES[name] as () => Promise<Kept>)()
    done = 0
    work = async () => ({ done: ++done })
  })
  afterEach(() => kept.dispose())

  const once = (run: string, batch: number, remaining_ms = 60_000) => {
    const tasks = { Compact: () => work() } as unknown as NightTasks
    const perform = idempotentSteps({ tasks, persistence: kept.persistence })
    return perform(run, { step: 'Compact', input: { run, batch } }, () => remaining_ms)
  }

  it('a step that is asked again answers what it answered; another batch or run is another step', async () => {
    expect(await once('a', 1)).toEqual({ done: 1 })
    expect(await once('a', 1)).toEqual({ done: 1 })
    expect(await once('a', 2)).toEqual({ done: 2 })
    expect(await once('b', 1)).toEqual({ done: 3 })
  })

  it('a step that failed is done again, and its error is its own', async () => {
    work = () => Promise.reject(Object.assign(new Error('not today'), { name: 'NotVerified' }))
    await expect(once('a', 1)).rejects.toMatchObject({ name: 'NotVerified', message: 'not today' })
    work = async () => ({ done: ++done })
    expect(await once('a', 1)).toEqual({ done: 1 })
  })

  it('a step that is under way is not begun again, until whoever began it must be gone', async () => {
    const under_way = Promise.withResolvers<object>()
    const begun = Promise.withResolvers<void>()
    work = () => {
      begun.resolve()
      return under_way.promise
    }
    const first = once('a', 1, 1_500)
    await begun.promise
    await expect(once('a', 1)).rejects.toMatchObject({ name: 'IdempotencyAlreadyInProgressError' })
    work = async () => ({ done: ++done })
    await expect
      .poll(() => once('a', 1).catch(() => null), { timeout: 30_000, interval: 100 })
      .toEqual({ done: 1 })
    under_way.resolve({})
    await first
  })
})

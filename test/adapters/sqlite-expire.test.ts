/** What the embedded home may forget of what follows from other rows. */
import { expect, onTestFinished, test } from 'vitest'
import { sqliteExpiring } from '../../adapters/sqlite-expire.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import type { Put } from '../../events/ports.ts'
import { batchOf, checkpoint, deviceWrite, summary, T0 } from '../contract/store-rows.ts'
import { temporaryFolder } from '../contract/temporary-folder.ts'

const NOW_S = 1_800_000_000

test('checkpoints go when their time is over, but for the newest of a device that holds', async () => {
  const folder = await temporaryFolder()
  const file = folder.file('hot.sqlite')
  const store = sqliteStore(file)
  const expiring = sqliteExpiring(file)
  onTestFinished(async () => {
    expiring.close()
    store.close()
    await folder.remove()
  })
  const over = { ttl: NOW_S - 1 }
  const puts = (device_id: string, rows: Parameters<typeof checkpoint>[0][]): Put[] =>
    rows.map((of) => ({ table: 'checkpoints', item: checkpoint({ device_id, ...of }) }))
  const things = [
    summary({ id: 'kept' }),
    summary({ id: 'listed', kind: 'too_old', ttl: NOW_S + 1 }),
    summary({ id: 'over', kind: 'too_old', ...over }),
  ].map((item): Put => ({ table: 'summaries', item }))
  const silent = [
    { ts: T0, ...over },
    { ts: T0 + 1, ...over },
    { ts: T0 + 2, ...over, retracted: true },
  ]
  const spoke = [
    { ts: T0, ...over },
    { ts: T0 + 1, ttl: NOW_S + 1 },
  ]
  await store.write(
    batchOf([
      deviceWrite('silent', 0, [...puts('silent', silent), ...things]),
      deviceWrite('spoke', 0, puts('spoke', spoke)),
    ]),
  )
  expect(expiring.removeDerived(NOW_S)).toBe(4)
  const { checkpoints, summaries } = store.dump()
  expect(checkpoints.map(({ device_id, ts }) => [device_id, ts - T0])).toEqual([
    ['silent', 1],
    ['spoke', 1],
  ])
  expect(summaries.map(({ id }) => id).sort()).toEqual(['kept', 'listed'])
  expect(expiring.removeDerived(NOW_S)).toBe(0)
})

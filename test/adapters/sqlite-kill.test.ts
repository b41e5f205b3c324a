import { afterEach, beforeEach, expect, test } from 'vitest'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { sqliteStore } from '../../adapters/sqlite-store.ts'
import { type TemporaryFolder, temporaryFolder } from '../contract/temporary-folder.ts'
import { runChild } from './child-process.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(() => folder.remove())

const KILLS = 3

test('a log whose writer is killed has every record that was acknowledged, and no part of an append', async () => {
  const file = folder.file('log.sqlite')
  let acknowledged = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = runChild(`
      import { sqliteLog } from 'adapters/sqlite-log.ts'
      const log = sqliteLog(${JSON.stringify(file)})
      const record = { received_at: 1, source: 'mqtt', topic: 't', payload: new Uint8Array(300), verdict: 'ok' }
      for (;;) {
        log.appendSync(Array.from({ length: 20 }, () => record))
        console.log(Number(await log.tail()))
        await new Promise(setImmediate)
      }`)
    for (let line = 0; line < 10; line++) acknowledged = Number(await child.nextLine())
    await child.kill()
  }
  const log = sqliteLog(file)
  const count = (await log.read('', 1_000_000)).length
  expect(count).toBeGreaterThanOrEqual(acknowledged)
  expect(count % 20).toBe(0)
  log.close()
})

test('a store whose writer is killed has the rows of its position, all of them and no more', async () => {
  const file = folder.file('hot.sqlite')
  let acknowledged = 0
  for (let kill = 0; kill < KILLS; kill++) {
    const child = runChild(`
      import { sqliteStore } from 'adapters/sqlite-store.ts'
      const store = sqliteStore(${JSON.stringify(file)})
      for (let n = Number(await store.position('main')) + 1; ; n++) {
        const ids = ['dev-1', 'dev-2', 'dev-3']
        const devices = ids.map((device_id) => ({
          device_id,
          expected_version: n - 1,
          puts: [0, 1, 2, 3].map((k) => ({
            table: 'events',
            item: { device_id, ts: n, ord: String(k), device_type: 'evse', origin: 'device', event_type: 'telemetry',
              location: null, identity: 'a', reported_timestamp: n, received_at: n, time_quality: 'device',
              applied: n, revision: 0, ttl: 1, body: { padding: 'x'.repeat(500) } },
          })),
          state: { device_id, device_type: 'evse', location: null, version: n, applied: n, next_due: null,
            last_received_at: n, state: '{}', standing: null },
        }))
        await store.write({ devices, quarantined: [], checkpoint: { consumer: 'main', position: String(n) } })
        console.log(n)
        await new Promise(setImmediate)
      }`)
    for (let line = 0; line < 10; line++) acknowledged = Number(await child.nextLine())
    await child.kill()
  }
  const store = sqliteStore(file)
  const position = Number(await store.position('main'))
  const { events, states } = store.dump()
  expect(position).toBeGreaterThanOrEqual(acknowledged)
  expect(states.map((state) => state.version)).toEqual([position, position, position])
  expect(events).toHaveLength(position * 3 * 4)
  store.close()
})

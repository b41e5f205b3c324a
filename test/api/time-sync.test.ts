import { expect, test } from 'vitest'
import { TimeSyncSchema } from '../../api/schemas.ts'
import { createHome, expectSchema, T0 } from './home.ts'

const POST = { method: 'POST' }

test('a time sync is sent down to the device with the time', async () => {
  const home = await createHome()
  await home.say('thermostat', 'hall', 0, { heating_call: false })
  const { status, body } = await home.ask('/v1/time-sync/hall', POST)
  expect([status, body]).toEqual([202, { device_id: 'hall', epoch_ms: T0 }])
  expectSchema(TimeSyncSchema, body)
  const message = { cmd: 'time_sync', epoch_ms: T0 }
  expect(home.sent).toEqual([{ device_type: 'thermostat', device_id: 'hall', message }])
})

test('an unknown device is a 404, and nothing is sent', async () => {
  const home = await createHome()
  expect((await home.ask('/v1/time-sync/nobody', POST)).status).toBe(404)
  expect(home.sent).toEqual([])
})

test('the second within a second is a 429 that says when to come again; another device is not held up', async () => {
  const home = await createHome()
  for (const id of ['dev-1', 'dev-2']) await home.say('evse', id, 0, { pilot_state: 'A' })
  await home.ask('/v1/time-sync/dev-1', POST)
  home.clock.now += 999
  const { status, headers } = await home.ask('/v1/time-sync/dev-1', POST)
  expect([status, headers.get('retry-after')]).toEqual([429, '1'])
  expect((await home.ask('/v1/time-sync/dev-2', POST)).status).toBe(202)
  home.clock.now += 1
  expect((await home.ask('/v1/time-sync/dev-1', POST)).status).toBe(202)
  expect(home.sent.map(({ device_id }) => device_id)).toEqual(['dev-1', 'dev-2', 'dev-1'])
})

test('a clock that was set back does not silence a device', async () => {
  const home = await createHome()
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  await home.ask('/v1/time-sync/dev-1', POST)
  home.clock.now -= 3_600_000
  expect((await home.ask('/v1/time-sync/dev-1', POST)).status).toBe(202)
})

test('a network that takes nothing is a 503, and does not count as sent', async () => {
  let down = true
  const send = async () => {
    if (down) throw new Error('not connected')
  }
  const home = await createHome({ downlink: { send } })
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  expect((await home.ask('/v1/time-sync/dev-1', POST)).status).toBe(503)
  down = false
  expect((await home.ask('/v1/time-sync/dev-1', POST)).status).toBe(202)
})

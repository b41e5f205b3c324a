/** Commands to devices over the real SDK, against a data endpoint that keeps what it hears. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { InfrastructureError } from '../../adapters/infrastructure-error.ts'
import { iotDownlink } from '../../adapters/iot-downlink.ts'
import type { Downlink } from '../../events/ports.ts'
import { atEndpoint } from '../stand-ins/dynalite.ts'
import { type IotPublishes, startIotPublishes } from '../stand-ins/iot-publishes.ts'
import { quickRetries } from './quick-retries.ts'

let iot: IotPublishes
let downlink: Downlink
let now = 0

beforeAll(async () => {
  iot = await startIotPublishes()
})
afterAll(() => iot.stop())
beforeEach(() => {
  now = Date.UTC(2026, 10, 21)
  iot.answer(200)
  iot.published.length = 0
  downlink = iotDownlink({
    ...atEndpoint(iot.endpoint),
    now: () => now,
    retries: quickRetries({ attempts: 2 }),
  })
})

test('a command is published on the device’s own topic, at least once, signed for the data endpoint', async () => {
  await downlink.send('evse', 'dev-1', { cmd: 'time_sync', epoch_ms: now })
  expect(iot.published).toEqual([
    {
      topic: 'ev/evse/dev-1/downlink',
      qos: '1',
      message: { cmd: 'time_sync', epoch_ms: now },
      signed_for: 'iotdata',
    },
  ])
})

test('an id that is no plain word reaches no other topic', async () => {
  await downlink.send('thermostat', '../../+/#', { cmd: 'time_sync' })
  expect(iot.published[0]?.topic).toBe('ev/thermostat/..%2F..%2F%2B%2F%23/downlink')
})

test('what is refused is the network’s trouble, and the next sends do not wait for it', async () => {
  iot.answer(503)
  await expect(downlink.send('evse', 'dev-1', {})).rejects.toThrow(InfrastructureError)
  iot.answer(200)
  now += 9_000
  await expect(downlink.send('evse', 'dev-2', {})).rejects.toThrow('failed 9000 ms ago, not tried')
  expect(iot.published).toEqual([])
  now += 1_000
  await downlink.send('evse', 'dev-2', {})
  expect(iot.published).toHaveLength(1)
})

test('a clock that was set back silences nobody', async () => {
  iot.answer(503)
  await expect(downlink.send('evse', 'dev-1', {})).rejects.toThrow(InfrastructureError)
  iot.answer(200)
  now -= 3_600_000
  await downlink.send('evse', 'dev-1', {})
  expect(iot.published).toHaveLength(1)
})

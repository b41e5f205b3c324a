/** Rolling deploys and rollbacks: what newer code made waits for newer code, and is neither skipped nor set aside. */
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import { type ConsumerStep, runConsumer } from '../../embedded/consumer-loop.ts'
import { processBatch } from '../../processors/process-batch.ts'
import { NewerState } from '../../statecharts/device-state.ts'
import { createKeptLogger } from '../embedded/gated-log.ts'
import { lawful } from '../simulation/law.ts'
import { silentLogger } from '../simulation/world.ts'
import { soon } from '../soon.ts'
import { type Release, releaseOf } from '../stand-ins/release.ts'
import { settlingThermostat } from '../statecharts/next-versions.ts'
import { type Given, given, HOMES, itemOf, rowsOf, storeAt } from './given.ts'
import { evse, THERMOSTAT, thermostat } from './messages.ts'

const older: Release = { processBatch }
let newer: Release
let pinning: Release
beforeAll(async () => {
  newer = await releaseOf({ thermostat: settlingThermostat('refold') })
  pinning = await releaseOf({ thermostat: settlingThermostat('pin') })
})

const on = (minute: number) => thermostat(minute, { heating_call: true })
const off = (minute: number) => thermostat(minute, { heating_call: false })

/** Stores the device's state with something in it changed. */
async function rewrite(world: Given, change: (state: Record<string, unknown>) => object): Promise<void> {
  const item = itemOf(world)
  const state = JSON.parse(item.state)
  const next = { ...item, version: item.version + 1, state: JSON.stringify({ ...state, ...change(state) }) }
  const device = { device_id: item.device_id, puts: [], state: next, expected_version: item.version }
  await world.store.write({ devices: [device], quarantined: [] })
}

describe.each(HOMES)('older code among newer (%s)', (home) => {
  test('does what lies before the record that must wait, and nothing from it on', async () => {
    const world = await given(home, on(0), evse(0, 'A'))
    world.release = newer
    await world.when(on(5))
    world.release = older
    const held = world.when(evse(6, 'B'), off(7), evse(8, 'A'))
    await expect(held).rejects.toThrow(NewerState)
    await expect(held).rejects.toMatchObject({ device_id: THERMOSTAT, position: world.log[4]?.position })
    expect(await world.store.position('test')).toBe(world.log[3]?.position)
    expect(rowsOf(world, { origin: 'device', device_id: 'dev-1' })).toHaveLength(2)
    expect(world.store.dump().quarantine).toEqual([])
    world.release = newer
    await world.again(world.log.slice(4))
    const smooth = await given('memory', on(0), evse(0, 'A'))
    smooth.release = newer
    for (const record of [on(5), evse(6, 'B'), off(7), evse(8, 'A')]) await smooth.when(record)
    expect(lawful(world.store.dump())).toEqual(lawful(smooth.store.dump()))
  })

  test('holds a device whose newer version is yet to begin', async () => {
    const world = await given(home, on(0))
    world.release = pinning
    await world.when(on(5))
    expect(JSON.parse(itemOf(world).state).instances.heating.version).toBe(1)
    world.release = older
    const before = world.store.dump()
    await expect(world.when(off(7))).rejects.toThrow('heating, hvac-cycle version 2, known to 1')
    expect(world.store.dump()).toEqual(before)
  })

  test('holds a device that has a chart more', async () => {
    const world = await given(home, on(0))
    await rewrite(world, ({ instances }) => {
      const all = instances as Record<string, unknown>
      return { instances: { ...all, fan: all.heating } }
    })
    await expect(world.when(off(7))).rejects.toThrow('a chart fan, which is not known')
  })

  test('holds a repair that would begin at a newer checkpoint', async () => {
    const world = await given(home, on(0), off(10), on(20))
    const [first] = world.store.dump().checkpoints
    const state = JSON.parse(first?.state ?? '')
    state.instances.heating.version = 99
    const item = itemOf(world)
    const checkpoint = { ...first, applied: 99, state: JSON.stringify(state) } as NonNullable<typeof first>
    await world.store.write({
      devices: [
        {
          device_id: THERMOSTAT,
          puts: [{ table: 'checkpoints', item: { ...checkpoint, applied: item.applied } }],
          expected_version: item.version,
          state: { ...item, version: item.version + 1 },
        },
      ],
      quarantined: [],
    })
    const before = world.store.dump()
    await expect(world.when(off(5))).rejects.toThrow(NewerState)
    expect(world.store.dump()).toEqual(before)
  })

  test('goes on by itself with devices that newer code has not touched', async () => {
    const world = await given(home, on(0), evse(0, 'A'))
    world.release = newer
    await world.when(on(5))
    world.release = older
    expect(await world.when(evse(6, 'B'))).toMatchObject({ events: 1 })
  })
})

test('the consumer waits for newer code, says so, and goes on when it has come', async () => {
  const world = await given(await storeAt('memory'), on(0))
  world.release = newer
  await world.when(on(5))
  const { store, log } = world
  for (const record of [evse(6, 'B'), off(7), evse(8, 'A')])
    log.push({ ...record, position: String(log.length + 1).padStart(log[0]?.position.length ?? 0, '0') })
  let release = older
  const steps: ConsumerStep[] = []
  const logger = createKeptLogger()
  const drain = new AbortController()
  const running = runConsumer(
    {
      consumer: 'test',
      log: {
        read: async (after, limit) => log.filter(({ position }) => position > after).slice(0, limit),
      },
      store,
      process: (records) =>
        release.processBatch(
          records,
          { store, metrics: { count() {}, gauge() {} }, logger: silentLogger },
          'test',
        ),
      rest: () => sleep(1),
      pause: () => sleep(1),
      random: () => 0,
      onStep: (step) => void steps.push(step),
      logger,
    },
    { drain: drain.signal, cut: new AbortController().signal },
  )
  await soon(() => expect(steps.filter(({ held }) => held !== null).length).toBeGreaterThan(2))
  expect(steps.at(-1)?.held).toBe('therm-1: heating, hvac-cycle version 2, known to 1: made by newer code')
  expect(await store.position('test')).toBe(log[2]?.position)
  expect(logger.lines[0]).toMatchObject({ level: 'warn', message: 'the consumer waits for newer code' })
  release = newer
  await soon(() => expect(steps.at(-1)?.caught_up).toBe(true))
  drain.abort()
  await running
  expect(await store.position('test')).toBe(log.at(-1)?.position)
  expect(steps.at(-1)?.held).toBeNull()
  expect(world.store.dump().quarantine).toEqual([])
})

import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import { decidedBy, given, HOMES, reasonsOf, rowsOf, thingsOf } from './given.ts'
import { arrived, at, CHARGER, config, evse, gpio, THERMOSTAT, thermostat, until } from './messages.ts'

const TOPIC = 'ev/evse/dev-1/telemetry'

describe.each(HOMES)('quarantine (%s)', (home) => {
  test('holds the bytes, the reason, the topic and the place in the log', async () => {
    const world = await given(home, evse(1, 'B'))
    const bytes = Uint8Array.from([0x7b, 0xff, 0x00, 0x22])
    await world.when({ ...evse(2, 'C'), payload: bytes })
    expect(world.store.dump().quarantine).toEqual([
      {
        position: world.log[1]?.position,
        received_at: at(2),
        topic: TOPIC,
        device_id: CHARGER,
        reason: 'payload: 4 bytes that are not UTF-8',
        payload_base64: Buffer.from(bytes).toString('base64'),
      },
    ])
  })

  test('blocks nobody, not even the same device in the same batch', async () => {
    const world = await given(home)
    const report = await world.when(
      evse(1, 'B'),
      arrived(TOPIC, 2, '{'),
      evse(2, 'C', { pwm_duty_cycle: 140 }),
      evse(3, 'A'),
    )
    expect(report).toMatchObject({ records: 4, events: 2, quarantined: 2 })
    expect(decidedBy(world)).toEqual(['session_start', 'session_end'])
    expect(reasonsOf(world)[1]).toBe('pwm_duty_cycle: 140 is outside 0 to 100')
  })

  test('a record that is refused again after a crash is there once', async () => {
    const world = await given(home, arrived(TOPIC, 1, '{'))
    await world.again(world.log)
    expect(reasonsOf(world)).toHaveLength(1)
  })
})

describe('the system’s own topics', () => {
  const forged: [string, NewRecord][] = [
    ['a configuration from MQTT', { ...config(1, CHARGER, { rated_power_kw: 99_999 }), source: 'mqtt' }],
    ['a configuration over HTTP', { ...config(1, CHARGER, { rated_power_kw: 99_999 }), source: 'http' }],
    [
      'a configuration from an import',
      { ...config(1, CHARGER, { rated_power_kw: 99_999 }), source: 'import' },
    ],
    ['a time from MQTT', { ...until(9_999_999), source: 'mqtt' }],
    ['a topic that nobody knows', arrived('pilotline/other/dev-1', 1, {})],
    ['broken JSON', arrived('pilotline/until/dev-1', 1, '{')],
    ['internal, and still unknown', arrived('pilotline/other/dev-1', 1, {}, { source: 'internal' })],
  ]

  test.each(forged)('are quarantined from outside: %s', async (_, record) => {
    const world = await given('memory', evse(0, 'B'))
    const before = world.store.dump()
    expect(await world.when(record)).toMatchObject({ quarantined: 1, events: 0 })
    expect({ ...world.store.dump(), quarantine: [], positions: [] }).toEqual({ ...before, positions: [] })
    expect(reasonsOf(world)[0]).toMatch(/^topic: "pilotline\/.* is the system’s own$/)
  })

  test('a topic of 60,000 characters makes a short reason', async () => {
    const world = await given('memory')
    await world.when(arrived(`pilotline/${'x'.repeat(60_000)}`, 1, {}))
    expect(reasonsOf(world)[0]?.length).toBeLessThan(200)
  })
})

describe('whose a record is', () => {
  test('a topic’s id and a payload’s id that differ', async () => {
    const world = await given('memory')
    await world.when(evse(1, 'B', { device_id: 'dev-2' }, { topic: TOPIC }))
    expect(reasonsOf(world)).toEqual([`device_id: "dev-2" differs from the topic's "dev-1"`])
    expect(world.store.dump().states).toEqual([])
  })

  test('a device of one type that speaks as another', async () => {
    const world = await given('memory', evse(1, 'B'))
    const stranger = thermostat(2, { device_id: CHARGER, heating_call: true }, { topic: 'sidewalk/x' })
    expect(await world.when(stranger, evse(3, 'A'))).toMatchObject({ quarantined: 1, events: 1 })
    expect(reasonsOf(world)).toEqual(['device_type: "thermostat" differs from evse, which dev-1 is'])
    expect(thingsOf(world, 'session')).toHaveLength(1)
  })

  test('a configuration that makes a device of one type another', async () => {
    const world = await given(
      'memory',
      evse(1, 'B'),
      config(2, CHARGER, { device_type: 'meter', location: 'x' }),
    )
    expect(reasonsOf(world)).toEqual(['config.device_type: "meter" differs from evse, which dev-1 is'])
    expect(world.store.dump().config).toEqual([])
    expect(rowsOf(world, { origin: 'config' })).toEqual([])
  })

  test('a pin or a nameless configuration of a device that nobody knows, until somebody does', async () => {
    const world = await given('memory')
    const known = config(3, THERMOSTAT, {
      device_type: 'thermostat',
      gpio: { W1: { signal: 'heating_call' } },
    })
    const batch = [gpio(1, 'W1', 1), config(2, THERMOSTAT, { location: 'hall' }), known, gpio(4, 'W1', 1)]
    expect(await world.when(...batch)).toMatchObject({ quarantined: 2, events: 2 })
    expect(reasonsOf(world)).toEqual([
      'device_id: "therm-1" is not known: put a configuration that names its device_type first',
      'device_id: "therm-1" is not known: put a configuration that names its device_type first',
    ])
  })

  test('time alone makes no device', async () => {
    const world = await given('memory', until(5, 'nobody'))
    expect(world.store.dump()).toMatchObject({ states: [], quarantine: [] })
  })
})

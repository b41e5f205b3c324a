import { describe, expect, test } from 'vitest'
import { type Given, given } from './given.ts'
import { arrived, at, bootedEvse, CHARGER, config, evse, gpio, thermostat, until } from './messages.ts'

const MARKER = 'Kilroy-was-here'

describe('metrics', () => {
  test('count records by what became of them', async () => {
    const world = await given('memory', evse(0, 'B'))
    await world.when(evse(0, 'B'), evse(5, 'A'), evse(1, 'C'), arrived('x', 5, '{'), until(9))
    expect(world.counted).toEqual({
      records: 6,
      events: 3,
      decided: 2,
      late: 1,
      duplicates: 1,
      quarantined: 1,
    })
  })

  test('say nothing of what did not happen', async () => {
    const world = await given('memory', until(9, 'nobody'))
    expect(world.counted).toEqual({ records: 1 })
  })
})

describe('the log', () => {
  /** Every way in which a device’s words might get there. */
  const marked = (minute: number) => [
    evse(minute, 'B', { location: MARKER, [MARKER]: MARKER, session_id: MARKER, event_id: MARKER }),
    evse(minute, 'C', { pwm_duty_cycle: MARKER }),
    evse(minute, 'C', { event_type: MARKER }),
    evse(minute, 'C', { device_type: MARKER }, { topic: 'sidewalk/x' }),
    arrived('ev/evse/dev-1/telemetry', minute, MARKER),
    arrived('ev/evse/dev-1/telemetry', minute, `{"${MARKER}":1e999}`),
    arrived('ev/evse/dev-1/telemetry', minute, `{"${MARKER}":{"__proto__":1}}`),
    arrived('sidewalk/x', minute, { WirelessDeviceId: MARKER, PayloadData: 'e30=' }),
    arrived(`pilotline/${MARKER}`, minute, {}),
    arrived(MARKER, minute, {}),
    gpio(minute, MARKER, 1),
    thermostat(minute, { device_id: CHARGER, heating_call: true, cycle_id: MARKER }, { topic: 'sidewalk/x' }),
    config(minute, CHARGER, { device_type: 'meter', location: MARKER }),
  ]

  const said = ({ lines }: Given) => lines.map((line) => JSON.stringify(line)).join('\n')

  test('names positions and ids, and never says what a device said', async () => {
    const world = await given('memory')
    const report = await world.when(...marked(1))
    expect(report.quarantined).toBe(12)
    expect(said(world)).not.toContain(MARKER)
  })

  test('names each quarantined record once, with its place and the rule that it broke', async () => {
    const world = await given('memory')
    await world.when(evse(1, 'B'), evse(2, 'B', { pwm_duty_cycle: 140 }), gpio(3, 'W1', 1))
    expect(world.lines).toEqual([
      {
        level: 'warn',
        message: 'quarantined',
        fields: { position: world.log[1]?.position, device_id: CHARGER, rule: 'is outside 0 to 100' },
      },
      {
        level: 'warn',
        message: 'quarantined',
        fields: {
          position: world.log[2]?.position,
          device_id: 'therm-1',
          rule: 'is not known: put a configuration that names its device_type first',
        },
      },
    ])
  })

  test('is quiet while all is well', async () => {
    const world = await given(
      'memory',
      evse(1, 'B'),
      evse(2, 'C'),
      evse(1.5, 'C'),
      evse(1, 'B'),
      evse(3, 'A'),
    )
    expect(world.lines).toEqual([])
  })
})

describe('a time sync is asked for', () => {
  test('for a device whose clock is not set, once a batch', async () => {
    const world = await given('memory')
    const report = await world.when(
      bootedEvse(1, 5, 'B'),
      bootedEvse(2, 65, 'C'),
      evse(2, 'A', { device_id: 'dev-2' }),
    )
    expect(report.time_syncs).toEqual([{ device_type: 'evse', device_id: CHARGER }])
  })

  test('with each batch until it is set, and no longer', async () => {
    const world = await given('memory', bootedEvse(1, 5, 'B'))
    expect((await world.when(bootedEvse(2, 65, 'C'))).time_syncs).toHaveLength(1)
    expect((await world.when(evse(3, 'A'))).time_syncs).toEqual([])
  })

  test('not for an import: the clock of then is no clock of now', async () => {
    const world = await given('memory')
    const old = bootedEvse(1, 5, 'B', {}, { source: 'import' })
    expect((await world.when(old)).time_syncs).toEqual([])
  })

  test('not because of time or a configuration alone', async () => {
    const world = await given('memory', bootedEvse(1, 5, 'B'))
    expect((await world.when(until(9), config(10, CHARGER, { location: 'x' }))).time_syncs).toEqual([])
  })

  test('not for a clock that is merely wrong', async () => {
    const world = await given('memory')
    expect((await world.when(evse(1, 'B', { timestamp: at(-9_000) }))).time_syncs).toEqual([])
  })
})

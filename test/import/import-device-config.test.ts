import { describe, expect, it } from 'vitest'
import { createImportWorld, NOW } from './import-world.ts'

const DAY_MS = 86_400_000

async function historyOf(world: ReturnType<typeof createImportWorld>, device_id: string) {
  const { items } = await world.store.configHistory(device_id, 100)
  return items.map(({ effective_from, config }) => ({ effective_from, config }))
}

async function imported(csv: string, map: string[], sets: string[] = []) {
  const world = createImportWorld()
  const report = await world.importConfig(csv, map, sets)
  const batch = await world.process()
  return { world, report, batch }
}

describe('a configuration of a file', () => {
  it('is put on its device’s stream, from the moment of the import on', async () => {
    const { world, report, batch } = await imported(
      'id,site,watts\ndev-1,north,22000\ndev-2,south,11000\n',
      ['device_id=id,location=site,rated_power_kw=watts:W'],
      ['device_type=evse'],
    )
    expect(report).toMatchObject({ rows: 2, good: 2, bad: [] })
    expect(batch).toMatchObject({ events: 2, quarantined: 0 })
    expect(await historyOf(world, 'dev-1')).toEqual([
      { effective_from: NOW, config: { device_type: 'evse', location: 'north', rated_power_kw: 22 } },
    ])
    expect((await world.records())[0]).toMatchObject({ source: 'internal', topic: 'pilotline/config/dev-1' })
  })

  it('holds from the time that its row names, in the past or to come', async () => {
    const { world } = await imported(
      'id,since,kw\ndev-1,2027-01-01T00:00Z,11\ndev-1,2020-01-01T00:00Z,22\n',
      ['device_id=id,effective_from=since,rated_power_kw=kw'],
      ['device_type=evse'],
    )
    expect(await historyOf(world, 'dev-1')).toEqual([
      { effective_from: Date.parse('2027-01-01'), config: { device_type: 'evse', rated_power_kw: 11 } },
      { effective_from: Date.parse('2020-01-01'), config: { device_type: 'evse', rated_power_kw: 22 } },
    ])
  })

  it('puts a device on a circuit of the location that it has, and on none where it has none', async () => {
    const { world, report } = await imported(
      'id,since,site,circuit\ndev-1,2026-01-01T00:00Z,north,\ndev-1,2026-02-01T00:00Z,,main\ndev-2,,,main\n',
      ['device_id=id,effective_from=since,location=site,interlock_circuit=circuit'],
      ['device_type=evse'],
    )
    expect((await historyOf(world, 'dev-1'))[0]?.config).toMatchObject({
      location: 'north',
      interlock_circuit: 'main',
    })
    expect(report.bad).toMatchObject([{ line: 4, field: 'interlock_circuit' }])
    expect(await historyOf(world, 'dev-2')).toEqual([])
  })

  it('takes every field of a configuration', async () => {
    const config = {
      device_type: 'thermostat',
      location: 'hall',
      timezone: 'Europe/Berlin',
      rated_voltage_v: 230,
      rated_power_kw: 11,
      rated_power_heating_kw: 3.5,
      rated_power_cooling_kw: 2.5,
      report_interval_s: 60,
      fault_close_s: 600,
      stuck_call_s: 7200,
      short_cycle_s: 120,
      interlock_circuit: 'main',
      interlock_debounce_s: 60,
      interlock_grace_s: 30,
      wireless_device_id: 'w-1',
    }
    const gpio = { P1: { signal: 'cooling_call', stage: 1 } }
    const names = Object.keys(config)
    const { world, report } = await imported(
      `id,gpio,${names.join(',')}\nt-1,"${JSON.stringify(gpio).replaceAll('"', '""')}",${Object.values(config).join(',')}\n`,
      [['device_id=id', 'gpio=gpio', ...names.map((name) => `${name}=${name}`)].join(',')],
    )
    expect(report.bad).toEqual([])
    expect((await historyOf(world, 't-1'))[0]?.config).toEqual({ ...config, gpio })
  })

  it('leaves as it is what the file does not say', async () => {
    const { world } = await imported(
      'id,site\ndev-1,north\n',
      ['device_id=id,location=site'],
      ['device_type=evse'],
    )
    world.wait(DAY_MS)
    const report = await world.importConfig('id,kw,volts\ndev-1,22,\n', [
      'device_id=id,rated_power_kw=kw,rated_voltage_v=volts',
    ])
    await world.process()
    expect(report).toMatchObject({ good: 1, unchanged: 0 })
    expect((await historyOf(world, 'dev-1'))[0]).toEqual({
      effective_from: NOW + DAY_MS,
      config: { device_type: 'evse', location: 'north', rated_power_kw: 22 },
    })
  })

  it('is laid over the version in force at its time, and not over a later one', async () => {
    const MAP = ['device_id=id,effective_from=since,location=site']
    const { world } = await imported(
      'id,since,site\ndev-1,2026-01-01T00:00Z,first\ndev-1,2026-03-01T00:00Z,third\n',
      MAP,
      ['device_type=evse'],
    )
    await world.importConfig('id,since,kw\ndev-1,2026-02-01T00:00Z,11\n', [
      'device_id=id,effective_from=since,rated_power_kw=kw',
    ])
    await world.process()
    expect(
      (await historyOf(world, 'dev-1')).map(({ config }) => [config.location, config.rated_power_kw]),
    ).toEqual([
      ['third', undefined],
      ['first', 11],
      ['first', undefined],
    ])
  })

  it('is laid over what the file itself says before', async () => {
    const { world } = await imported(
      'id,since,site,kw\ndev-1,2026-02-01T00:00Z,,22\ndev-1,2026-01-01T00:00Z,north,11\n',
      ['device_id=id,effective_from=since,location=site,rated_power_kw=kw'],
      ['device_type=evse'],
    )
    expect(
      (await historyOf(world, 'dev-1')).map(({ config }) => [config.location, config.rated_power_kw]),
    ).toEqual([
      ['north', 22],
      ['north', 11],
    ])
  })

  it('adds nothing the second time, at whatever time that is', async () => {
    const CSV = 'id,since,kw\ndev-1,2026-02-01T00:00Z,11\ndev-1,2026-03-01T00:00Z,22\ndev-2,,22\n'
    const MAP = ['device_id=id,effective_from=since,rated_power_kw=kw']
    const { world } = await imported(CSV, MAP, ['device_type=evse'])
    const before = world.store.dump().config.length
    world.wait(DAY_MS)
    const report = await world.importConfig(CSV, MAP, ['device_type=evse'])
    expect(report).toMatchObject({ rows: 3, good: 0, unchanged: 3, bad: [] })
    await world.process()
    expect(world.store.dump().config).toHaveLength(before)
  })

  it('of one device and moment counts once, and is bad where it says something else', async () => {
    const { report } = await imported(
      'id,since,kw\ndev-1,2026-02-01T00:00Z,11\ndev-1,2026-02-01T00:00Z,11.0\ndev-1,2026-02-01T00:00Z,22\n',
      ['device_id=id,effective_from=since,rated_power_kw=kw'],
      ['device_type=evse'],
    )
    expect(report).toMatchObject({ rows: 3, good: 1, repeated: 1 })
    expect(report.bad).toMatchObject([
      { line: 4, field: 'effective_from', rule: expect.stringContaining('is also of line 2') },
    ])
  })

  it.each([
    ['kw', '-1', 'rated_power_kw'],
    ['kw', 'many', 'rated_power_kw'],
    ['type', 'toaster', 'device_type'],
    ['zone', 'Mars/Olympus', 'timezone'],
    ['since', 'soon', 'effective_from'],
    ['pins', '{', 'gpio'],
    ['pins', '{"P1":{"signal":"horn"}}', 'gpio.P1.signal'],
  ])('is bad where its fields are, and the others enter: %s = %s', async (column, value, field) => {
    const cells = { id: 'dev-1', kw: '11', type: 'evse', zone: 'UTC', since: '', pins: '', [column]: value }
    const quoted = Object.values(cells).map((cell) => `"${cell.replaceAll('"', '""')}"`)
    const { report, batch } = await imported(
      `${Object.keys(cells).join(',')}\n${quoted.join(',')}\ndev-2,11,evse,UTC,,\n`,
      ['device_id=id,rated_power_kw=kw,device_type=type,timezone=zone,effective_from=since,gpio=pins'],
    )
    expect(report).toMatchObject({ good: 1, bad: [{ line: 2, field }] })
    expect(batch).toMatchObject({ events: 1, quarantined: 0 })
  })

  it('must say what a device is that nobody has heard of, once', async () => {
    const MAP = ['device_id=id,effective_from=since,device_type=type,rated_power_kw=kw']
    const { report, batch } = await imported(
      'id,since,type,kw\ndev-1,2026-01-01T00:00Z,evse,11\ndev-1,2026-02-01T00:00Z,,22\ndev-2,2026-01-01T00:00Z,,11\n',
      MAP,
    )
    expect(report.bad).toMatchObject([{ line: 4, field: 'device_type', value: 'absent' }])
    expect(batch).toMatchObject({ events: 2, quarantined: 0 })
  })

  it('cannot make two types of a device that nobody has heard of', async () => {
    const { report, batch } = await imported(
      'id,since,type\ndev-1,2026-01-01T00:00Z,evse\ndev-1,2026-02-01T00:00Z,thermostat\n',
      ['device_id=id,effective_from=since,device_type=type'],
    )
    expect(report.bad).toMatchObject([
      { line: 3, field: 'device_type', rule: 'differs from evse, which dev-1 is' },
    ])
    expect(batch).toMatchObject({ events: 1, quarantined: 0 })
  })

  it('cannot make another type of a device', async () => {
    const { world } = await imported('id\ndev-1\n', ['device_id=id'], ['device_type=evse'])
    const report = await world.importConfig('id\ndev-1\n', ['device_id=id'], ['device_type=thermostat'])
    expect(report.bad).toMatchObject([
      { line: 2, field: 'device_type', rule: 'differs from evse, which dev-1 is' },
    ])
  })
})

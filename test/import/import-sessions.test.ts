import { describe, expect, it } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { createImportWorld, NOW } from './import-world.ts'

const HEADER = 'id,from,to,kwh,name\n'
const MAP = ['device_id=id,started_at=from,ended_at=to,energy_kwh=kwh,session_id=name']
const T = (time: string) => Date.parse(`2026-05-01T${time}Z`)

async function imported(rows: string, map = MAP, sets: string[] = []) {
  const world = createImportWorld()
  const report = await world.importSessions(HEADER + rows, map, sets)
  const batch = await world.process()
  return { world, report, batch, sessions: await world.sessions() }
}

async function badRowsOf(rows: string, map = MAP) {
  const { report, sessions } = await imported(rows, map)
  return {
    bad: report.bad.map(({ line, field, value, rule }) => `${line} ${field}: ${value} ${rule}`),
    sessions,
  }
}

describe('a session of a file', () => {
  it('is found with its times, its energy and its name, as one charging leg', async () => {
    const { sessions, report } = await imported('dev-1,2026-05-01T08:00Z,2026-05-01T10:30Z,7.25,s-1\n')
    expect(report).toMatchObject({ rows: 1, good: 1, bad: [] })
    expect(sessions).toHaveLength(1)
    expect(sessions[0]).toMatchObject({
      device_id: 'dev-1',
      device_session_id: 's-1',
      announced: true,
      started_at: T('08:00'),
      ended_at: T('10:30'),
      energy_kwh: 7.25,
      energy_confidence: 'register',
      end_reason: 'unplugged',
      revision: 1,
      legs: [{ energy_kwh: 7.25 }],
    })
  })

  it('enters by the front door as an import, stamped when it came in', async () => {
    const { world } = await imported('dev/1,2026-05-01T08:00Z,2026-05-01T10:30Z,7.25,s-1\n')
    const records = await world.records()
    expect(records.map(({ source, topic, received_at }) => ({ source, topic, received_at }))).toEqual(
      Array(4).fill({ source: 'import', topic: telemetryTopic('evse', 'dev/1'), received_at: NOW }),
    )
  })

  it('says of charging times that the file does not give that they are assumed', async () => {
    const { world } = await imported('dev-1,2026-05-01T08:00Z,2026-05-01T10:30Z,7.25,s-1\n')
    const said = (await world.records()).map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)))
    expect(said.map(({ pilot_state, time_assumed }) => [pilot_state, time_assumed])).toEqual([
      ['B', undefined],
      ['C', true],
      ['B', true],
      ['A', undefined],
    ])
  })

  it('charges in the times that the file does give', async () => {
    const world = createImportWorld()
    await world.importSessions(
      'id,from,to,c0,c1,kwh\ndev-1,2026-05-01T08:00Z,2026-05-01T10:30Z,2026-05-01T08:15Z,2026-05-01T09:15Z,7\n',
      ['device_id=id,started_at=from,ended_at=to,energy_kwh=kwh,charging_started_at=c0,charging_ended_at=c1'],
    )
    await world.process()
    expect((await world.sessions())[0]).toMatchObject({
      charging_s: 3600,
      energy_kwh: 7,
      legs: [{ started_at: T('08:15'), ended_at: T('09:15') }],
    })
  })

  it('that delivered nothing has no charging leg, and no energy', async () => {
    const { sessions } = await imported('dev-1,2026-05-01T08:00Z,2026-05-01T10:30Z,0,s-1\n')
    expect(sessions[0]).toMatchObject({ energy_kwh: 0, charging_s: 0, legs: [] })
  })

  it('whose energy the file does not know has none, whatever the one before it had', async () => {
    const { sessions } = await imported(
      'dev-1,2026-05-01T08:00Z,2026-05-01T10:30Z,7.25,s-1\ndev-1,2026-05-01T11:00Z,2026-05-01T12:00Z,,s-2\n',
    )
    expect(sessions.map(({ energy_kwh }) => energy_kwh)).toEqual([7.25, null])
  })

  it('of more than could have flowed in its time is disputed, and not billed', async () => {
    const { sessions } = await imported('dev-1,2026-05-01T08:00Z,2026-05-01T08:05Z,99,s-1\n')
    expect(sessions[0]).toMatchObject({ energy_kwh: 0, energy_confidence: 'disputed' })
  })

  it.each([
    ['with energy and a name', '40', 's-1'],
    ['with energy alone', '40', ''],
    ['that only stood there', '0', ''],
    ['of which nothing else is known', '', ''],
  ])('of longer than any silence that a charger may keep is still one, %s', async (_, kwh, name) => {
    const { sessions } = await imported(`dev-1,2026-05-01T08:00Z,2026-05-21T08:00Z,${kwh},${name}\n`)
    expect(sessions).toHaveLength(1)
    expect(sessions[0]).toMatchObject({
      started_at: T('08:00'),
      ended_at: Date.parse('2026-05-21T08:00Z'),
      energy_kwh: kwh === '' ? null : Number(kwh),
      end_reason: 'unplugged',
    })
  })

  it('of a charger that is configured to report every minute is one too', async () => {
    const world = createImportWorld()
    await world.importConfig(
      'id,since\ndev-1,2026-01-01T00:00Z\n',
      ['device_id=id,effective_from=since'],
      ['device_type=evse', 'report_interval_s=60'],
    )
    await world.importSessions(`${HEADER}dev-1,2026-05-01T08:00Z,2026-05-01T12:00Z,7.25,\n`, MAP)
    await world.process()
    expect(await world.sessions()).toMatchObject([
      { started_at: T('08:00'), ended_at: T('12:00'), energy_kwh: 7.25, end_reason: 'unplugged' },
    ])
  })

  it('keeps its location', async () => {
    const { sessions } = await imported('dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n', MAP, [
      'location=garage',
    ])
    expect(sessions[0]).toMatchObject({ location: 'garage' })
  })

  it('is read in the unit of its column, to the last digit', async () => {
    const { sessions } = await imported('dev-1,1777622400,1777626000,4216,s-1\n', [
      'device_id=id,started_at=from:s,ended_at=to:s,energy_kwh=kwh:Wh',
    ])
    expect(sessions[0]).toMatchObject({ started_at: T('08:00'), ended_at: T('09:00'), energy_kwh: 4.216 })
  })
})

describe('sessions of one device', () => {
  const TOUCHING =
    'dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n' +
    'dev-1,2026-05-01T09:00Z,2026-05-01T10:00Z,2,s-2\n' +
    'dev-1,2026-05-01T10:00Z,2026-05-01T11:00Z,3,s-3\n'

  it('that touch stay apart, each with its own energy', async () => {
    const { sessions, batch } = await imported(TOUCHING)
    expect(sessions.map((s) => [s.device_session_id, s.started_at, s.ended_at, s.energy_kwh])).toEqual([
      ['s-1', T('08:00'), T('09:00'), 1],
      ['s-2', T('09:00'), T('10:00'), 2],
      ['s-3', T('10:00'), T('11:00'), 3],
    ])
    expect(sessions.map(({ end_reason }) => end_reason)).toEqual(Array(3).fill('unplugged'))
    expect(batch).toMatchObject({ late: 0, disagreed: 0, quarantined: 0 })
  })

  it('are in the order of their time, whatever the file’s is', async () => {
    const upside_down = TOUCHING.trim().split('\n').reverse().join('\n')
    const { sessions, batch } = await imported(upside_down)
    expect(batch.late).toBe(0)
    expect(sessions).toEqual((await imported(TOUCHING)).sessions)
  })

  it('and of others enter in the order of their beginnings', async () => {
    const { world } = await imported(
      'dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,\n' +
        'dev-1,2026-05-01T10:00Z,2026-05-01T11:00Z,1,\n' +
        'dev-2,2026-05-01T09:30Z,2026-05-01T12:00Z,1,\n',
    )
    const starts = (await world.records()).flatMap(({ payload }) => {
      const { device_id, event_type } = JSON.parse(new TextDecoder().decode(payload))
      return event_type === 'session_start' ? [device_id] : []
    })
    expect(starts).toEqual(['dev-1', 'dev-2', 'dev-1'])
  })

  it('without names of their own stay apart too', async () => {
    const { sessions } = await imported(TOUCHING, ['device_id=id,started_at=from,ended_at=to,energy_kwh=kwh'])
    expect(sessions.map((s) => [s.energy_kwh, s.device_session_id])).toEqual([
      [1, 'import:2026-05-01T08:00:00.000Z'],
      [2, 'import:2026-05-01T09:00:00.000Z'],
      [3, 'import:2026-05-01T10:00:00.000Z'],
    ])
  })

  it('that overlap are not both possible: the first to begin enters, the other is bad', async () => {
    const { bad, sessions } = await badRowsOf(
      'dev-1,2026-05-01T08:59Z,2026-05-01T10:00Z,2,s-2\ndev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n',
    )
    expect(bad).toEqual([
      '2 started_at: "2026-05-01T08:59:00.000Z" overlaps the session of line 3 on this device',
    ])
    expect(sessions).toHaveLength(1)
  })

  it('that overlap on two devices are no business of each other', async () => {
    const { bad, sessions } = await badRowsOf(
      'dev-1,2026-05-01T08:59Z,2026-05-01T10:00Z,2,s-2\ndev-2,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n',
    )
    expect(bad).toEqual([])
    expect(sessions).toHaveLength(2)
  })

  it('that are one row twice are one session; with another energy the second row is bad', async () => {
    const row = 'dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z'
    const { report, sessions } = await imported(`${row},1,s-1\n${row},1,s-1\n${row},1.5,s-1\n`)
    expect(report).toMatchObject({ rows: 3, good: 1, repeated: 1 })
    expect(report.bad).toMatchObject([{ line: 4, field: 'started_at' }])
    expect(sessions).toMatchObject([{ energy_kwh: 1 }])
  })
})

describe('a bad row', () => {
  const GOOD = 'dev-9,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-9\n'

  it.each([
    ['dev-1,yesterday,2026-05-01T09:00Z,1,s', 'started_at: "yesterday" is neither epoch milliseconds nor'],
    ['dev-1,2026-05-01T08:00Z,,1,s', 'ended_at: "" is empty'],
    [',2026-05-01T08:00Z,2026-05-01T09:00Z,1,s', 'device_id: "" is empty'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,"1,5",s', 'energy_kwh: "1,5" is not a number'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,12abc,s', 'energy_kwh: "12abc" is not a number'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,NaN,s', 'energy_kwh: "NaN" is not a number'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1e999,s', 'energy_kwh: "1e999" is not a finite number'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,2e9,s', 'energy_kwh: 2000000000 is outside'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,-1,s', 'energy_kwh: -1 is negative'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T08:00Z,1,s', 'ended_at: "2026-05-01T08:00:00.000Z" is not after'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T07:00Z,1,s', 'ended_at: "2026-05-01T07:00:00.000Z" is not after'],
    [
      'dev-1,2026-05-01T08:00Z,2026-05-01T08:00:00.999Z,0,s',
      'ended_at: "2026-05-01T08:00:00.999Z" is less than',
    ],
    ['dev-1,2026-05-01T08:00Z,2026-06-01T00:00:01Z,1,s', 'ended_at: "2026-06-01T00:00:01Z" is in the future'],
    [`${'x'.repeat(129)},2026-05-01T08:00Z,2026-05-01T09:00Z,1,s`, 'device_id: "xxx'],
    [
      'dev\u0007,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s',
      'device_id: "dev\\u0007" holds a control character',
    ],
    ['dev\ufffd,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s', 'device_id: "dev\ufffd" is not UTF-8'],
    [`dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,${'x'.repeat(257)}`, 'session_id: "xxx'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1', 'row: 4 cells and not the header’s 5'],
    ['dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s,extra', 'row: 6 cells and not the header’s 5'],
  ])('is reported with line, field, value and rule, and the others enter: %s', async (row, told) => {
    const { bad, sessions } = await badRowsOf(`${row}\n${GOOD}`)
    expect(bad).toHaveLength(1)
    expect(bad[0]).toContain(`2 ${told}`)
    expect(sessions.map(({ device_id }) => device_id)).toEqual(['dev-9'])
  })

  it.each([
    ['2026-05-01T07:59Z', '', 'charging_started_at: "2026-05-01T07:59:00.000Z" is not within the session'],
    ['2026-05-01T09:00Z', '', 'charging_started_at: "2026-05-01T09:00:00.000Z" is not within the session'],
    ['', '2026-05-01T08:00Z', 'charging_ended_at: "2026-05-01T08:00:00.000Z" is not within the session'],
    ['', '2026-05-01T09:00:01Z', 'charging_ended_at: "2026-05-01T09:00:01.000Z" is not within the session'],
    [
      '2026-05-01T08:30Z',
      '2026-05-01T08:30Z',
      'charging_ended_at: "2026-05-01T08:30:00.000Z" is not a second',
    ],
    [
      '2026-05-01T08:59:59.500Z',
      '',
      'charging_started_at: "2026-05-01T08:59:59.500Z" is not a second before',
    ],
  ])('charges outside its session: %s to %s', async (from, to, told) => {
    const world = createImportWorld()
    const { bad } = await world.importSessions(
      `id,from,to,c0,c1\ndev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,${from},${to}\n`,
      ['device_id=id,started_at=from,ended_at=to,charging_started_at=c0,charging_ended_at=c1'],
    )
    expect(bad.map(({ field, value, rule }) => `${field}: ${value} ${rule}`)).toEqual([
      expect.stringContaining(told),
    ])
  })

  it('is one of a device that is no charger', async () => {
    const world = createImportWorld()
    const payload = new TextEncoder().encode(
      '{"device_id":"t-1","timestamp":1777622400000,"cooling_call":true}',
    )
    await world.door.admit({ source: 'mqtt', topic: telemetryTopic('thermostat', 't-1'), payload })
    await world.process()
    const rows = `t-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s\n${GOOD}`
    const report = await world.importSessions(HEADER + rows, MAP)
    expect(report).toMatchObject({ good: 1, bad: [{ line: 2, field: 'device_id', rule: 'is a thermostat' }] })
  })
})

describe('a second import of the same file', () => {
  const ROWS =
    'dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n' +
    'dev-1,2026-05-01T09:00Z,2026-05-01T10:00Z,2,s-2\n' +
    'dev-2,2026-05-01T09:00Z,2026-05-01T10:00Z,2,s-3\n'

  it('adds nothing, at whatever time it takes place', async () => {
    const { world } = await imported(ROWS)
    const before = structuredClone(world.store.dump())
    world.wait(86_400_000)
    await world.importSessions(HEADER + ROWS, MAP)
    const batch = await world.process()
    expect(batch).toMatchObject({ records: 12, events: 0, decided: 0, duplicates: 12, late: 0 })
    const after = world.store.dump()
    expect(after.events).toEqual(before.events)
    expect(after.summaries).toEqual(before.summaries)
  })

  it('adds what the file has gained at its end', async () => {
    const { world } = await imported(ROWS)
    await world.importSessions(`${HEADER}${ROWS}dev-1,2026-05-01T10:00Z,2026-05-01T11:00Z,3,s-4\n`, MAP)
    expect(await world.process()).toMatchObject({ events: 4, duplicates: 12, late: 0 })
    expect((await world.sessions()).map(({ energy_kwh }) => energy_kwh).sort()).toEqual([1, 2, 2, 3])
  })

  it('completes a first one that was broken off', async () => {
    const world = createImportWorld()
    let left = 5
    const { admit } = world.ports
    world.ports.admit = (arriving) => (left-- > 0 ? admit(arriving) : Promise.reject(new Error('cut')))
    await expect(world.importSessions(HEADER + ROWS, MAP)).rejects.toThrow('cut')
    await world.process()
    world.ports.admit = admit
    await world.importSessions(HEADER + ROWS, MAP)
    await world.process()
    expect(await world.sessions()).toEqual((await imported(ROWS)).sessions)
  })
})

describe('an import into devices that are live', () => {
  it('leaves the estimates of their clocks alone', async () => {
    const world = createImportWorld()
    const now = { device_id: 'dev-1', timestamp: NOW - 1000, pilot_state: 'A' }
    const payload = new TextEncoder().encode(JSON.stringify(now))
    await world.importSessions(`${HEADER}dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n`, MAP)
    await world.door.admit({ source: 'mqtt', topic: telemetryTopic('evse', 'dev-1'), payload })
    await world.process()
    const state = JSON.parse((await world.store.device('dev-1'))?.state ?? '{}')
    expect(state.clock.recent_offsets_ms).toEqual([-1000])
  })

  it('has rows that came late: kept, marked and counted, not lost', async () => {
    const world = createImportWorld()
    const payload = new TextEncoder().encode(
      `{"device_id":"dev-1","timestamp":${NOW - 1000},"pilot_state":"A"}`,
    )
    await world.door.admit({ source: 'mqtt', topic: telemetryTopic('evse', 'dev-1'), payload })
    await world.process()
    await world.importSessions(`${HEADER}dev-1,2026-05-01T08:00Z,2026-05-01T09:00Z,1,s-1\n`, MAP)
    expect(await world.process()).toMatchObject({ events: 4, late: 4 })
  })
})

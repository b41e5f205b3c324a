import { describe, expect, it } from 'vitest'
import {
  newThermostatDevice,
  stepThermostat,
  type ThermostatConfig,
  type ThermostatInput,
  type WireLevels,
} from '../../firmware-model/thermostat-device.ts'
import { newWireDebounce, readWire } from '../../firmware-model/wire-debounce.ts'

const EPOCH = Date.UTC(2026, 0, 15)
const CONFIG: ThermostatConfig = {
  device_id: 'thermostat-1',
  location: 'house',
  spelling: 'flat',
  pins: { Y1: 'extinput0', Y2: 'extinput1', Y: 'extinput2' },
  debounce_ms: 50,
  announces_cycles: false,
}

const boot: ThermostatInput = { op: 'boot', random_seed: 7 }
const sync: ThermostatInput = { op: 'sync', epoch_ms: EPOCH, uptime_ms: 0 }

/** The wires at a second, read twice, so that what they show has stood. */
function wires(second: number, levels: WireLevels): ThermostatInput[] {
  return [0, 50].map((ms) => ({ op: 'wires', uptime_ms: second * 1000 + ms, levels }))
}

function sentBy(config: Partial<ThermostatConfig>, ...inputs: ThermostatInput[]): Record<string, unknown>[] {
  let device = newThermostatDevice({ ...CONFIG, ...config })
  const payloads: string[] = []
  for (const input of [boot, ...inputs]) {
    const stepped = stepThermostat(device, input)
    device = stepped.device
    payloads.push(...stepped.sent.map(({ payload }) => payload))
  }
  return payloads.map((payload) => JSON.parse(payload))
}

const off: WireLevels = { Y1: 0, Y2: 0, Y: 0 }

describe('a wire', () => {
  it('counts when it has been seen twice, the debounce time apart', () => {
    let { wire } = readWire(newWireDebounce(50), 0, 0)
    const seen = [1, 1, 1, 1].map((level, i) => {
      const read = readWire(wire, level, 100 + i * 25)
      wire = read.wire
      return read.edge
    })
    expect(seen).toEqual([null, null, 'rising', null])
  })

  it('a level that cannot be read changes nothing', () => {
    const { wire } = readWire(newWireDebounce(50), 0, 0)
    expect(readWire(wire, -1, 100)).toEqual({ wire, edge: null })
  })

  it('the first level is believed and is no edge', () => {
    expect(readWire(newWireDebounce(50), 1, 0)).toMatchObject({ wire: { level: 1 }, edge: null })
  })
})

describe('a thermostat that speaks flatly', () => {
  it('says a call on and off, and which mode', () => {
    const sent = sentBy({}, sync, ...wires(0, off), ...wires(10, { ...off, Y: 1 }), ...wires(610, off))
    expect(sent).toMatchObject([
      { event_type: 'state_change', cooling_call: true, heating_call: false, timestamp: EPOCH + 10_050 },
      { event_type: 'state_change', cooling_call: false, heating_call: false, timestamp: EPOCH + 610_050 },
    ])
  })

  it('Y1 and Y2 are the two stages of one heating call', () => {
    const sent = sentBy(
      { announces_cycles: true },
      sync,
      ...wires(0, off),
      ...wires(10, { ...off, Y1: 1 }),
      ...wires(300, { ...off, Y1: 1, Y2: 1 }),
      ...wires(600, { ...off, Y1: 1 }),
      ...wires(900, off),
    )
    expect(sent.map((one) => [one.event_type, one.heating_call, one.stage])).toEqual([
      ['cycle_start', true, 1],
      ['state_change', true, 2],
      ['state_change', true, 1],
      ['cycle_end', false, undefined],
    ])
  })

  it('Y2 without Y1 is a heating call as well, of the second stage', () => {
    const sent = sentBy({}, sync, ...wires(0, off), ...wires(10, { ...off, Y2: 1 }))
    expect(sent).toMatchObject([{ heating_call: true, cooling_call: false, stage: 2 }])
  })

  it('a cycle that it announces has one id of its own, and the next one another', () => {
    const once = [...wires(10, { ...off, Y: 1 }), ...wires(20, off)]
    const again = [...wires(30, { ...off, Y: 1 }), ...wires(40, off)]
    const ids = sentBy({ announces_cycles: true }, ...wires(0, off), ...once, ...again).map(
      (one) => one.cycle_id,
    )
    expect(ids[0]).toBe(ids[1])
    expect(ids[2]).toBe(ids[3])
    expect(ids[2]).not.toBe(ids[0])
  })

  it('says after boot that a wire already calls, and nothing when none does', () => {
    expect(sentBy({}, ...wires(0, { ...off, Y: 1 }))).toMatchObject([{ cooling_call: true }])
    expect(sentBy({}, ...wires(0, off))).toEqual([])
  })

  it('a wire that chatters says nothing', () => {
    const chatter = [0, 20, 40, 60, 80].map(
      (ms): ThermostatInput => ({
        op: 'wires',
        uptime_ms: 10_000 + ms,
        levels: { Y: ((ms / 20) % 2) as 0 | 1 },
      }),
    )
    expect(sentBy({}, ...wires(0, off), ...chatter)).toEqual([])
  })

  it('counts time from boot until it is told the time', () => {
    expect(sentBy({}, ...wires(0, off), ...wires(10, { ...off, Y: 1 }))).toMatchObject([
      { timestamp: 10_050 },
    ])
  })
})

describe('a thermostat that speaks in pins', () => {
  const cooling = [...wires(0, off), ...wires(10, { ...off, Y: 1 }), ...wires(20, off)]

  it('nested: pin, level and edge, and its uptime is the timestamp once more', () => {
    expect(sentBy({ spelling: 'nested' }, sync, ...cooling).map(({ data }) => data)).toEqual([
      { gpio: { pin: 'extinput2', state: 1, edge: 'rising', uptime_ms: EPOCH + 10_050 } },
      { gpio: { pin: 'extinput2', state: 0, edge: 'falling', uptime_ms: EPOCH + 20_050 } },
    ])
  })

  it('generic: nothing that says who it is', () => {
    const [first] = sentBy({ spelling: 'gpio' }, ...cooling)
    expect(first).toEqual({
      source: 'gpio',
      pin: 'extinput2',
      state: 1,
      edge: 'rising',
      uptime_ms: 10_050,
      run_id: 'fleet',
    })
  })

  it('the first level after boot is no edge, and is not sent', () => {
    expect(sentBy({ spelling: 'gpio' }, ...wires(0, { ...off, Y: 1 }))).toEqual([])
  })

  it('a wire that is not connected is not heard', () => {
    expect(
      sentBy(
        { spelling: 'gpio', pins: { Y: 'extinput0' } },
        ...wires(0, off),
        ...wires(5, { ...off, Y1: 1 }),
      ),
    ).toEqual([])
  })
})

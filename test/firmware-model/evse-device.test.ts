import { describe, expect, it } from 'vitest'
import { type EvseConfig, evseConfig } from '../../firmware-model/evse-config.ts'
import { type EvseDevice, type EvseInput, newEvseDevice, step } from '../../firmware-model/evse-device.ts'
import type { EvseMessage } from '../../firmware-model/evse-payload.ts'
import type { QuirkChoice } from '../../firmware-model/quirks.ts'

const MV = { A: 12_000, B: 9_000, C: 6_000, D: 3_000, E: 0, F: -12_000 } as const
const EPOCH = Date.UTC(2026, 10, 2, 12)

type Poll = [second: number, pilot: keyof typeof MV, amps?: number]

/** A charger's life as a list: polls, and other inputs as they are. Returns what it sent. */
function live(
  config: Partial<Omit<EvseConfig, 'quirks'>> & { quirks?: QuirkChoice },
  ...happenings: (Poll | EvseInput)[]
): { device: EvseDevice; sent: EvseMessage[]; payloads: string[] } {
  let device = newEvseDevice(evseConfig(config))
  const sent: EvseMessage[] = []
  const payloads: string[] = []
  for (const happening of happenings) {
    const stepped = step(device, Array.isArray(happening) ? poll(happening) : happening)
    device = stepped.device
    for (const output of stepped.outputs)
      if (output.kind === 'sent') {
        sent.push(output.message)
        payloads.push(output.payload)
      }
  }
  return { device, sent, payloads }
}

function poll([second, pilot, amps = 0]: Poll): EvseInput {
  const plugged = pilot === 'A' || pilot === 'F' ? 0 : 1
  return {
    op: 'sample',
    uptime_ms: second * 1000,
    pilot_adc_mv: MV[pilot],
    current_adc_mv: amps * 1000,
    proximity: plugged,
  }
}

const boot: EvseInput = { op: 'boot', random_seed: 7, proximity: 0 }
const sync = (second: number, epoch_ms = EPOCH + second * 1000): EvseInput => ({
  op: 'sync',
  epoch_ms,
  uptime_ms: second * 1000,
})
const types = (sent: EvseMessage[]) => sent.map(({ event_type }) => event_type)

const SESSION: Poll[] = [
  [2, 'A'],
  [4, 'B'],
  [6, 'C', 16],
  [3606, 'C', 16],
  [3608, 'B'],
  [3610, 'A'],
]

describe('a charger as it should be', () => {
  const quirks = 'none'

  it('announces start and end with one id, and a register that counts from 0', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3700, 'B'], [3702, 'A'])
    expect(types(sent)).toEqual([
      'state_change',
      'session_start',
      'state_change',
      'state_change',
      'session_end',
      'session_start',
      'session_end',
    ])
    const [, start, , , end, second] = sent
    expect(start?.session_id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(end?.session_id).toBe(start?.session_id)
    expect(second?.session_id).not.toBe(start?.session_id)
    expect([start?.energy_delivered_kwh, second?.energy_delivered_kwh]).toEqual([0, 0])
    expect(end?.energy_delivered_kwh).toBeCloseTo(3.84 * (3602 / 3600), 9)
  })

  it('sends no id between two sessions', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3612, 'F'])
    expect(sent.at(-1)).toMatchObject({ event_type: 'state_change', pilot_state: 'F', session_id: '' })
  })

  it('A → C opens a session as much as A → B, with a register of its own', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3700, 'C'], [4700, 'C', 16], [4702, 'A'])
    expect(types(sent).slice(-2)).toEqual(['session_start', 'session_end'])
    expect(sent.at(-1)?.energy_delivered_kwh).toBeCloseTo(3.84 * (1000 / 3600), 9)
  })

  it('a car that is found at boot opens a session', () => {
    expect(types(live({ quirks }, boot, [2, 'B']).sent)).toEqual(['session_start'])
  })

  it('a fault that stays ends the session, and says so while it stays', () => {
    const { sent } = live({ quirks }, boot, [2, 'A'], [4, 'B'], [6, 'E'], [8, 'E'], [1200, 'E'], [1202, 'A'])
    expect(types(sent)).toEqual([
      'state_change',
      'session_start',
      'state_change',
      'session_end',
      'state_change',
    ])
    expect(sent[3]).toMatchObject({ pilot_state: 'E', session_id: sent[1]?.session_id })
  })

  it('a fault that clears ends nothing', () => {
    const { sent } = live({ quirks }, boot, [2, 'A'], [4, 'B'], [6, 'E'], [60, 'E'], [62, 'B'], [64, 'A'])
    expect(types(sent).filter((type) => type !== 'state_change')).toEqual(['session_start', 'session_end'])
  })

  it('a time sync does not touch the register', () => {
    const { sent } = live(
      { quirks },
      boot,
      [2, 'A'],
      [4, 'B'],
      [6, 'C', 16],
      sync(7),
      [8, 'C', 16],
      [10, 'B'],
    )
    expect(sent.at(-1)?.energy_delivered_kwh).toBeCloseTo((3.84 * 4) / 3600, 9)
  })

  it('a power cut in the middle keeps the session, its id and its register', () => {
    const { sent } = live(
      { quirks },
      boot,
      [2, 'A'],
      [4, 'B'],
      [6, 'C', 16],
      [3606, 'C', 16],
      boot,
      [2, 'C', 16],
      [4, 'A'],
    )
    expect(types(sent)).toEqual([
      'state_change',
      'session_start',
      'state_change',
      'state_change',
      'session_end',
    ])
    expect(new Set(sent.slice(1).map(({ session_id }) => session_id)).size).toBe(1)
    expect(sent.at(-1)?.energy_delivered_kwh).toBeGreaterThan(3.84)
  })

  it('says uptime beside an epoch timestamp, and not beside uptime', () => {
    const { payloads } = live({ quirks }, boot, [2, 'A'], sync(3), [4, 'B'])
    expect(payloads.map((payload) => JSON.parse(payload))).toMatchObject([
      { timestamp: 2000 },
      { timestamp: EPOCH + 4000, uptime_ms: 4000 },
    ])
    expect(JSON.parse(payloads[0] ?? '{}')).not.toHaveProperty('uptime_ms')
  })

  it('a clock that is set back goes back, and marks the next message only', () => {
    const { sent } = live({ quirks }, boot, sync(1), [2, 'A'], sync(3, EPOCH - 60_000), [4, 'B'], [6, 'A'])
    expect(sent.map(({ timestamp_ms, time_anomaly }) => [timestamp_ms - EPOCH, time_anomaly])).toEqual([
      [2000, false],
      [-59_000, true],
      [-57_000, false],
    ])
  })

  it('shows no duty in a state without an oscillator', () => {
    const edges: EvseInput[] = [
      { op: 'edge', level: 1, at_us: 1000 },
      { op: 'edge', level: 0, at_us: 1400 },
      { op: 'edge', level: 1, at_us: 2000 },
    ]
    const { sent } = live({ quirks }, boot, ...edges, [2, 'B'], [4, 'A'])
    expect(sent.map(({ pwm_duty_cycle }) => pwm_duty_cycle)).toEqual([40, 0])
  })
})

describe('the same life in the reference firmware', () => {
  const quirks = 'reference'

  it('the first start carries no id, the next ones do, and the finished id keeps being sent', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3612, 'F'], [3614, 'A'], [3616, 'B'])
    const ids = sent.map(({ session_id }) => session_id)
    expect(ids.slice(0, 2)).toEqual(['', ''])
    expect(new Set(ids.slice(2, 7)).size).toBe(1)
    expect(ids[2]).not.toBe('')
    expect(ids[7]).not.toBe(ids[6])
  })

  it('a start shows the register of the session before', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3700, 'B'], [3702, 'C'])
    expect(sent.at(-2)?.event_type).toBe('session_start')
    expect(sent.at(-2)?.energy_delivered_kwh).toBeGreaterThan(3.8)
    expect(sent.at(-1)?.energy_delivered_kwh).toBe(0)
  })

  it('A → C is no start, and the register goes on', () => {
    const { sent } = live({ quirks }, boot, ...SESSION, [3700, 'C'], [3702, 'A'])
    expect(types(sent).slice(-2)).toEqual(['state_change', 'state_change'])
    expect(sent.at(-1)?.energy_delivered_kwh).toBeGreaterThan(3.8)
  })

  it('a time sync while charging bills half a century', () => {
    const { sent } = live(
      { quirks },
      boot,
      [2, 'A'],
      [4, 'B'],
      [6, 'C', 16],
      sync(7),
      [8, 'C', 16],
      [10, 'B'],
    )
    expect(sent.at(-1)?.energy_delivered_kwh).toBeGreaterThan(1e6)
  })

  it('a power cut forgets the session: its end is never said', () => {
    const { sent } = live({ quirks }, boot, [2, 'A'], [4, 'B'], [6, 'C', 16], boot, [2, 'C', 16], [4, 'A'])
    expect(types(sent).filter((type) => type === 'session_end')).toEqual([])
  })

  it('its own event ids begin again with each boot', () => {
    const { sent } = live({ quirks, event_ids: 'firmware' }, boot, [2, 'A'], [4, 'B'], boot, [2, 'B'])
    expect(sent.map(({ event_id }) => event_id.slice(8))).toEqual(['00000001', '00000002', '00000001'])
  })
})

describe('what a quirk decides is what is said, never what state the session is in', () => {
  it('with and without quirks the chart goes through the same states', () => {
    const [reference, correct] = (['reference', 'none'] as const).map((quirks) =>
      live({ quirks }, boot, ...SESSION, [3700, 'C'], [3800, 'E'], [3810, 'C', 16], [3900, 'A']),
    )
    expect(reference?.device.session).toEqual(correct?.device.session)
  })
})

describe('reports between changes', () => {
  const config = { quirks: 'none', telemetry_interval_ms: 60_000, telemetry_change_a: 2 } as const

  it('come every interval while the car charges, with power and voltage', () => {
    const { sent } = live(
      config,
      boot,
      [2, 'A'],
      [4, 'B'],
      [6, 'C'],
      [8, 'C', 16],
      [67, 'C', 16],
      [68, 'C', 16],
    )
    expect(types(sent)).toEqual(['state_change', 'session_start', 'state_change', 'telemetry', 'telemetry'])
    expect(sent.at(-1)).toMatchObject({ power_kw: 3.84, voltage_v: 240, current_draw: 16 })
  })

  it('come at once when the current changes by two amperes, and not for one', () => {
    const { sent } = live(config, boot, [2, 'B'], [4, 'C', 16], [6, 'C', 15], [8, 'C', 13.5])
    expect(types(sent)).toEqual(['session_start', 'state_change', 'telemetry'])
  })

  it('stay away while nobody is plugged in', () => {
    expect(live(config, boot, [2, 'A'], [9000, 'A']).sent).toHaveLength(1)
  })
})

describe("OpenEVSE's debounce", () => {
  const config = { quirks: 'none', pilot_debounce: 'openevse' } as const
  const at = (ms: number, pilot: keyof typeof MV): EvseInput =>
    ({ ...poll([0, pilot]), uptime_ms: ms }) as EvseInput

  it('a state counts when it has stood for 250 ms, A for 25 ms', () => {
    const { sent } = live(
      config,
      boot,
      at(0, 'A'),
      at(25, 'A'),
      at(1000, 'B'),
      at(1249, 'B'),
      at(1250, 'B'),
      at(2000, 'A'),
      at(2024, 'A'),
      at(2025, 'A'),
    )
    expect(
      sent
        .filter(({ event_type }) => event_type !== 'state_change')
        .map((m) => [m.event_type, m.timestamp_ms]),
    ).toEqual([
      ['session_start', 1250],
      ['session_end', 2025],
    ])
  })

  it('a shorter one never was', () => {
    const { device } = live(
      config,
      boot,
      at(0, 'A'),
      at(25, 'A'),
      at(1000, 'C'),
      at(1100, 'A'),
      at(1200, 'C'),
      at(1300, 'A'),
    )
    expect(device.pilot).toBe('A')
  })

  it('before the first state has stood, nothing is said', () => {
    expect(live(config, boot, at(0, 'B'), at(100, 'B')).sent).toEqual([])
  })
})

describe('a missing diode', () => {
  const edges: EvseInput[] = [
    { op: 'edge', level: 1, at_us: 1000 },
    { op: 'edge', level: 0, at_us: 1400 },
    { op: 'edge', level: 1, at_us: 2000 },
  ]
  const low = (mv: number): EvseInput => ({ ...poll([4, 'C']), pilot_low_adc_mv: mv }) as EvseInput

  it('is a fault, where the board measures the low half-wave', () => {
    expect(live({}, boot, ...edges, low(-6_000)).device.pilot).toBe('E')
    expect(live({}, boot, ...edges, low(-12_000)).device.pilot).toBe('C')
  })

  it('is not looked for while the oscillator stands still', () => {
    expect(live({}, boot, low(6_000)).device.pilot).toBe('C')
  })
})

/** A real DC charge recorded at 10 Hz, 954 real sessions, and what real firmware sends: what was measured must come out. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openMeter, readMeter, type SessionMeter, totals } from '../../energy/session-energy.ts'
import { realData } from '../real-data.ts'

const charge = realData('charge-10hz-charger.csv.gz')
const sessions = realData('acn-caltech-2019-03-sessions.csv')
const traces = realData('firmware-traces.ndjson.gz')

describe.skipIf(!charge)('one DC charge at 10 Hz', () => {
  /** Columns: datetime, voltage, current, soc, power (garbage in the source), charged_energy in Wh, …, timestamp in s. */
  function readings() {
    const [, ...rows] = gunzipSync(readFileSync(charge as string))
      .toString()
      .trim()
      .split('\n')
    return rows.map((row) => {
      const cells = row.split(',').map(Number)
      const cell = (i: number) => cells[i] as number
      return {
        at: Math.round(cell(7) * 1000),
        voltage_v: cell(1),
        current_a: cell(2),
        register_kwh: cell(5) / 1000,
      }
    })
  }

  test.each([
    ['unrated', {}],
    ['rated', { rated_power_kw: 50, rated_voltage_v: 400 }],
  ])('register 5,443.62 Wh, integral 5,446.72 Wh, confidence high (%s)', (_, limits) => {
    let meter: SessionMeter | null = null
    let count = 0
    for (const reading of readings()) {
      const opening = { announced: false, before: null }
      meter = meter ? readMeter(meter, reading, limits) : openMeter(reading, opening, limits)
      count++
    }
    const found = totals(meter as SessionMeter, limits)
    expect(count).toBe(12_219)
    expect((found.energy_kwh as number) * 1000).toBeCloseTo(5443.62, 2)
    expect((found.energy_integral_kwh as number) * 1000).toBeCloseTo(5446.72, 2)
    expect(found).toMatchObject({ energy_confidence: 'high', longest_gap_s: 0.1, peak_power_kw: 18.74681 })
  })
})

describe.skipIf(!sessions)('954 sessions of a real site', () => {
  type Session = { station: string; from: number; to: number; kwh: number }

  function list(): Session[] {
    const [, ...rows] = readFileSync(sessions as string, 'utf8')
      .trim()
      .split('\n')
    return rows.map((row) => {
      const [, station, from, to, kwh] = row.trim().split(',') as [string, string, string, string, string]
      return { station, from: Date.parse(from), to: Date.parse(to), kwh: Number(kwh) }
    })
  }

  /** What each session reads at plug-in, while charging, at its end and when unplugged. */
  const registers: [string, (lifetime: number, previous: number, kwh: number) => number[], boolean][] = [
    ['that begins at 0 and shows 0 when unplugged', (_, __, kwh) => [0, kwh / 2, kwh, 0], false],
    [
      'that still shows the session before when it is announced',
      (_, last, kwh) => [last, kwh / 2, kwh, kwh],
      true,
    ],
    ['that still shows the session before when it is not', (_, last, kwh) => [last, 0, kwh, kwh], false],
    ['for life', (total, _, kwh) => [total, total + kwh / 2, total + kwh, total + kwh], false],
    ['for life, announced', (total, _, kwh) => [total, total + kwh / 2, total + kwh, total + kwh], true],
  ]

  test.each(registers)(
    'each one has its own energy, exact to the last decimal, from a register %s',
    (_, shown, announced) => {
      const lifetime = new Map<string, number>()
      const previous = new Map<string, number>()
      let sum = 0
      for (const { station, from, to, kwh } of list()) {
        const total = lifetime.get(station) ?? 5000
        const values = shown(total, previous.get(station) ?? 0, kwh)
        const times = [from, from + (to - from) / 2, to - 1000, to]
        const readings = values.map((register_kwh, i) => ({ at: times[i] as number, register_kwh }))
        const [opening, ...rest] = readings
        const before = previous.has(station)
          ? { kwh: previous.get(station) as number, at: from - 300_000 }
          : null
        let meter = openMeter(opening as (typeof readings)[number], { announced, before }, {})
        for (const reading of rest) meter = readMeter(meter, reading, {})
        const { energy_kwh, energy_confidence } = totals(meter, {})
        expect(energy_confidence).toBe('register')
        // Some sessions of the file have 16 digits, which a register of thousands of kWh cannot hold.
        if (values[0] === total) expect(energy_kwh).toBeCloseTo(kwh, 9)
        else expect(energy_kwh).toBe(kwh)
        lifetime.set(station, total + kwh)
        previous.set(station, values.at(-1) as number)
        sum += kwh
      }
      expect(sum).toBeCloseTo(8900.522, 3)
    },
  )
})

describe.skipIf(!traces)('the reference firmware, step by step', () => {
  type Message = {
    timestamp: number
    event_type: string
    data: { evse: { energy_delivered_kwh: number; current_draw: number } }
  }
  type Trace = {
    kind: string
    config: { nominal_voltage_v: number }
    steps: { in: { op: string }; out?: { send?: boolean; payload: string } }[]
  }

  function list(): Trace[] {
    const lines = gunzipSync(readFileSync(traces as string))
      .toString()
      .trim()
      .split('\n')
    return lines.map((line) => JSON.parse(line) as Trace).filter(({ kind }) => kind === 'evse')
  }

  /** What a trace sends; null where a boot or a time sync changes what its timestamps mean. */
  function sent(trace: Trace): (Message | null)[] {
    return trace.steps.flatMap((step) => {
      if (step.in.op === 'boot' || step.in.op === 'sync') return [null]
      return step.out?.send ? [JSON.parse(step.out.payload) as Message] : []
    })
  }

  /** Energy of each session that is announced and ended within one time base, beside its last register. */
  function energiesOf(trace: Trace): [number | null, number][] {
    const limits = { rated_voltage_v: trace.config.nominal_voltage_v }
    const found: [number | null, number][] = []
    let meter: SessionMeter | null = null
    for (const message of sent(trace)) {
      if (!message) {
        meter = null
        continue
      }
      const { energy_delivered_kwh: register_kwh, current_draw: current_a } = message.data.evse
      const reading = { at: message.timestamp, register_kwh, current_a }
      if (message.event_type === 'session_start')
        meter = openMeter(reading, { announced: true, before: null }, limits)
      else if (meter) meter = readMeter(meter, reading, limits)
      if (message.event_type !== 'session_end' || !meter) continue
      found.push([totals(meter, limits).energy_kwh, register_kwh])
      meter = null
    }
    return found
  }

  test('a session that it announces and ends has the energy of its last message', () => {
    const found = list().flatMap(energiesOf)
    expect(found).toHaveLength(27)
    for (const [energy_kwh, register_kwh] of found) expect(energy_kwh).toBe(register_kwh)
  })
})

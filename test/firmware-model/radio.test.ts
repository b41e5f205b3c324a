import { describe, expect, it } from 'vitest'
import type { FleetEvent } from '../../firmware-model/fleet-event.ts'
import { DAY_MS } from '../../firmware-model/habits.ts'
import {
  FAULT_LEVELS,
  NO_FAULTS,
  newRadio,
  type RadioFaults,
  strikes,
  transmit,
} from '../../firmware-model/radio.ts'
import { FIRMWARE_BUFFER_BYTES, misfits, shareOfMonth } from '../../firmware-model/sidewalk.ts'

const START = Date.UTC(2026, 10, 2)
const EVENTS: FleetEvent[] = Array.from({ length: 2_000 }, (_, i) => ({
  at: START + i * 40_000,
  device_id: `evse-${i % 4}`,
  device_type: 'evse',
  topic: 't',
  payload: `message ${i}`,
}))

function sentOver(faults: Partial<RadioFaults>, seed = 1) {
  return transmit(newRadio(seed, { ...NO_FAULTS, ...faults }), EVENTS, Number.POSITIVE_INFINITY)
}

/** How often a message arrived after one of the same device that was sent later. */
function overtaken(deliveries: { device_id: string; at: number }[]): number {
  const newest = new Map<string, number>()
  let count = 0
  for (const { device_id, at } of deliveries) {
    if (at < (newest.get(device_id) ?? 0)) count++
    newest.set(device_id, Math.max(at, newest.get(device_id) ?? 0))
  }
  return count
}

describe('the radio', () => {
  it('without faults delivers every message once, in order, within half a second', () => {
    const deliveries = sentOver({})
    expect(deliveries.map(({ payload }) => payload).toSorted()).toEqual(
      EVENTS.map(({ payload }) => payload).toSorted(),
    )
    expect(overtaken(deliveries)).toBe(0)
    expect(Math.max(...deliveries.map(({ at, received_at }) => received_at - at))).toBeLessThan(500)
  })

  it('is the same from the same seed, and another from another', () => {
    expect(sentOver(FAULT_LEVELS.harsh)).toEqual(sentOver(FAULT_LEVELS.harsh))
    expect(sentOver(FAULT_LEVELS.harsh, 2)).not.toEqual(sentOver(FAULT_LEVELS.harsh))
  })

  it('loses the share it is told, and those are gone', () => {
    const lost = EVENTS.length - sentOver({ loss: 0.1 }).length
    expect(lost).toBeGreaterThan(150)
    expect(lost).toBeLessThan(250)
  })

  it('copies are the same bytes, later', () => {
    const deliveries = sentOver({ duplicates: 0.1 })
    const seen = Map.groupBy(deliveries, ({ payload }) => payload)
    const copied = [...seen.values()].filter((all) => all.length === 2)
    expect(copied.length).toBeGreaterThan(150)
    for (const [first, second] of copied) expect(second?.received_at).toBeGreaterThan(first?.received_at ?? 0)
    expect(seen.size).toBe(EVENTS.length)
  })

  it('delays let others overtake, unless order is kept', () => {
    const delays = { delays: 0.1, delay_ms: 600_000 }
    expect(overtaken(sentOver({ ...delays, keeps_order: false }))).toBeGreaterThan(50)
    expect(overtaken(sentOver({ ...delays, keeps_order: true }))).toBe(0)
  })

  it('an outage holds everything back until it is over, and then all comes at once', () => {
    const deliveries = sentOver({ outages_a_day: 2, outage_ms: 6 * 3_600_000 })
    expect(deliveries).toHaveLength(EVENTS.length)
    expect(overtaken(deliveries)).toBe(0)
    const waited = deliveries.filter(({ at, received_at }) => received_at - at > 3_600_000)
    expect(waited.length).toBeGreaterThan(20)
  })

  it('one fault’s rate changes nothing of another’s', () => {
    const lost = (faults: Partial<RadioFaults>) => {
      const arrived = new Set(sentOver({ loss: 0.05, ...faults }).map(({ payload }) => payload))
      return EVENTS.filter(({ payload }) => !arrived.has(payload))
    }
    expect(lost({ duplicates: 0.5, delays: 0.5, delay_ms: 1_000 })).toEqual(lost({}))
  })

  it('strikes as often as its rate says, the same in any slices', () => {
    const year = strikes(1, 'evse-1', 'reboot', 2.5, START, START + 365 * DAY_MS)
    expect(year.length / 365).toBeGreaterThan(2.3)
    expect(year.length / 365).toBeLessThan(2.7)
    const middle = START + 100 * DAY_MS + 1_234_567
    const halves = [
      ...strikes(1, 'evse-1', 'reboot', 2.5, START, middle),
      ...strikes(1, 'evse-1', 'reboot', 2.5, middle, START + 365 * DAY_MS),
    ]
    expect(halves).toEqual(year)
  })
})

describe('what fits through Sidewalk', () => {
  const of = (bytes: number): FleetEvent => ({ ...(EVENTS[0] as FleetEvent), payload: 'x'.repeat(bytes) })

  it('names what a link does not take', () => {
    expect(misfits([of(19), of(20), of(201)], ['css', 'fsk'])).toMatchObject([
      { bytes: 20, links: ['css'], lost_in_firmware: false },
      { bytes: 201, links: ['css', 'fsk'] },
    ])
  })

  it('names what the firmware cannot even print', () => {
    expect(misfits([of(FIRMWARE_BUFFER_BYTES - 1), of(FIRMWARE_BUFFER_BYTES)], [])).toMatchObject([
      { bytes: FIRMWARE_BUFFER_BYTES, lost_in_firmware: true },
    ])
  })

  it('counts bytes, not characters', () => {
    expect(misfits([{ ...of(1), payload: 'ü'.repeat(10) }], ['css'])).toMatchObject([{ bytes: 20 }])
  })

  it('says how much of the month’s allowance a day like this would use', () => {
    expect(shareOfMonth([of(500_000)], DAY_MS)).toBeCloseTo(0.03, 9)
  })
})

import { describe, expect, it } from 'vitest'
import { evseConfig } from '../../firmware-model/evse-config.ts'
import type { SessionTruth } from '../../firmware-model/fleet-event.ts'
import { QUIRK_NAMES, type QuirkChoice, type QuirkName } from '../../firmware-model/quirks.ts'
import { parseScenario, runScenario } from '../../firmware-model/scenario.ts'
import { throughTheHome } from './through-the-home.ts'

const START = Date.UTC(2026, 10, 2, 12)
const AIR_MS = 200

type Charger = { script: string; quirks: QuirkChoice; knows_time?: boolean; reports?: boolean }

/** A charger's day, as it was and as the cloud tells it. */
type Day = {
  truth: SessionTruth[]
  told: {
    started_at: number
    ended_at: number
    energy_kwh: number
    confidence: unknown
    device_session_id: unknown
  }[]
}

/** The days of several chargers, in one home. */
async function days(chargers: Record<string, Charger>): Promise<Record<string, Day>> {
  const ran = Object.entries(chargers).map(([device_id, { script, quirks, reports, knows_time = true }]) => {
    const telemetry_interval_ms = reports ? 60_000 : null
    const config = evseConfig({ device_id, quirks, telemetry_interval_ms, event_ids: 'firmware' })
    return { device_id, ...runScenario(config, parseScenario(script), { start_at: START, knows_time }) }
  })
  const events = ran.flatMap((one) => one.events).toSorted((a, b) => a.at - b.at)
  const home = await throughTheHome(events.map((event) => ({ ...event, received_at: event.at + AIR_MS })))
  expect(home.quarantined).toBe(0)
  const sessions = (await home.list('session')).map((session) => ({
    device_id: session.device_id,
    started_at: Number(session.started_at),
    ended_at: Number(session.ended_at),
    energy_kwh: Number(session.energy_kwh),
    confidence: session.energy_confidence,
    device_session_id: session.device_session_id,
  }))
  return Object.fromEntries(
    ran.map(({ device_id, truth }) => [
      device_id,
      { truth, told: sessions.filter((session) => session.device_id === device_id) },
    ]),
  )
}

async function day(
  script: string,
  quirks: QuirkChoice,
  of: { knows_time?: boolean; reports?: boolean } = {},
) {
  return (await days({ 'evse-1': { script, quirks, ...of } }))['evse-1'] as Day
}

const only = (...names: QuirkName[]): QuirkChoice => Object.fromEntries(names.map((name) => [name, true]))

/** Two sessions that begin with B and one, in the middle, that begins with C. */
const THREE = 'plug; charge 30m; pause 10s; pull; wait 1m; charge 20m; pull; wait 1m; plug; charge 10m; pull'

describe('sessions of a charger with one quirk are told as they were', () => {
  const choices: [string, QuirkChoice][] = [
    ...QUIRK_NAMES.map((name): [string, QuirkChoice] => [name, only(name)]),
    ['none of them', 'none'],
    ['all of them', 'reference'],
  ]
  const told = days(Object.fromEntries(choices.map(([name, quirks]) => [name, { script: THREE, quirks }])))

  it.each(choices)('%s', async (name) => {
    const { truth, told: sessions } = (await told)[name] as Day
    expect(sessions.map(({ started_at, ended_at }) => [started_at, ended_at])).toEqual(
      truth.map(({ started_at, ended_at }) => [started_at, ended_at]),
    )
    // What flowed before the first message of a session has no reading before it: two seconds at 16 A.
    for (const [i, { energy_kwh }] of sessions.entries())
      expect(Math.abs(energy_kwh - (truth[i]?.energy_kwh ?? 0))).toBeLessThan(0.0023)
  })
})

describe('what a quirk does where it bites', () => {
  it('keeps_sending_finished_id: the id of a finished session names no other one', async () => {
    const { told } = await day('plug; charge 10m; pull; wait 1m; charge 10m; pull', 'reference')
    expect(told).toHaveLength(2)
    expect(told[0]?.device_session_id).not.toBe(told[1]?.device_session_id)
    expect(told[1]?.device_session_id).toBeNull()
  })

  it('empty_first_session_id: the first session gets its id from a later message', async () => {
    const { told } = await day('plug; charge 10m; pull', only('empty_first_session_id'))
    expect(told[0]?.device_session_id).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('stale_register_at_start: a shorter session after a longer one is not hidden by the register of the longer', async () => {
    const { told, truth } = await day(
      'plug; charge 60m; pull; plug; charge 90m; pull',
      only('stale_register_at_start'),
    )
    expect(told[1]?.energy_kwh).toBeCloseTo(truth[1]?.energy_kwh ?? 0, 3)
  })

  it('energy_jumps_at_sync: half a century of charging is not energy, and the session says so', async () => {
    const script = 'plug; charge 10m; sync; charge 10m; pause 1m; pull'
    const { told } = await day(script, 'reference', { knows_time: false })
    const energy_kwh = told.reduce((sum, session) => sum + session.energy_kwh, 0)
    expect(energy_kwh).toBeLessThan(2)
    expect(told.map(({ confidence }) => confidence)).toContain('disputed')
    const clean = await day(script, 'none', { knows_time: false })
    expect(clean.told.map(({ confidence }) => confidence)).not.toContain('disputed')
  })

  describe('forgets_session_at_boot', () => {
    const script = 'plug; charge 30m; reboot; charge 30m; pull'
    // What flowed between the last report and the cut is told to nobody.
    const unreported_kwh = 3.84 / 60 + 0.0001

    it('with a charger that says nothing of it, the session goes on over the cut, and no energy is counted twice', async () => {
      const { told, truth } = await day(script, only('forgets_session_at_boot', 'announces_on_a_to_b_only'), {
        reports: true,
      })
      expect(told.map(({ started_at, ended_at }) => [started_at, ended_at])).toEqual([
        [truth[0]?.started_at, truth[0]?.ended_at],
      ])
      expect(told[0]?.energy_kwh).toBeLessThanOrEqual(truth[0]?.energy_kwh ?? 0)
      expect(told[0]?.energy_kwh).toBeGreaterThan((truth[0]?.energy_kwh ?? 0) - unreported_kwh)
    })

    it('with one that announces the car it finds, it is two sessions, which share the energy', async () => {
      const { told, truth } = await day(script, only('forgets_session_at_boot'), { reports: true })
      expect(told).toHaveLength(2)
      const energy_kwh = told.reduce((sum, session) => sum + session.energy_kwh, 0)
      expect(energy_kwh).toBeLessThanOrEqual(truth[0]?.energy_kwh ?? 0)
      expect(energy_kwh).toBeGreaterThan((truth[0]?.energy_kwh ?? 0) - unreported_kwh)
    })
  })

  it('event_ids_restart_at_boot: a message with a known id is not taken for a copy', async () => {
    const twice = 'plug; charge 10m; pull; reboot; plug; charge 10m; pull'
    const { told, truth } = await day(twice, only('event_ids_restart_at_boot'))
    expect(told.map(({ started_at }) => started_at)).toEqual(truth.map(({ started_at }) => started_at))
  })

  it('announces_end_at_a_only: a fault that stays closes the session when it has stayed, not when the car leaves', async () => {
    const { told } = await day('plug; charge 10m; fault 40m; pull', only('announces_end_at_a_only'), {
      reports: true,
    })
    expect(told).toHaveLength(1)
    expect(told[0]?.ended_at).toBeLessThan(START + 40 * 60_000)
  })

  it.each(['none', 'reference'] as const)(
    '%s: a clock that is an hour ahead makes no session of the future',
    async (quirks) => {
      const { told, truth } = await day('sync +1h; plug; charge 10m; sync; charge 10m; pull', quirks)
      expect(told).toHaveLength(1)
      expect(Math.abs((told[0]?.ended_at ?? 0) - (truth[0]?.ended_at ?? 0))).toBeLessThan(10_000)
    },
  )
})

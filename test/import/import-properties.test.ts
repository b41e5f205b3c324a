import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createImportWorld } from './import-world.ts'

type Told = { device_id: string; started_at: number; ended_at: number; kwh: number | null; named: boolean }

const FIRST = Date.parse('2026-01-01T00:00:00Z')
/** What may always have flowed: below 80 A at 240 V. */
const SAFE_KW = 19

const life = fc.array(
  fc.record({
    gap_ms: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3 * 86_400_000 })),
    duration_ms: fc.oneof(
      fc.integer({ min: 1_000, max: 60_000 }),
      fc.integer({ min: 1_000, max: 9 * 86_400_000 }),
    ),
    /** Share of what may have flowed; null where the file does not say. */
    share: fc.option(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })), { freq: 6 }),
    named: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

/** Sessions of up to three devices that never overlap, and often touch. */
const told = fc.array(life, { minLength: 1, maxLength: 3 }).map((lives) =>
  lives.flatMap((sessions, device) => {
    let at = FIRST
    return sessions.map(({ gap_ms, duration_ms, share, named }): Told => {
      const started_at = at + gap_ms
      at = started_at + duration_ms
      const most_kwh = Math.min(500, (SAFE_KW * duration_ms) / 3_600_000)
      const kwh = share === null ? null : Math.floor(share * most_kwh * 1e6) / 1e6
      return { device_id: `dev-${device}`, started_at, ended_at: at, kwh, named }
    })
  }),
)

describe('any sessions that one charger can have had', () => {
  it('are found again, each with its times and energy, in whatever order the rows stand', async () => {
    await fc.assert(
      fc.asyncProperty(told, fc.infiniteStream(fc.nat()), async (sessions, shuffle) => {
        const shuffled = [...sessions]
        for (let i = shuffled.length - 1; i > 0; i--) {
          const j = (shuffle.next().value as number) % (i + 1)
          ;[shuffled[i], shuffled[j]] = [shuffled[j] as Told, shuffled[i] as Told]
        }
        const world = createImportWorld()
        const report = await world.importSessions(csvOf(shuffled), MAP)
        const batch = await world.process()
        expect({ bad: report.bad, late: batch.late, quarantined: batch.quarantined }).toEqual({
          bad: [],
          late: 0,
          quarantined: 0,
        })
        const found = (await world.sessions()).map((session) => [
          session.device_id,
          session.started_at,
          session.ended_at,
          session.energy_kwh,
          session.energy_confidence === 'disputed',
          session.end_reason,
        ])
        expect(found.sort()).toEqual(
          sessions
            .map(({ device_id, started_at, ended_at, kwh }) => [
              device_id,
              started_at,
              ended_at,
              kwh,
              false,
              'unplugged',
            ])
            .sort(),
        )
      }),
      { numRuns: 100 },
    )
  })
})

const MAP = ['device_id=id,started_at=from,ended_at=to,energy_kwh=kwh,session_id=name']

function csvOf(sessions: Told[]): string {
  const rows = sessions.map(({ device_id, started_at, ended_at, kwh, named }) =>
    [device_id, started_at, ended_at, kwh ?? '', named ? `${device_id} ${started_at}` : ''].join(','),
  )
  return ['id,from,to,kwh,name', ...rows].join('\n')
}

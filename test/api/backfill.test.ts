import { describe, expect, test } from 'vitest'
import { BackfillSchema, listOf } from '../../api/schemas.ts'
import { createHome, expectSchema, type Home, MINUTE, T0 } from './home.ts'

const DAY = 24 * 60

/** A charger that is known for 120 days, and what comes then about its twentieth day and before. */
async function homeWithLate(...days: number[]): Promise<Home> {
  const home = await createHome()
  for (const day of [0, 60, 119, 120])
    await home.say('evse', 'dev-1', day * DAY, { pilot_state: day % 2 ? 'A' : 'B' })
  for (const day of days) {
    home.clock.now += MINUTE
    await home.say('evse', 'dev-1', day * DAY, { pilot_state: 'C' })
  }
  return home
}

describe('GET /v1/backfill', () => {
  test('lists what was too old to be folded, the newest to come in first, and says why', async () => {
    const home = await homeWithLate(20, 10)
    const { status, body } = await home.ask('/v1/backfill')
    expect(status).toBe(200)
    expectSchema(listOf(BackfillSchema), body)
    expect(body.items.map((one: { event_time: number }) => (one.event_time - T0) / MINUTE / DAY)).toEqual([
      10, 20,
    ])
    expect(body.items[0]).toMatchObject({ device_id: 'dev-1', what: 'event', folded_from: null })
    expect(body.items[0].reason).toContain('nothing was folded')
  })

  test('by device, by when it was received, page by page', async () => {
    const home = await homeWithLate(20, 10, 5)
    const of = async (query: string) => (await home.ask(`/v1/backfill?${query}`)).body
    expect((await of('device_id=dev-2')).items).toEqual([])
    const all = (await of('device_id=dev-1')).items
    expect(all).toHaveLength(3)
    const [newest, middle, oldest] = all
    expect((await of(`from=${middle.received_at}&to=${newest.received_at}`)).items).toEqual([middle])
    const first = await of('limit=2')
    expect(first.items).toEqual([newest, middle])
    const second = await of(`limit=2&cursor=${first.next_cursor}`)
    expect(second).toEqual({ items: [oldest], next_cursor: null })
  })

  test('the device counts it, and its sessions do not show it', async () => {
    const [home, without] = [await homeWithLate(20), await homeWithLate()]
    without.clock.now = home.clock.now
    expect((await home.ask('/v1/devices/dev-1')).body.counters.too_old).toBe(1)
    for (const list of ['/v1/sessions', '/v1/alarms', '/v1/devices/dev-1/events'])
      expect((await home.ask(list)).body, list).toEqual((await without.ask(list)).body)
  })

  test('refuses a bad range and a cursor of another list', async () => {
    const home = await createHome()
    expect((await home.ask('/v1/backfill?from=2&to=1')).status).toBe(400)
    expect((await home.ask('/v1/backfill?cursor=x')).status).toBe(400)
  })
})

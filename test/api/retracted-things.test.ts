import { expect, test } from 'vitest'
import { ChangesSchema, CycleSchema, listOf, SessionSchema } from '../../api/schemas.ts'
import { createHome, expectSchema, type Home, MINUTE, T0 } from './home.ts'

/** A session that seemed to begin at minute 10, until the plug-in of minute 5 came. */
async function plugInCameLate(home: Home) {
  await home.say('evse', 'dev-1', 0, { pilot_state: 'A' })
  await home.say('evse', 'dev-1', 10, { pilot_state: 'C', session_id: 's-1' })
  const [first] = (await home.ask('/v1/sessions')).body.items
  await home.say('evse', 'dev-1', 5, { pilot_state: 'B' })
  const [second] = (await home.ask('/v1/sessions')).body.items
  return { first, second }
}

test('a session that was undone is in the list only when asked for, with what took its place', async () => {
  const home = await createHome()
  const { first, second } = await plugInCameLate(home)
  expect([first.started_at, second.started_at]).toEqual([T0 + 10 * MINUTE, T0 + 5 * MINUTE])
  for (const query of ['', '?limit=10'])
    expect((await home.ask(`/v1/sessions${query}`)).body.items).toEqual([second])
  const { body } = await home.ask('/v1/sessions?include=retracted')
  expectSchema(listOf(SessionSchema), body)
  const { session_id } = second
  expect(body.items).toHaveLength(2)
  expect(body.items[0]).toMatchObject({
    session_id: first.session_id,
    started_at: first.started_at,
    retracted: true,
    superseded_by: session_id,
  })
  expect(body.items[1]).toEqual(second)
})

test('by its id it leads to what took its place, or, asked for, is itself', async () => {
  const home = await createHome()
  const { first, second } = await plugInCameLate(home)
  const path = `/v1/sessions/${first.session_id}`
  expect((await home.ask(path)).body).toEqual(second)
  const { body } = await home.ask(`${path}?include=retracted`)
  expectSchema(SessionSchema, body)
  expect(body).toMatchObject({ session_id: first.session_id, retracted: true })
})

test('the name that the device gave it leads to the session that is', async () => {
  const home = await createHome()
  const { second } = await plugInCameLate(home)
  expect(await home.ask('/v1/sessions/s-1')).toMatchObject({ status: 200, body: second })
})

test('cycles too, and another word is refused', async () => {
  const home = await createHome()
  await home.say('thermostat', 'hall', 0, { heating_call: false })
  await home.say('thermostat', 'hall', 10, { heating_call: true })
  await home.say('thermostat', 'hall', 5, { heating_call: true })
  const { body } = await home.ask('/v1/cycles?include=retracted')
  expectSchema(listOf(CycleSchema), body)
  const [undone, live] = body.items
  expect(body.items).toHaveLength(2)
  expect(undone).toMatchObject({ retracted: true, superseded_by: live.cycle_id })
  expect((await home.ask('/v1/cycles')).body.items).toEqual([live])
  expect((await home.ask(`/v1/cycles/${undone.cycle_id}`)).body).toEqual(live)
  expect((await home.ask(`/v1/cycles/${undone.cycle_id}?include=retracted`)).body).toEqual(undone)
  expect((await home.ask('/v1/cycles?include=yes')).status).toBe(400)
})

test('its changes tell its story: what was decided, what was withdrawn, and why', async () => {
  const home = await createHome()
  const { first, second } = await plugInCameLate(home)
  const { body: undone } = await home.ask(`/v1/sessions/${first.session_id}/changes`)
  expectSchema(ChangesSchema, undone)
  const because = { cause: 'late_event', event_time: T0 + 5 * MINUTE }
  expect(undone).toMatchObject({ retracted: true, superseded_by: second.session_id, because })
  expect(undone.changes).toMatchObject([{ event_type: 'session_start', retracted: true, because }])
  const { body: held } = await home.ask(`/v1/sessions/${second.session_id}/changes`)
  expectSchema(ChangesSchema, held)
  expect(held).toMatchObject({ retracted: false, superseded_by: null, because: null })
  expect(held.took_the_place_of).toEqual([first.session_id])
  expect(held.changes).toMatchObject([
    { event_type: 'session_start', supersedes: undone.changes[0].key, because },
  ])
  const { body: list } = await home.ask('/v1/sessions?include=retracted')
  expect(list.items[0]).toMatchObject({ retracted: true, because })
})

test('what never was repaired has a plain story, and what never was has none', async () => {
  const home = await createHome()
  await home.say('thermostat', 'hall', 0, { heating_call: true })
  await home.say('thermostat', 'hall', 10, { heating_call: false })
  const [cycle] = (await home.ask('/v1/cycles')).body.items
  const { body } = await home.ask(`/v1/cycles/${cycle.cycle_id}/changes`)
  expect(body.changes.map(({ event_type }: { event_type: string }) => event_type)).toEqual([
    'cycle_start',
    'cycle_end',
  ])
  expect(JSON.stringify(body.changes)).not.toContain('because')
  expect((await home.ask('/v1/sessions/none/changes')).status).toBe(404)
  expect((await home.ask(`/v1/sessions/${cycle.cycle_id}/changes`)).status).toBe(404)
})

/** A thermostat, mostly, whose charts are upgraded between two of its records, and what has become of it. */
import { expect } from 'vitest'
import type { NewRecord } from '../../events/record.ts'
import type { DeviceState } from '../../statecharts/device-state.ts'
import { lawful } from '../simulation/law.ts'
import { replayed } from '../simulation/replayed.ts'
import type { Release } from '../stand-ins/release.ts'
import { type Given, given, type Home, itemOf } from './given.ts'
import { at, thermostat } from './messages.ts'

export const on = (minute: number, came = {}) => thermostat(minute, { heating_call: true }, came)
export const off = (minute: number, came = {}) => thermostat(minute, { heating_call: false }, came)

/** Minutes of start and end of the cycles that are live, and how often each was heard of, where its version says. */
export function cyclesOf({ store }: Given): unknown[] {
  const minute = (ms: unknown) => (ms === null ? null : ((ms as number) - at(0)) / 60_000)
  const live = store.dump().summaries.filter(({ kind, retracted }) => kind === 'cycle' && !retracted)
  return live
    .sort((a, b) => a.started_at - b.started_at)
    .map(({ body }) => [
      minute(body.started_at),
      minute(body.ended_at),
      ...('reports' in body ? [body.reports] : []),
    ])
}

export function versionsOf(world: Given): Record<string, number> {
  const { instances } = stateOf(world)
  return Object.fromEntries(Object.entries(instances).map(([name, { version }]) => [name, version]))
}

export const stateOf = (world: Given) => JSON.parse(itemOf(world).state) as DeviceState
export const upgradesOf = (world: Given) =>
  (stateOf(world).upgrades ?? []).map(({ instance, from, to, since }) => [
    instance,
    from,
    to,
    (since.ts - at(0)) / 60_000,
  ])

export async function upgraded(home: Home, release: Release, before: NewRecord[], ...after: NewRecord[]) {
  const world = await given(home, ...before)
  world.release = release
  for (const record of after) await world.when(record)
  const dump = world.store.dump()
  const again = await replayed(dump, world.log, release)
  expect(lawful(dump)).toEqual(again)
  return world
}

/** A cycle that is over, and one that is open; under the newer version they would have been one. */
export const before = [on(0), on(5), off(10), on(13), on(16)]
export const after = [on(20), off(30), on(32), off(40), off(60)]

/**
 * What the template describes, running the very code that would be uploaded, comes to the rows and states of the embedded
 * home, item by item. The world is a seeded fleet with its faults; what happens on AWS happens to real processes.
 */
import { afterAll, afterEach, expect, test } from 'vitest'
import type { Dump } from '../simulation/law.ts'
import { type DescribedHome, forgetStages, type HomeOptions, startDescribedHome } from './described-home.ts'
import { embeddedRun } from './embedded-home.ts'
import { fleetMessages } from './fleet-messages.ts'

const homes: DescribedHome[] = []

async function start(options: HomeOptions): Promise<DescribedHome> {
  const home = await startDescribedHome(options)
  homes.push(home)
  return home
}

afterEach(async () => {
  for (const home of homes.splice(0)) await home.stop()
})
afterAll(forgetStages)

function expectSame(aws: Dump, embedded: Dump): void {
  for (const [table, rows] of Object.entries(embedded)) expect(aws[table], table).toEqual(rows)
}

test('a clear day of the small stage, pairs and nonsense included', async () => {
  const records = fleetMessages({ seed: 1, chargers: 4, thermostats: 3, hours: 3, shared_circuits: 1 })
  const home = await start({ stage: 'small' })
  await home.say(records)
  await home.poller.drain()
  const embedded = await embeddedRun(records)
  expectSame(await home.dump(), embedded)
  for (const table of ['events', 'summaries', 'states', 'quarantine', 'config'])
    expect(embedded[table]?.length, table).toBeGreaterThan(0)
  expect(home.poller.counts).toMatchObject({ failures: 0, given_up: 0 })
})

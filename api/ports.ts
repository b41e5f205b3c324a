/** What the API needs of the home it runs in. */
import type { ArchiveQuery } from '../events/archive-query.ts'
import type { EnergyReads } from '../events/energy-hours.ts'
import type { Downlink, FrontDoor, Logger, ReadStore } from '../events/ports.ts'

export type ApiPorts = {
  store: ReadStore
  door: FrontDoor
  downlink: Downlink
  /** Aggregates, where a night makes some; what is newer comes out of the store. */
  energy?: EnergyReads
  /** The archive, where there is one to ask. */
  query?: ArchiveQuery
  /** Epoch ms. */
  now: () => number
  /** How the home is. A `front_door` whose `state` is not `open` makes the answer a 503. */
  health: () => Promise<Health>
  /** Text files by path (`/`, `/page.js`, …), as the composition read them. */
  pages: ReadonlyMap<string, StaticPage>
  logger: Pick<Logger, 'error'>
}

/** The parts that the API and the page know by name; a home may say more. */
export type Health = Record<string, unknown> & {
  front_door?: { state: string }
  /** Behind the front door: records, and seconds that the oldest of them has waited. */
  lag?: { records: number; seconds: number }
  /** Since the process began. */
  counters?: Record<string, number>
}

export type StaticPage = { type: string; body: string }

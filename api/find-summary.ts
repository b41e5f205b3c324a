/** A session or cycle by what people know it by: its id, an id that it once had, or the device's own. */
import type { ReadStore, Summary } from '../events/ports.ts'
import { Problem } from './problem.ts'

/** More successors in a row than this is a ring: our bug. */
const MAX_HOPS = 100
const MAX_CANDIDATES = 100

/** The thing, or what superseded it; null where there is none, and where it was retracted for good. `itself`: as it is. */
export async function findSummary(
  store: ReadStore,
  kind: Summary['kind'],
  id: string,
  itself = false,
): Promise<Summary | null> {
  let found = await store.summary(kind, id)
  if (itself) return found
  for (let hops = 0; found?.superseded_by !== undefined; hops++) {
    if (hops === MAX_HOPS) throw new Error(`${kind} ${id} is superseded without end`)
    found = await store.summary(kind, found.superseded_by)
  }
  return found?.retracted ? null : found
}

/** The session that the device itself calls so. Throws a 409 with all of them where there are several. */
export async function findByDeviceSession(
  store: ReadStore,
  alias: string,
  device_id: string | undefined,
): Promise<Summary | null> {
  const aliases = await store.findAliases('device_session', alias)
  const ofDevice = aliases.filter((one) => device_id === undefined || one.device_id === device_id)
  const held = ofDevice.filter(({ retracted }) => !retracted)
  // A name that was withdrawn leads on only where nothing is called so any more.
  const meant = held.length > 0 ? held : ofDevice
  const found = new Map<string, Summary>()
  for (const { target } of meant.slice(0, MAX_CANDIDATES)) {
    const summary = await findSummary(store, 'session', target)
    if (summary) found.set(summary.id, summary)
  }
  const [first, ...others] = found.values()
  if (others.length === 0) return first ?? null
  const detail = `${found.size} sessions are called ${JSON.stringify(alias)} by their devices: ask by session_id`
  throw new Problem(409, detail, { candidates: [...found.values()].map(candidate) })
}

function candidate({ id, device_id, location, started_at, body }: Summary) {
  const href = `/v1/sessions/${encodeURIComponent(id)}`
  return { session_id: id, device_id, location, started_at, ended_at: body.ended_at ?? null, href }
}

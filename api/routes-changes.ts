/** The story of a session or a cycle: all that was ever decided of it, what was withdrawn, and why. */
import { lowestKey } from '../events/key.ts'
import type { EventRow, ReadStore, Summary } from '../events/ports.ts'
import { becauseView, eventView } from './event-view.ts'
import { findByDeviceSession, findSummary } from './find-summary.ts'
import { Problem } from './problem.ts'
import { type Route, route } from './route.ts'
import { ChangesSchema } from './schemas.ts'

/** An end that was withdrawn may lie beyond the one that holds, by as long as silence lasts at most. */
const AROUND_MS = 8 * 86_400_000
const PAGE = 1000

type Span = 'session' | 'cycle'

function changesRoute(kind: Span): Route {
  return route({
    method: 'GET',
    path: `/v1/${kind}s/{id}/changes`,
    summary: `How a ${kind} came to be as it is: every decision, withdrawn ones too, with its cause`,
    query: {},
    status: 200,
    response: ChangesSchema,
    problems: [404, 409, 503],
    handle: async ({ ports, params }) => {
      const id = params.id as string
      const thing =
        (await findSummary(ports.store, kind, id, true)) ??
        (kind === 'session' ? await findByDeviceSession(ports.store, id, undefined) : null)
      if (!thing) throw new Problem(404, `there is no ${kind} ${JSON.stringify(id)}`)
      return { body: await storyOf(ports.store, kind, thing, ports.now()) }
    },
  })
}

export const changesRoutes: Route[] = [changesRoute('session'), changesRoute('cycle')]

async function storyOf(store: ReadStore, kind: Span, thing: Summary, now: number) {
  const { id, device_id, started_at, retracted, superseded_by, because, body } = thing
  const until = ((body.ended_at as number | null) ?? now) + AROUND_MS
  const rows = await decidedOf(store, thing, until)
  const around = {
    from: Math.max(0, started_at - AROUND_MS),
    to: until,
    limit: PAGE,
    include_retracted: true,
  }
  const { items } = await store.summaries({ kind, by: { device_id }, ...around })
  return {
    id,
    device_id,
    retracted: retracted ?? false,
    superseded_by: superseded_by ?? null,
    because: because === undefined ? null : becauseView(because),
    took_the_place_of: items.filter((one) => one.superseded_by === id).map((one) => one.id),
    changes: rows.sort((a, b) => a.received_at - b.received_at || a.ts - b.ts).map(eventView),
  }
}

async function decidedOf(store: ReadStore, thing: Summary, until: number): Promise<EventRow[]> {
  const of = { from: lowestKey(thing.started_at), to: lowestKey(until), origin: 'chart' as const }
  const rows: EventRow[] = []
  for (let cursor: string | undefined, more = true; more; ) {
    const query = { ...of, limit: PAGE, include_retracted: true, ...(cursor !== undefined && { cursor }) }
    const page = await store.eventsOfDevice(thing.device_id, query)
    rows.push(...page.items.filter(({ body }) => body[`${thing.kind}_id`] === thing.id))
    more = page.next_cursor !== null
    cursor = page.next_cursor ?? undefined
  }
  return rows
}

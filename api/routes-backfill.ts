/** What came too late to be folded, for a replay of the archive to make up. */
import { pageParams, rangeParams, textParam } from './query.ts'
import { route } from './route.ts'
import { BackfillSchema, listOf } from './schemas.ts'

export const backfillRoute = route({
  method: 'GET',
  path: '/v1/backfill',
  summary: 'What was received in the range and was too old to be folded, newest first; kept for a year',
  query: { device_id: textParam('Only of this device.'), ...rangeParams, ...pageParams },
  status: 200,
  response: listOf(BackfillSchema),
  problems: [],
  handle: async ({ ports, query }) => {
    const { device_id, cursor, ...range } = query
    const by = device_id === undefined ? ('all' as const) : { device_id }
    const page = await ports.store.summaries({ kind: 'too_old', by, ...range, ...(cursor && { cursor }) })
    return { body: { items: page.items.map(({ body }) => body), next_cursor: page.next_cursor } }
  },
})

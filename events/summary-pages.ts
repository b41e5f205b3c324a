/** Lists of sessions, cycles and alarms, however many pages they have. */
import type { ReadStore, Summary, SummaryQuery } from './ports.ts'

const PAGE = 1_000

/** Newest first. */
export async function* summariesIn(
  store: Pick<ReadStore, 'summaries'>,
  { from, ...query }: Pick<SummaryQuery, 'kind' | 'by' | 'from' | 'to'>,
): AsyncGenerator<Summary> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<ReadStore['summaries']>> = await store.summaries({
      ...query,
      from: Math.max(0, from),
      limit: PAGE,
      ...(cursor !== null && { cursor }),
    })
    yield* page.items
    cursor = page.next_cursor
  } while (cursor !== null)
}

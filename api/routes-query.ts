/** Questions to the archive in SQL. */
import { Type } from 'typebox'
import { ArchiveMoved, BadQuestion, QuestionTooBig } from '../events/archive-query.ts'
import { Problem } from './problem.ts'
import { badParameter, requiredTextParam } from './query.ts'
import { type Route, route } from './route.ts'

/** Asking is work for the whole machine: so many wait, and no more. */
const MOST_WAITING = 4
const RETRY_AFTER_S = '60'
const MOST_CHARACTERS = 10_000

/** A fresh one for each app, because it counts who waits. */
export function createQueryRoute(): Route {
  let waiting = 0
  return route({
    method: 'GET',
    path: '/v1/query',
    summary: 'One SELECT over the archive: events, energy, sessions, cycles, landing (docs/queries.md)',
    query: { sql: requiredTextParam('One SELECT statement.') },
    status: 200,
    response: Type.Object({
      columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
      rows: Type.Array(Type.Array(Type.Unknown())),
      truncated: Type.Boolean({ description: 'There were more rows than one answer holds.' }),
    }),
    problems: [404, 429, 503],
    handle: async ({ ports, query: { sql } }) => {
      if (!ports.query) throw new Problem(404, 'this home has no archive to ask')
      if (sql.length > MOST_CHARACTERS)
        throw badParameter('sql', sql, `is longer than ${MOST_CHARACTERS} characters`)
      if (waiting >= MOST_WAITING) throw new Problem(429, `${waiting} questions are waiting already`)
      waiting++
      try {
        return { body: await ports.query.ask(sql) }
      } catch (error) {
        if (error instanceof BadQuestion || error instanceof QuestionTooBig)
          throw new Problem(400, `sql: ${error.message}`, { parameter: 'sql' })
        if (error instanceof ArchiveMoved)
          throw new Problem(503, error.message, {}, { 'retry-after': RETRY_AFTER_S })
        throw error
      } finally {
        waiting--
      }
    },
  })
}

/** Athena's stand-in, in the protocol that it speaks: questions are answered by whoever the test says, as Athena tells it. */
import type { QueryAnswer } from '../../events/archive-query.ts'
import { startHttp } from './http-stand-in.ts'

type Body = Record<string, unknown>
export type AthenaCall = { operation: string; body: Body }

export type AthenaEnd =
  | { answer: QueryAnswer }
  | { state: 'FAILED' | 'CANCELLED'; reason: string; category?: number }
  | { state: 'RUNNING' }
  | { statement: string }

export type Athena = {
  endpoint: string
  calls: AthenaCall[]
  /** What comes of a question; throws what StartQueryExecution answers. */
  onQuestion(decide: (sql: string, values: string[]) => Promise<AthenaEnd>): void
  stop(): Promise<void>
}

/** Said at the start, as a syntax error is. */
export class Refused extends Error {}

const TYPES: Record<string, string> = { HUGEINT: 'bigint', DECIMAL: 'decimal' }

export async function startAthena(): Promise<Athena> {
  const calls: AthenaCall[] = []
  const ends = new Map<string, AthenaEnd>()
  const looks = new Map<string, number>()
  let decide: (sql: string, values: string[]) => Promise<AthenaEnd> = async () => ({ state: 'RUNNING' })

  const OPERATIONS: Record<string, (body: Body) => Promise<object>> = {
    StartQueryExecution: async ({ QueryString, ExecutionParameters = [] }) => {
      const id = `question-${ends.size}`
      ends.set(id, await decide(String(QueryString), ExecutionParameters as string[]))
      return { QueryExecutionId: id }
    },
    GetQueryExecution: async ({ QueryExecutionId: id }) => ({ QueryExecution: statusOf(String(id)) }),
    StopQueryExecution: async () => ({}),
    GetQueryResults: async ({ QueryExecutionId: id, MaxResults, NextToken = '0' }) => {
      const end = ends.get(String(id))
      if (!end || !('answer' in end)) throw new Error('there is no answer')
      return pageOf(end.answer, Number(NextToken), Number(MaxResults))
    },
  }

  /** A question is under way when it is first looked at. */
  function statusOf(id: string): object {
    const end = ends.get(id) ?? { state: 'RUNNING' as const }
    const times = (looks.get(id) ?? 0) + 1
    looks.set(id, times)
    if ('statement' in end)
      return { StatementType: 'DML', SubstatementType: end.statement, Status: { State: 'RUNNING' } }
    const kind = { StatementType: 'DML', SubstatementType: 'SELECT' }
    if (times === 1 || ('state' in end && end.state === 'RUNNING'))
      return { ...kind, Status: { State: 'RUNNING' } }
    if ('answer' in end) return { ...kind, Status: { State: 'SUCCEEDED' } }
    const { state, reason, category } = end as { state: string; reason: string; category?: number }
    const AthenaError = category === undefined ? undefined : { ErrorCategory: category }
    return { ...kind, Status: { State: state, StateChangeReason: reason, AthenaError } }
  }

  const http = await startHttp(async ({ from, body: bytes, to }) => {
    const operation = String(from.headers['x-amz-target']).replace(/^AmazonAthena\./, '')
    const body = JSON.parse(bytes.toString()) as Body
    calls.push({ operation, body })
    const [status, answer] = await (
      OPERATIONS[operation]?.(body) ?? Promise.reject(new Error(operation))
    ).then(
      (said) => [200, said] as const,
      (error: Error) => {
        const __type = error instanceof Refused ? 'InvalidRequestException' : 'InternalServerException'
        return [
          error instanceof Refused ? 400 : 500,
          { __type, Message: error.message, message: error.message },
        ] as const
      },
    )
    to.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer))
  })
  return {
    ...http,
    calls,
    onQuestion: (next) => {
      decide = next
    },
  }
}

/** Every value is a text; the names are a row of the first page. */
function pageOf({ columns, rows }: QueryAnswer, from: number, most: number): object {
  const all = [columns.map(({ name }) => name), ...rows]
  const page = all.slice(from, from + most)
  const ColumnInfo = columns.map(({ name, type }) => ({
    Name: name,
    Type: TYPES[type.replace(/\(.*/, '')] ?? type.toLowerCase(),
  }))
  return {
    ResultSet: {
      ResultSetMetadata: { ColumnInfo },
      Rows: page.map((row, n) => ({
        Data: row.map((value, m) => dataOf(value, from + n === 0 ? '' : (columns[m]?.type ?? ''))),
      })),
    },
    ...(from + most < all.length && { NextToken: String(from + most) }),
  }
}

function dataOf(value: unknown, type: string): object {
  if (value === null) return {}
  // Athena writes milliseconds, whatever they are.
  if (type === 'TIMESTAMP' && !String(value).includes('.')) return { VarCharValue: `${value}.000` }
  return { VarCharValue: String(value) }
}

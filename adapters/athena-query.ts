/** Questions to the archive on AWS: the same SQL, by Athena, in a workgroup that says what one may cost. */
import { setTimeout as sleep } from 'node:timers/promises'
import type {
  AthenaClient,
  ColumnInfo,
  GetQueryResultsOutput,
  QueryExecution,
  Row,
} from '@aws-sdk/client-athena'
import { type ArchiveQuery, BadQuestion, type QueryAnswer, QuestionTooBig } from '../events/archive-query.ts'
import { athenaQuestion } from './athena-sql.ts'
import { type Elsewhere, requestHandler } from './aws-clients.ts'
import { InfrastructureError } from './infrastructure-error.ts'

export type AthenaLimits = { time_ms: number; rows: number; bytes: number }

/** An HTTP API waits for half a minute. */
export const ATHENA_LIMITS: AthenaLimits = { time_ms: 25_000, rows: 10_000, bytes: 4_000_000 }

export type AthenaOptions = Elsewhere & {
  workgroup: string
  database: string
  limits?: AthenaLimits
  /** Waits so long between two looks, at first. */
  look_ms?: number
}

type Sdk = typeof import('@aws-sdk/client-athena')
type Asking = { sdk: Sdk; client: AthenaClient; id: string }

const ANSWER_MS = 10_000
const LOOK_MS = 150
const MOST_LOOK_MS = 2_000
const PAGE_ROWS = 1_000

export function athenaQuery(options: AthenaOptions): ArchiveQuery {
  const { workgroup, database, limits = ATHENA_LIMITS, look_ms = LOOK_MS, ...elsewhere } = options
  let loaded: Promise<{ sdk: Sdk; client: AthenaClient }> | null = null

  /** Loaded with the first question: most environments of the API's function are never asked one. */
  async function load() {
    const sdk = await import('@aws-sdk/client-athena')
    const client = new sdk.AthenaClient({ ...elsewhere, requestHandler: requestHandler(ANSWER_MS) })
    return { sdk, client }
  }

  return {
    ask: async (asked, parameters = {}) => {
      const { sql, values } = athenaQuestion(asked, parameters)
      loaded ??= load()
      const { sdk, client } = await loaded
      const started = await client
        .send(
          new sdk.StartQueryExecutionCommand({
            QueryString: sql,
            ...(values.length > 0 && { ExecutionParameters: values }),
            QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: database },
            WorkGroup: workgroup,
          }),
        )
        .catch(toComplaint)
      const asking = { sdk, client, id: started.QueryExecutionId ?? '' }
      await finished(asking, limits, look_ms)
      return readAnswer(asking, limits)
    },
  }
}

/** Resolves when the answer is there; a question that takes longer than it may is stopped. */
async function finished(asking: Asking, limits: AthenaLimits, look_ms: number): Promise<void> {
  const { sdk, client, id } = asking
  const until = performance.now() + limits.time_ms
  for (let wait_ms = look_ms; ; wait_ms = Math.min(MOST_LOOK_MS, wait_ms * 1.5)) {
    const told = await client
      .send(new sdk.GetQueryExecutionCommand({ QueryExecutionId: id }))
      .catch(toComplaint)
    const execution = told.QueryExecution ?? {}
    if (await isOver(asking, execution)) return
    if (performance.now() + wait_ms > until) {
      await stop(asking)
      throw new QuestionTooBig(`it took longer than ${limits.time_ms / 1000} s: ask for less`)
    }
    await sleep(wait_ms)
  }
}

async function isOver(asking: Asking, execution: QueryExecution): Promise<boolean> {
  const { StatementType, SubstatementType, Status } = execution
  const reads = (StatementType ?? 'DML') === 'DML' && (SubstatementType ?? 'SELECT') === 'SELECT'
  if (!reads) {
    await stop(asking)
    throw new BadQuestion(`a question is a SELECT, and this is ${SubstatementType ?? StatementType}`)
  }
  const reason = Status?.StateChangeReason ?? 'Athena does not say why'
  if (Status?.State === 'SUCCEEDED') return true
  // By its workgroup, where it would read more than it may.
  if (Status?.State === 'CANCELLED') throw new QuestionTooBig(`it was stopped: ${reason}`)
  if (Status?.State !== 'FAILED') return false
  if (/exhausted resources|limit was exceeded/i.test(reason)) throw new QuestionTooBig(reason)
  if (Status.AthenaError?.ErrorCategory === SYSTEM_AT_FAULT)
    throw new InfrastructureError(`Athena: ${reason}`)
  throw new BadQuestion(reason)
}

/** Source: Athena's guide, "Athena error catalog". */
const SYSTEM_AT_FAULT = 1

async function stop({ sdk, client, id }: Asking): Promise<void> {
  await client.send(new sdk.StopQueryExecutionCommand({ QueryExecutionId: id })).catch(toComplaint)
}

async function readAnswer({ sdk, client, id }: Asking, limits: AthenaLimits): Promise<QueryAnswer> {
  let columns: ColumnInfo[] | null = null
  const rows: unknown[][] = []
  let bytes = 0
  let NextToken: string | undefined
  do {
    const asked = { QueryExecutionId: id, MaxResults: PAGE_ROWS, NextToken }
    const page: GetQueryResultsOutput = await client
      .send(new sdk.GetQueryResultsCommand(asked))
      .catch(toComplaint)
    const of = page.ResultSet?.ResultSetMetadata?.ColumnInfo ?? []
    // The first row of the first page is the names.
    const told = (page.ResultSet?.Rows ?? []).slice(columns === null ? 1 : 0)
    columns ??= of
    for (const row of told) {
      if (rows.length === limits.rows) return answer(columns, rows, true)
      const values = valuesOf(row, columns)
      bytes += JSON.stringify(values).length
      if (bytes > limits.bytes)
        throw new QuestionTooBig(`the answer is longer than ${limits.bytes} bytes: ask for less`)
      rows.push(values)
    }
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  return answer(columns, rows, false)
}

function answer(columns: readonly ColumnInfo[], rows: unknown[][], truncated: boolean): QueryAnswer {
  const named = columns.map(({ Name = '', Type = '' }) => ({ name: Name, type: Type.toUpperCase() }))
  return { columns: named, rows, truncated }
}

function valuesOf({ Data = [] }: Row, columns: readonly ColumnInfo[]): unknown[] {
  return columns.map(({ Type = '' }, n) => plainValue(Data[n]?.VarCharValue, Type))
}

const NUMBERS = new Set(['tinyint', 'smallint', 'integer', 'float', 'real', 'double'])

/** As DuckDB's answers have them: what a double may not hold, dates and times as text. */
function plainValue(text: string | undefined, type: string): unknown {
  if (text === undefined) return null
  if (type === 'boolean') return text === 'true'
  if (NUMBERS.has(type)) return Number.isFinite(Number(text)) ? Number(text) : text
  if (type.startsWith('timestamp'))
    return text.replace(/\.(\d*?)0*$/, (_, digits) => (digits ? `.${digits}` : ''))
  return text
}

/** What Athena says of the question is passed on; what it says of itself is not the question's fault. */
function toComplaint(error: Error): never {
  if (error.name === 'InvalidRequestException') throw new BadQuestion(error.message)
  if (error instanceof TypeError || error instanceof RangeError) throw error
  throw new InfrastructureError(`Athena: ${error.name}: ${error.message}`, { cause: error })
}

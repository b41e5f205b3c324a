/** Powertools' idempotency in the embedded home: what DynamoDB is to it on AWS, a table is here. */
import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'
import { openArchiveDatabase } from './sqlite-archive-book.ts'
import type { Database } from './sqlite-open.ts'

type TaskRow = {
  id: string
  status: 'INPROGRESS' | 'COMPLETED'
  expires_at: number
  in_progress_until: number | null
  response: string | null
  payload_hash: string | null
}

const GET = 'SELECT * FROM tasks WHERE id = ?'
const DELETE = 'DELETE FROM tasks WHERE id = ?'
const DELETE_EXPIRED = 'DELETE FROM tasks WHERE expires_at < ?'
const PUT = `INSERT INTO tasks VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET status = excluded.status, expires_at = excluded.expires_at,
    in_progress_until = excluded.in_progress_until, response = excluded.response, payload_hash = excluded.payload_hash`

export class SqlitePersistence extends BasePersistenceLayer {
  readonly #database: Database
  readonly #clock: () => number

  /** @throws DatabaseRefused */
  constructor(path: string, clock: () => number = Date.now) {
    super()
    this.#database = openArchiveDatabase(path)
    this.#clock = clock
  }

  close(): void {
    this.#database.close()
  }

  protected override async _deleteRecord({ idempotencyKey }: IdempotencyRecord): Promise<void> {
    this.#database.transaction(() => this.#database.run(DELETE, [idempotencyKey]))
  }

  protected override async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const row = this.#database.get<TaskRow>(GET, [idempotencyKey])
    if (!row) throw new IdempotencyItemNotFoundError('no such task')
    return recordOf(row)
  }

  /** Only where there is none that still counts: the rule of Powertools' own DynamoDB layer. */
  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    this.#database.transaction(() => {
      const now_ms = this.#clock()
      const row = this.#database.get<TaskRow>(GET, [record.idempotencyKey])
      if (row && counts(row, now_ms))
        throw new IdempotencyItemAlreadyExistsError(`the task ${row.id} is there already`, recordOf(row))
      this.#database.run(DELETE_EXPIRED, [Math.floor(now_ms / 1000)])
      this.#put(record)
    })
  }

  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.#database.transaction(() => this.#put(record))
  }

  #put(record: IdempotencyRecord): void {
    const { idempotencyKey, expiryTimestamp, inProgressExpiryTimestamp, responseData, payloadHash } = record
    this.#database.run(PUT, [
      idempotencyKey,
      record.getStatus(),
      expiryTimestamp ?? 0,
      inProgressExpiryTimestamp ?? null,
      responseData === undefined ? null : JSON.stringify(responseData),
      payloadHash ?? null,
    ])
  }
}

function counts({ status, expires_at, in_progress_until }: TaskRow, now_ms: number): boolean {
  if (expires_at < now_ms / 1000) return false
  return status === 'COMPLETED' || in_progress_until === null || in_progress_until >= now_ms
}

function recordOf(row: TaskRow): IdempotencyRecord {
  return new IdempotencyRecord({
    idempotencyKey: row.id,
    status:
      row.status === 'COMPLETED' ? IdempotencyRecordStatus.COMPLETED : IdempotencyRecordStatus.INPROGRESS,
    expiryTimestamp: row.expires_at,
    ...(row.in_progress_until === null ? {} : { inProgressExpiryTimestamp: row.in_progress_until }),
    ...(row.response === null ? {} : { responseData: JSON.parse(row.response) }),
    ...(row.payload_hash === null ? {} : { payloadHash: row.payload_hash }),
  })
}

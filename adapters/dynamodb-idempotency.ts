/** Powertools' idempotency on DynamoDB, by our own calls: its own layer needs a package more, and tries but once. */
import {
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  IdempotencyRecordStatus,
} from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'
import { type DynamoCalls, type DynamoOptions, dynamoCalls, type Item } from './dynamodb-calls.ts'

/** The rule of Powertools' own layer: there is none that still counts. */
const FREE = `attribute_not_exists(#id) OR #expiration < :now_s
  OR (#status = :under_way AND attribute_exists(#in_progress_until) AND #in_progress_until < :now_ms)`

export class DynamoPersistence extends BasePersistenceLayer {
  readonly #calls: DynamoCalls
  readonly #clock: () => number

  constructor(options: DynamoOptions, clock: () => number = Date.now) {
    super()
    this.#calls = dynamoCalls(options)
    this.#clock = clock
  }

  protected override async _deleteRecord({ idempotencyKey }: IdempotencyRecord): Promise<void> {
    await this.#calls.removeAll('tasks', [keyOf(idempotencyKey)])
  }

  protected override async _getRecord(idempotencyKey: string): Promise<IdempotencyRecord> {
    const item = await this.#calls.get('tasks', keyOf(idempotencyKey))
    if (!item) throw new IdempotencyItemNotFoundError('no such task')
    return recordOf(item)
  }

  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    const now_ms = this.#clock()
    const values = {
      ':now_s': { N: String(Math.floor(now_ms / 1000)) },
      ':now_ms': { N: String(now_ms) },
      ':under_way': { S: IdempotencyRecordStatus.INPROGRESS },
    }
    const condition = { expression: FREE, values }
    if (await this.#calls.put('tasks', itemOf(record), { condition })) return
    const there = await this.#calls.get('tasks', keyOf(record.idempotencyKey))
    throw new IdempotencyItemAlreadyExistsError(
      `the task ${record.idempotencyKey} is there already`,
      there ? recordOf(there) : undefined,
    )
  }

  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    await this.#calls.put('tasks', itemOf(record))
  }
}

function keyOf(id: string): Item {
  return { id: { S: id } }
}

function itemOf(record: IdempotencyRecord): Item {
  const { idempotencyKey, expiryTimestamp = 0, inProgressExpiryTimestamp, responseData } = record
  return {
    ...keyOf(idempotencyKey),
    status: { S: record.getStatus() },
    expiration: { N: String(expiryTimestamp) },
    ...(inProgressExpiryTimestamp !== undefined && {
      in_progress_until: { N: String(inProgressExpiryTimestamp) },
    }),
    ...(responseData !== undefined && { response: { S: JSON.stringify(responseData) } }),
  }
}

function recordOf({ id, status, expiration, in_progress_until, response }: Item): IdempotencyRecord {
  const { COMPLETED, INPROGRESS } = IdempotencyRecordStatus
  return new IdempotencyRecord({
    idempotencyKey: id?.S ?? '',
    status: status?.S === COMPLETED ? COMPLETED : INPROGRESS,
    expiryTimestamp: Number(expiration?.N ?? 0),
    ...(in_progress_until?.N !== undefined && { inProgressExpiryTimestamp: Number(in_progress_until.N) }),
    ...(response?.S !== undefined && { responseData: JSON.parse(response.S) }),
  })
}

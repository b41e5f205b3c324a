/** What DynamoDB has removed because its time was over, as the table's stream tells it. */
import type { DynamoDBRecord } from 'aws-lambda'
import type { ForgottenRow } from '../processors/expired-rows.ts'
import type { Item } from './dynamodb-calls.ts'
import { fromItem } from './dynamodb-items.ts'

/** Who removes by time to live; whoever else removes is a person. Source: DynamoDB's guide, "Streams and Time to Live". */
export const REMOVED_BY_TTL = { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const

/** What the mapping lets through, in the words of Lambda's event filtering: nothing that was decided, which may go. */
export const REMOVAL_FILTER = {
  eventName: ['REMOVE'],
  userIdentity: { type: [REMOVED_BY_TTL.type], principalId: [REMOVED_BY_TTL.principalId] },
  dynamodb: { OldImage: { origin: { S: [{ 'anything-but': ['chart'] }] } } },
}

/** Null for whatever else happened to a row. */
export function readRemoval({ eventName, userIdentity, dynamodb }: DynamoDBRecord): ForgottenRow | null {
  const { type, principalId } = (userIdentity ?? {}) as Partial<Record<'type' | 'principalId', string>>
  if (eventName !== 'REMOVE' || type !== REMOVED_BY_TTL.type || principalId !== REMOVED_BY_TTL.principalId)
    return null
  const { OldImage, SequenceNumber } = dynamodb ?? {}
  if (!OldImage || !SequenceNumber) throw new TypeError('the stream does not tell what was removed')
  return { row: fromItem('events', OldImage as Item), sequence: SequenceNumber }
}

/** How far the archive has come, in DynamoDB. What Lambda keeps itself (the place in the stream) is not asked for here. */
import type { ArchiveBook } from '../events/archive-book.ts'
import type { DynamoCalls } from './dynamodb-calls.ts'
import { type DynamoOptions, dynamoCalls } from './dynamodb-calls.ts'
import { lookup } from './dynamodb-items.ts'

export function dynamodbArchiveBook(options: DynamoOptions): ArchiveBook {
  const calls = dynamoCalls(options)
  return {
    mark: (name) => readMark(calls, name),
    putMark: async (name, position) => {
      await calls.put('lookups', { ...lookup('mark', name, ''), position: { S: position } })
    },
  }
}

export async function readMark(calls: DynamoCalls, name: string): Promise<string> {
  const item = await calls.get('lookups', lookup('mark', name, ''))
  return item?.position?.S ?? ''
}

/** A moment that never goes back. */
export async function putLaterMark(calls: DynamoCalls, name: string, at: number): Promise<void> {
  const item = { ...lookup('mark', name, ''), position: { S: String(at) }, at: { N: String(at) } }
  const condition = { expression: 'attribute_not_exists(#at) OR #at < :at', values: { ':at': item.at } }
  await calls.put('lookups', item, { condition })
}

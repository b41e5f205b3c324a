/**
 * Records that the Kinesis Producer Library has put into one: four magic bytes, a protobuf message, the MD5 of it.
 *
 *   AggregatedRecord { repeated string partition_key_table = 1; repeated string explicit_hash_key_table = 2;
 *                      repeated Record records = 3 }
 *   Record { uint64 partition_key_index = 1; uint64 explicit_hash_key_index = 2; bytes data = 3; repeated Tag tags = 4 }
 *
 * Source: "KPL Aggregated Record Format", in the library's own repository.
 */
import { createHash } from 'node:crypto'

const MAGIC = Uint8Array.of(0xf3, 0x89, 0x9a, 0xc2)
const DIGEST_BYTES = 16

/** The records inside, in their order; null where it is no such record, and what it holds is what it is. */
export function deaggregate(data: Uint8Array): Uint8Array[] | null {
  if (data.length < MAGIC.length + DIGEST_BYTES || MAGIC.some((byte, n) => data[n] !== byte)) return null
  const message = data.subarray(MAGIC.length, -DIGEST_BYTES)
  const digest = createHash('md5').update(message).digest()
  if (!digest.equals(data.subarray(-DIGEST_BYTES))) return null
  const records: Uint8Array[] = []
  for (const { field, bytes } of fieldsOf(message) ?? []) {
    if (field !== RECORDS || !bytes) continue
    const inside = fieldsOf(bytes)?.find((one) => one.field === DATA)?.bytes
    if (!inside) return null
    records.push(inside)
  }
  return records
}

const RECORDS = 3
const DATA = 3

type Field = { field: number; bytes: Uint8Array | null }

/** The fields of a protobuf message, the bytes of those that have any; null where it is none. */
function fieldsOf(message: Uint8Array): Field[] | null {
  const fields: Field[] = []
  const reader = { message, at: 0 }
  while (reader.at < message.length) {
    const tag = readVarint(reader)
    if (tag === null) return null
    const field = Math.floor(tag / 8)
    const kind = tag % 8
    if (kind === 2) {
      const length = readVarint(reader)
      if (length === null || reader.at + length > message.length) return null
      fields.push({ field, bytes: message.subarray(reader.at, reader.at + length) })
      reader.at += length
      continue
    }
    if (kind === 0 ? readVarint(reader) === null : kind !== 1 && kind !== 5) return null
    if (kind !== 0) reader.at += kind === 1 ? 8 : 4
    fields.push({ field, bytes: null })
  }
  return reader.at === message.length ? fields : null
}

/** Seven bits a byte, the least first; exact up to 2^53, which is more than anything here. */
function readVarint(reader: { message: Uint8Array; at: number }): number | null {
  let value = 0
  for (let n = 0; n < 10; n++) {
    const byte = reader.message[reader.at++]
    if (byte === undefined) return null
    value += (byte & 0x7f) * 2 ** (7 * n)
    if (byte < 0x80) return value
  }
  return null
}

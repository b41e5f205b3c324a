/** The body of a configuration that is put: `{ config, effective_from? }`, or the configuration alone. */
import { decodeObject, type JsonObject } from '../events/decode.ts'
import { interlockFlaw, parseDeviceConfig } from '../events/device-config.ts'
import type { DeviceConfig } from '../events/event.ts'
import { MAX_TIMESTAMP_MS } from '../events/key.ts'
import { isRejected, type Rejected, reject } from '../events/rejection.ts'
import { parseTime } from './query.ts'

export type ConfigBody = { config: DeviceConfig; effective_from: number }

/** Without `effective_from` it is in force from `now` on. Names the first field that is wrong. */
export function readConfigBody(bytes: Uint8Array, now: number): ConfigBody | Rejected {
  const decoded = decodeObject(bytes, 'body')
  if (isRejected(decoded)) return decoded
  const { object } = decoded
  const wrapped = Object.hasOwn(object, 'config')
  const strange = wrapped && Object.keys(object).find((key) => key !== 'config' && key !== 'effective_from')
  if (strange) return reject(strange, object[strange], 'is neither config nor effective_from')
  if (!wrapped && Object.hasOwn(object, 'effective_from'))
    return reject(
      'effective_from',
      object.effective_from,
      'stands beside config, as { effective_from, config }',
    )
  const effective_from = wrapped ? readEffectiveFrom(object, now) : now
  if (typeof effective_from !== 'number') return effective_from
  const parsed = parseDeviceConfig(wrapped ? object.config : object)
  if (isRejected(parsed)) return parsed
  return interlockFlaw(parsed.config) ?? { ...parsed, effective_from }
}

function readEffectiveFrom({ effective_from: value }: JsonObject, now: number): number | Rejected {
  if (value === undefined || value === null) return now
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TIMESTAMP_MS)
    return value
  const parsed = typeof value === 'string' ? parseTime(value) : null
  return parsed ?? reject('effective_from', value, 'is neither epoch milliseconds nor an ISO 8601 time')
}

/** What a caller of a port must not do: breaking these is our own bug, so they throw before anything is written. */
import type { BatchWrite } from '../events/ports.ts'

/** @throws RangeError where a write names another device's state, or its version does not grow by one. */
export function assertBatch(batch: BatchWrite): void {
  for (const write of batch.devices) {
    const { device_id, version } = write.state
    if (device_id !== write.device_id)
      throw new RangeError(`the write of ${write.device_id} carries the state of ${device_id}`)
    if (version !== write.expected_version + 1)
      throw new RangeError(`${device_id}: version ${version} does not follow ${write.expected_version}`)
  }
}

/** @throws RangeError where a limit is not a whole number from 1: to a database it could mean "all". */
export function assertLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1)
    throw new RangeError(`limit: ${limit} is not a whole number from 1`)
}

/** The use case of `verify`: what every device's records come to, beside what is stored of it. */
import { FUTURE_LIMIT_MS } from '../events/clock.ts'
import { type Compared, compareDevice, type StoredThings } from './replay-compare.ts'
import type { FoldedDevice, FoldFigures } from './replay-fold.ts'
import { type Begun, type VerifyReport, verifyReport } from './replay-report.ts'
import { type ReplayRange, SourceRefused } from './replay-source.ts'

/** Folds all devices, in one thread or in many, and tells each. */
export type Fold = (tell: (device: FoldedDevice) => Promise<void>) => Promise<FoldFigures[]>

export type VerifyPorts = {
  fold: Fold
  stored: StoredThings
  /** Devices that are stored, of which the source ought to tell; none where it may tell of some only. */
  device_ids: readonly string[]
  /** Epoch ms: what the source lacks was received by then. null: it lacks nothing, or nobody knows. */
  lacking_ms?: number | null
}

export async function verify(
  { fold, stored, device_ids, lacking_ms = null }: VerifyPorts,
  range: ReplayRange,
): Promise<{ report: VerifyReport; figures: FoldFigures[] }> {
  const compared = new Map<string, Compared>()
  const begun: Begun = { not_compared: [], since: [] }
  const figures = await fold(async (device) => {
    const { device_id, since } = device
    if (since === null) begun.not_compared.push(device_id)
    else compared.set(device_id, await compareDevice(device, stored, range))
    if (since) begun.since.push(since)
  })
  if (compared.size === 0 && begun.not_compared.length > 0)
    throw new SourceRefused(
      `nothing on it can be compared: of none of its ${begun.not_compared.length} devices a checkpoint is stored behind ` +
        'what it lacks. --archive reads everything',
    )
  const silentSince = lacking_ms === null ? {} : { since: lacking_ms + FUTURE_LIMIT_MS }
  const left = new Set(begun.not_compared)
  for (const device_id of device_ids) {
    if (compared.has(device_id) || left.has(device_id) || (range.device_id ?? device_id) !== device_id)
      continue
    const nothing = { device_id, records: 0, refused: 0, things: new Map(), ...silentSince }
    compared.set(device_id, await compareDevice(nothing, stored, range))
  }
  const records = figures.reduce((sum, one) => sum + one.records, 0)
  const refused = figures.reduce((sum, one) => sum + one.refused, 0)
  const begins = lacking_ms === null && begun.since.length + left.size === 0 ? null : { lacking_ms, ...begun }
  return { report: verifyReport([...compared.values()], range, { records, refused }, begins), figures }
}

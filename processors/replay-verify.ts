/** The use case of `verify`: what every device's records come to, beside what is stored of it. */
import { type Compared, compareDevice, type StoredThings } from './replay-compare.ts'
import type { FoldedDevice, FoldFigures } from './replay-fold.ts'
import { type VerifyReport, verifyReport } from './replay-report.ts'
import type { ReplayRange } from './replay-source.ts'

/** Folds all devices, in one thread or in many, and tells each. */
export type Fold = (tell: (device: FoldedDevice) => Promise<void>) => Promise<FoldFigures[]>

export type VerifyPorts = {
  fold: Fold
  stored: StoredThings
  /** Devices that are stored, of which the source ought to tell; none where it may tell of some only. */
  device_ids: readonly string[]
}

export async function verify(
  { fold, stored, device_ids }: VerifyPorts,
  range: ReplayRange,
): Promise<{ report: VerifyReport; figures: FoldFigures[] }> {
  const compared = new Map<string, Compared>()
  const figures = await fold(async (device) => {
    compared.set(device.device_id, await compareDevice(device, stored, range))
  })
  for (const device_id of device_ids) {
    if (compared.has(device_id) || (range.device_id ?? device_id) !== device_id) continue
    const nothing = { device_id, records: 0, refused: 0, things: new Map() }
    compared.set(device_id, await compareDevice(nothing, stored, range))
  }
  const records = figures.reduce((sum, one) => sum + one.records, 0)
  const refused = figures.reduce((sum, one) => sum + one.refused, 0)
  return { report: verifyReport([...compared.values()], range, { records, refused }), figures }
}

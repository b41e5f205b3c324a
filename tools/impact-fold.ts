/** The fold of two revisions over threads, each with its share of the devices. */
import type { DeviceImpact } from '../processors/impact-compare.ts'
import type { ImpactFigures } from '../processors/impact-fold.ts'
import { inScratch } from './replay-archive.ts'
import type { ShareStart } from './replay-fold.ts'
import { runShares, type ShareListener } from './share-threads.ts'

/** Where a revision's sources lie, and what people call it. */
export type Side = { root: string; name: string }

/** `before` null: both are the same code. */
export type ImpactPlan = Omit<ShareStart, 'share' | 'shares'> & { before: Side | null; after: Side }
export type ImpactStart = ImpactPlan & Pick<ShareStart, 'share' | 'shares'>

/** Every device once, in no order, and the figures of all threads together. */
export async function foldImpact(
  plan: ImpactPlan,
  threads: number,
  on: ShareListener,
  tell: (impact: DeviceImpact) => void,
): Promise<ImpactFigures> {
  const worker = new URL('./impact-fold.worker.ts', import.meta.url)
  const starts = Array.from(
    { length: threads },
    (_, share): ImpactStart => ({ ...plan, share, shares: threads }),
  )
  const all = await inScratch(plan.source, (scratch) => {
    const each = starts.map((one) => ({ ...one, scratch }))
    return runShares<DeviceImpact, ImpactFigures>(worker, each, on, tell)
  })
  const sum = (of: (one: ImpactFigures) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    records: sum(({ records }) => records),
    in_range: all.some(({ in_range }) => in_range),
    refused: { before: sum(({ refused }) => refused.before), after: sum(({ refused }) => refused.after) },
    whole: sum(({ whole }) => whole),
  }
}

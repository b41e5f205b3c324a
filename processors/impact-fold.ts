/** The same records folded by two revisions at once, device by device, in one reading. */
import { compareSides, type DeviceImpact, sameOnBoth } from './impact-compare.ts'
import { readTogether } from './read-together.ts'
import type { FoldedDevice, FoldOptions, foldRecords } from './replay-fold.ts'

/** `foldRecords` of a revision: the one call by which a fold of another revision is run. */
export type FoldRecords = typeof foldRecords

/** `before` null: both are the same code, and one fold is enough. */
export type FoldSides = { before: FoldRecords | null; after: FoldRecords }

export type ImpactFigures = {
  records: number
  /** Whether anything came in while the range lasted. */
  in_range: boolean
  refused: { before: number; after: number }
  /** Devices that the processor itself had to fold. */
  whole: number
}

/** Tells each device of the share once, in no order. */
export async function foldSides(
  { before, after }: FoldSides,
  options: FoldOptions,
  tell: (impact: DeviceImpact) => void,
): Promise<ImpactFigures> {
  const { range } = options
  const watched = watchedSource(options)
  if (before === null) {
    const all = { ...options, source: watched.source }
    const figures = await after(all, async (device) => tell(sameOnBoth(device, range)))
    const { records, refused, whole } = figures
    return { records, in_range: watched.inRange(), refused: { before: refused, after: refused }, whole }
  }
  const [forBefore, forAfter] = readTogether(watched.source, 2)
  const half = pairUp((was, is) => tell(compareSides({ before: was, after: is }, range)))
  const { onRecords: _, ...quiet } = options
  const [was, is] = await Promise.all([
    before({ ...quiet, source: forBefore as FoldOptions['source'] }, async (one) => half.before(one)),
    after({ ...options, source: forAfter as FoldOptions['source'] }, async (one) => half.after(one)),
  ])
  half.rest()
  return {
    records: is.records,
    in_range: watched.inRange(),
    refused: { before: was.refused, after: is.refused },
    whole: Math.max(was.whole, is.whole),
  }
}

type Told = (before: FoldedDevice | null, after: FoldedDevice | null) => void

/** A device is told when both have it; what one of them alone has, at the end. */
function pairUp(tell: Told) {
  const waiting = { before: new Map<string, FoldedDevice>(), after: new Map<string, FoldedDevice>() }
  const side = (mine: 'before' | 'after', others: 'before' | 'after') => (one: FoldedDevice) => {
    const other = waiting[others].get(one.device_id)
    if (!other) {
      waiting[mine].set(one.device_id, one)
      return
    }
    waiting[others].delete(one.device_id)
    if (mine === 'before') tell(one, other)
    else tell(other, one)
  }
  return {
    before: side('before', 'after'),
    after: side('after', 'before'),
    rest: () => {
      for (const one of waiting.before.values()) tell(one, null)
      for (const one of waiting.after.values()) tell(null, one)
    },
  }
}

/** Looks whether anything comes in while the range lasts. */
function watchedSource({ source, range }: FoldOptions) {
  let in_range = false
  const until = range.to + range.margin_ms
  const batches: FoldOptions['source']['batches'] = async function* (skip, fleeting) {
    for await (const batch of source.batches(skip, fleeting)) {
      in_range ||= batch.records.some(({ received_at }) => received_at >= range.from && received_at < until)
      yield batch
    }
  }
  return { source: { batches }, inRange: () => in_range }
}

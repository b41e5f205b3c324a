/** A thread of an impact: its share of the devices, folded by the sources of both revisions. */
import { parentPort, workerData } from 'node:worker_threads'
import type { DeviceImpact } from '../processors/impact-compare.ts'
import { type FoldRecords, foldSides, type ImpactFigures } from '../processors/impact-fold.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { reasonOf } from './error-line.ts'
import type { ImpactStart, Side } from './impact-fold.ts'
import { loadFold, RevisionRefused } from './impact-revision.ts'
import { withShare } from './replay-fold.ts'
import { answer, type FromShare, gatherItems } from './share-threads.ts'

if (!parentPort) throw new Error('this file runs as a thread of the impact')
const port = parentPort
const tell = (message: FromShare<DeviceImpact, ImpactFigures>) => port.postMessage(message)

/** So many devices and differences a message. */
const MOST = 500
const gathered = gatherItems<DeviceImpact>((items) => tell({ kind: 'items', items }), MOST)

const start = workerData as ImpactStart

async function fold(): Promise<ImpactFigures> {
  const sides = { before: start.before && (await foldOf(start.before)), after: await foldOf(start.after) }
  const figures = await withShare(
    start,
    {
      onPoison: (poison) => tell({ kind: 'poison', poison }),
      onRead: (_, read, total, records) => tell({ kind: 'read', read, total, records }),
    },
    (options) => foldSides(sides, options, (impact) => gathered.add(impact, 1 + impact.differences.length)),
  )
  gathered.flush()
  return figures
}

/** A chart that throws is told by its name; anything else that does is our bug. */
async function foldOf({ root, name }: Side): Promise<FoldRecords> {
  const foldRecords = await loadFold(root, name)
  return async (options, told) => {
    try {
      return await foldRecords(options, told)
    } catch (error) {
      const { stack = '' } = error as Error
      if (!stack.includes(`${root}/statecharts/`)) throw error
      throw new RevisionRefused(`the charts of ${name} fail: ${reasonOf(error, root)}`, { cause: error })
    }
  }
}

await answer(tell, fold, [SourceRefused, RevisionRefused])

/** A thread of a verify: its share of the devices. */
import { parentPort, workerData } from 'node:worker_threads'
import { type FoldedDevice, type FoldFigures, foldRecords } from '../processors/replay-fold.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { type ShareStart, withShare } from './replay-fold.ts'
import { answer, type FromShare, gatherItems } from './share-threads.ts'

if (!parentPort) throw new Error('this file runs as a thread of the replay')
const port = parentPort
const tell = (message: FromShare<FoldedDevice, FoldFigures>) => port.postMessage(message)

/** So many things a message. */
const MOST_THINGS = 2_000
const gathered = gatherItems<FoldedDevice>((items) => tell({ kind: 'items', items }), MOST_THINGS)

async function fold(): Promise<FoldFigures> {
  const figures = await withShare(
    workerData as ShareStart,
    {
      onPoison: (poison) => tell({ kind: 'poison', poison }),
      onRead: (_, read, total, records) => tell({ kind: 'read', read, total, records }),
    },
    (options) => foldRecords(options, async (device) => gathered.add(device, device.things.size)),
  )
  gathered.flush()
  return figures
}

await answer(tell, fold, [SourceRefused])

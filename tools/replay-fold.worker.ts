/** A thread of a verify: its share of the devices. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FoldedDevice } from '../processors/replay-fold.ts'
import { type FromShare, foldShare, type ShareStart } from './replay-fold.ts'

if (!parentPort) throw new Error('this file runs as a thread of the replay')
const port = parentPort
const tell = (message: FromShare) => port.postMessage(message)

/** So many things a message. */
const MOST_THINGS = 2_000
let devices: FoldedDevice[] = []
let things = 0

function flush(): void {
  if (devices.length > 0) tell({ kind: 'devices', devices })
  devices = []
  things = 0
}

const figures = await foldShare(
  workerData as ShareStart,
  {
    onPoison: (poison) => tell({ kind: 'poison', poison }),
    onRead: (_, read, total, records) => tell({ kind: 'read', read, total, records }),
  },
  async (device) => {
    devices.push(device)
    things += device.things.size
    if (things >= MOST_THINGS) flush()
  },
)
flush()
tell({ kind: 'done', figures })

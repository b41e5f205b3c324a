/** The fold of a verify over threads: each has its share of the devices, and reads the source by itself. */
import { Worker } from 'node:worker_threads'
import { type FoldedDevice, type FoldFigures, foldRecords } from '../processors/replay-fold.ts'
import type { Poison, ReplayRange } from '../processors/replay-source.ts'
import type { Fold } from '../processors/replay-verify.ts'
import { openSource } from './replay-open.ts'
import type { SourceOptions } from './replay-places.ts'

export type FoldPlan = {
  source: SourceOptions
  until: string | null
  range: ReplayRange
  threads: number
  onPoison: (poison: Poison) => void
  /** How far a share is, of how much, and how many records have been handled. */
  onRead: (share: number, read: number, total: number | null, records: number) => void
}

export type ShareStart = Pick<FoldPlan, 'source' | 'until' | 'range'> & { share: number; shares: number }

export type FromShare =
  | { kind: 'devices'; devices: FoldedDevice[] }
  | { kind: 'poison'; poison: Poison }
  | { kind: 'read'; read: number; total: number | null; records: number }
  | { kind: 'done'; figures: FoldFigures }

/** Tells now and then. */
const TOLD_EVERY_MS = 200

/** One share, in this thread. */
export async function foldShare(
  start: ShareStart,
  on: Pick<FoldPlan, 'onPoison' | 'onRead'>,
  tell: (device: FoldedDevice) => Promise<void>,
): Promise<FoldFigures> {
  const { source, until, range, share, shares } = start
  let read = 0
  let told_ms = 0
  const onRead = (now: number) => {
    read = now
  }
  const opened = await openSource({
    source,
    // What a device comes to, all of its past decides.
    range: { ...range, from: 0, to: range.to + range.margin_ms },
    until,
    onPoison: on.onPoison,
    onRead,
  })
  try {
    const onRecords = (records: number) => {
      const now = performance.now()
      if (now - told_ms < TOLD_EVERY_MS) return
      told_ms = now
      on.onRead(share, read, opened.total, records)
    }
    return await foldRecords({ source: opened.source, range, share, shares, onRecords }, tell)
  } finally {
    opened.close()
  }
}

/** A thread a share; with one, this thread. */
export function threadedFold(plan: FoldPlan): Fold {
  const { source, until, range, threads } = plan
  if (threads === 1)
    return async (tell) => [await foldShare({ source, until, range, share: 0, shares: 1 }, plan, tell)]
  return (tell) =>
    Promise.all(
      Array.from({ length: threads }, (_, share) =>
        inThread({ source, until, range, share, shares: threads }, plan, tell),
      ),
    )
}

async function inThread(
  start: ShareStart,
  plan: FoldPlan,
  tell: (device: FoldedDevice) => Promise<void>,
): Promise<FoldFigures> {
  const worker = new Worker(new URL('./replay-fold.worker.ts', import.meta.url), { workerData: start })
  const done = Promise.withResolvers<FoldFigures>()
  let telling: Promise<void> = Promise.resolve()
  let ended = false
  worker.on('message', (message: FromShare) => {
    if (message.kind === 'poison') plan.onPoison(message.poison)
    else if (message.kind === 'read') plan.onRead(start.share, message.read, message.total, message.records)
    else if (message.kind === 'done') {
      ended = true
      telling.then(() => done.resolve(message.figures), done.reject)
    } else {
      telling = telling.then(() => tellAll(message.devices, tell))
      telling.catch(done.reject)
    }
  })
  worker.on('error', done.reject)
  worker.on('exit', () => {
    if (!ended) done.reject(new Error('a thread of the replay has ended before its time'))
  })
  try {
    return await done.promise
  } finally {
    await worker.terminate()
  }
}

async function tellAll(
  devices: FoldedDevice[],
  tell: (device: FoldedDevice) => Promise<void>,
): Promise<void> {
  for (const device of devices) await tell(device)
}

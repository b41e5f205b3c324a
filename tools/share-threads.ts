/** Work on a source over threads: each has its share of the devices, and tells what it has come to. */
import { Worker } from 'node:worker_threads'
import { type Poison, SourceRefused } from '../processors/replay-source.ts'

export type FromShare<Item, Figures> =
  /** It has loaded what it needs, and may be ended: native code that is being loaded may not. */
  | { kind: 'ready' }
  | { kind: 'items'; items: Item[] }
  | { kind: 'poison'; poison: Poison }
  | { kind: 'read'; read: number; total: number | null; records: number }
  /** Nothing more comes: one line for a person. */
  | { kind: 'refused'; reason: string }
  | { kind: 'done'; figures: Figures }

export type ShareListener = {
  onPoison: (poison: Poison) => void
  /** How far a share is, of how much, and how many records have been handled. */
  onRead: (share: number, read: number, total: number | null, records: number) => void
}

type Tell<Item> = (item: Item) => Promise<void> | void

/**
 * A thread a start: `worker` is a file, `tell` hears the items of each in their order. When one fails, all end, by
 * themselves where `stop` of their data is 1.
 */
export async function runShares<Item, Figures>(
  worker: URL,
  starts: readonly { share: number }[],
  on: ShareListener,
  tell: Tell<Item>,
): Promise<Figures[]> {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const threads = starts.map((start) => new Worker(worker, { workerData: { ...start, stop } }))
  const loaded = threads.map(isLoaded)
  try {
    const shares = threads.map((thread, nth) =>
      listen<Item, Figures>(thread, starts[nth]?.share ?? nth, on, tell),
    )
    return await Promise.all(shares)
  } catch (error) {
    Atomics.store(stop, 0, 1)
    await Promise.all(threads.map(hasEnded))
    throw error
  } finally {
    await Promise.all(threads.map((thread, nth) => loaded[nth]?.then(() => thread.terminate())))
  }
}

/** What a thread that is to stop has for it: it looks whenever it has read something. */
const MOST_MS = 30_000

function hasEnded(thread: Worker): Promise<void> {
  if (thread.threadId === -1) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, MOST_MS)
    thread.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}

function isLoaded(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['message', 'error', 'exit']) thread.once(event, () => resolve())
  })
}

function listen<Item, Figures>(
  thread: Worker,
  share: number,
  on: ShareListener,
  tell: Tell<Item>,
): Promise<Figures> {
  const done = Promise.withResolvers<Figures>()
  let telling: Promise<void> = Promise.resolve()
  let ended = false
  thread.on('message', (message: FromShare<Item, Figures>) => {
    if (message.kind === 'poison') on.onPoison(message.poison)
    else if (message.kind === 'read') on.onRead(share, message.read, message.total, message.records)
    else if (message.kind === 'ready') return
    else if (message.kind === 'refused') done.reject(new SourceRefused(message.reason))
    else if (message.kind === 'done') {
      ended = true
      telling.then(() => done.resolve(message.figures), done.reject)
    } else {
      telling = telling.then(() => tellAll(message.items, tell))
      telling.catch(done.reject)
    }
  })
  thread.on('error', done.reject)
  thread.on('exit', () => {
    if (!ended) done.reject(new Error('a thread of the replay has ended before its time'))
  })
  return done.promise
}

async function tellAll<Item>(items: Item[], tell: Tell<Item>): Promise<void> {
  for (const item of items) await tell(item)
}

/** Within a thread: gathers items, so that a message is worth its while; `weight` is how many things an item is. */
export function gatherItems<Item>(post: (items: Item[]) => void, most: number) {
  let items: Item[] = []
  let weight = 0
  const flush = () => {
    if (items.length > 0) post(items)
    items = []
    weight = 0
  }
  return {
    add: (item: Item, weighs: number): void => {
      items.push(item)
      weight += weighs
      if (weight >= most) flush()
    },
    flush,
  }
}

/** Within a thread: runs `work` to its figures. What a person has to be told is told, and anything else is thrown. */
export async function answer<Figures>(
  post: (message: FromShare<never, Figures>) => void,
  work: () => Promise<Figures>,
  refusals: readonly (new (...all: never[]) => Error)[],
): Promise<void> {
  post({ kind: 'ready' })
  try {
    post({ kind: 'done', figures: await work() })
  } catch (error) {
    if (!refusals.some((kind) => error instanceof kind)) throw error
    post({ kind: 'refused', reason: (error as Error).message })
  }
}

/** The audit of a log in shards, which takes longer to read than one call may last: in turns, each from where the last one ended. */
import { DAY_MS, dayStart } from '../events/archive.ts'
import type { ArchiveBook } from '../events/archive-book.ts'
import type { EventLog } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { type Audit, type AuditEngine, createTally, untilDayEnds } from './audit-night.ts'
import type { NightInput } from './night-ports.ts'

export type ShardOfLog = { shard_id: string; log: Pick<EventLog, 'read'> }

export type ShardAuditPorts = {
  /** Everything that can still be read. */
  shards(): Promise<ShardOfLog[]>
  book: ArchiveBook
  engine: AuditEngine
  /** Epoch ms. */
  now: () => number
  /** No page is read after so long; what was read by then is compared. */
  turn_ms: number
}

const PAGE = 10_000

/** How far a shard was compared, and where it began. */
type Stretch = ShardOfLog & { from: string; to: string; whole: boolean }

/**
 * Adds to what earlier turns have found (`input.audit`). A shard's mark moves at once where nothing is missing: the
 * stream forgets by the clock, whatever the mark says, so that it only says where to go on. Where something is missing
 * the audit ends, and the next night begins there again.
 */
export async function auditShards(
  input: NightInput & { audit?: Audit },
  ports: ShardAuditPorts,
): Promise<Audit> {
  const end = (dayStart(input.day) as number) + DAY_MS
  const until = ports.now() + ports.turn_ms
  const before = input.audit ?? { records: 0, missing: 0, devices: [], confirmed: '', more: false }
  const session = await ports.engine.begin()
  try {
    let records = before.records
    const note = (page: LogRecord[]) => {
      session.note(page)
      records += page.length
    }
    const inTime = () => ports.now() < until
    const shards = await ports.shards()
    const read = await Promise.all(
      shards.map((shard) => readOn(shard, { end, note, inTime, book: ports.book })),
    )
    if (!(await session.agrees())) {
      const tally = createTally()
      // One after the other: it is a question of one DuckDB.
      for (const stretch of read)
        await again(stretch, end, async (page) => tally.add(await session.missing(page)))
      const { missing, devices } = tally.result()
      if (missing > 0) return { ...before, records, missing, devices, more: false }
    }
    for (const { shard_id, from, to } of read)
      if (to !== from) await ports.book.putMark(`confirmed:${shard_id}`, to)
    return { ...before, records, more: read.some(({ whole }) => !whole) }
  } finally {
    await session.close()
  }
}

type Reading = {
  end: number
  note: (page: LogRecord[]) => void
  inTime: () => boolean
  book: ArchiveBook
}

async function readOn(shard: ShardOfLog, { end, note, inTime, book }: Reading): Promise<Stretch> {
  const from = await book.mark(`confirmed:${shard.shard_id}`)
  let to = from
  while (inTime()) {
    const page = await shard.log.read(to, PAGE)
    const ours = untilDayEnds(page, end)
    note(ours)
    to = ours.at(-1)?.position ?? to
    if (page.length === 0 || ours.length < page.length) return { ...shard, from, to, whole: true }
  }
  return { ...shard, from, to, whole: false }
}

/** What `readOn` has read, once more. */
async function again(
  { log, from, to }: Stretch,
  end: number,
  look: (page: LogRecord[]) => Promise<void>,
): Promise<void> {
  for (let after = from; after !== to; ) {
    const page = untilDayEnds(await log.read(after, PAGE), end).filter(({ position }) => position <= to)
    const last = page.at(-1)
    // The stream has forgotten it meanwhile.
    if (!last) return
    await look(page)
    after = last.position
  }
}

/** What a consumer of the stream gave up, as the source of a replay: from a bucket, or a folder that holds a copy of one. */
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { BadFailedBatch, type FailedBatch, type FailedBatches } from '../events/failed-batch.ts'
import type { LogRecord } from '../events/record.ts'
import type { Poison, ReplaySource } from '../processors/replay-source.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { InfrastructureError } from './infrastructure-error.ts'
import { parseFailedBatch } from './s3-failed-batches.ts'

export type FailedRecordsOptions = {
  /** The key of a batch: those up to it are passed over. */
  after: string
  onPoison: (poison: Poison) => void
}

const LISTED = 200

/** Batch by batch in the order of their keys, which is that of each shard. An object that is no batch is set aside. */
export function failedRecords(
  failed: FailedBatches,
  { after, onPoison }: FailedRecordsOptions,
): ReplaySource {
  return {
    batches: async function* (skip) {
      let last = after
      for (;;) {
        const keys = await readable(() => failed.list(last, LISTED))
        for (const key of keys) {
          const records = wanted(await readOne(failed, key, onPoison), onPoison)
          yield { records: records.filter(({ topic }) => !skip?.(topic)), name: 'failed', position: key }
          last = key
        }
        if (keys.length < LISTED) return
      }
    },
  }
}

async function readOne(
  failed: FailedBatches,
  key: string,
  onPoison: (poison: Poison) => void,
): Promise<FailedBatch | null> {
  try {
    return await readable(() => failed.read(key))
  } catch (error) {
    if (!(error instanceof BadFailedBatch)) throw error
    onPoison({ position: key, reason: error.message, text: '' })
    return null
  }
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error
    throw new SourceRefused(`what was given up cannot be read: ${error.message}`, { cause: error })
  }
}

function wanted(batch: FailedBatch | null, onPoison: (poison: Poison) => void): LogRecord[] {
  return (batch?.records ?? []).filter(({ verdict, position, payload }) => {
    if (verdict !== 'not_a_record') return true
    onPoison({
      position,
      reason: 'is no record of this system',
      text: Buffer.from(payload).toString('base64'),
    })
    return false
  })
}

/** Every file below the folder is taken for a batch, under its path as a key. */
export function folderFailedBatches(folder: string): FailedBatches {
  return {
    list: async (after, limit) => {
      const files = await readdir(folder, { recursive: true, withFileTypes: true })
      const keys = files.flatMap((file) =>
        file.isFile() ? [relative(folder, join(file.parentPath, file.name)).split(sep).join('/')] : [],
      )
      return keys
        .filter((key) => key > after)
        .sort()
        .slice(0, limit)
    },
    read: async (key) => {
      try {
        return parseFailedBatch(key, await readFile(join(folder, key), 'utf8'))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
  }
}

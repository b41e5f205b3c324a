/**
 * The tables of the AWS home, to be compared with and repaired. Endpoint, region and credentials are AWS's own variables
 * (`AWS_ENDPOINT_URL_DYNAMODB` for a stand-in).
 */
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import type { Arriving, HotStore } from '../events/ports.ts'
import type { StoredThings } from '../processors/replay-compare.ts'
import { overlayStore } from '../processors/replay-overlay.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { processReplay } from '../processors/replay-write.ts'
import { UNGUARDED, withFed } from './replay-modes.ts'
import type { ReplayOptions } from './replay-options.ts'
import type { Writing } from './replay-writing.ts'

type Tables = { store: HotStore; close(): void }

function tablesOf(table_prefix: string): Tables {
  const client = createDynamoClient()
  return {
    store: asked(dynamodbStore({ client, table_prefix }), table_prefix),
    close: () => client.destroy(),
  }
}

/** Tables that there are not, or that nobody may read, are told in one line. */
function asked(store: HotStore, prefix: string): HotStore {
  const told = <A extends unknown[], R>(ask: (...of: A) => Promise<R>) => {
    return async (...of: A): Promise<R> => {
      try {
        return await ask(...of)
      } catch (error) {
        if (!(error instanceof InfrastructureError)) throw error
        const { message } = error
        throw new SourceRefused(`the tables ${prefix}… cannot be used: ${message}`, { cause: error })
      }
    }
  }
  return {
    ...store,
    loadStates: told(store.loadStates),
    things: told(store.things),
    write: told(store.write),
  }
}

/** What is stored, as it is while it is read: the functions on the stream go on. Which devices there are, nobody asks. */
export function openTables(prefix: string) {
  const { store, close } = tablesOf(prefix)
  const things: StoredThings = async (device_id, from, to) =>
    (await store.things(device_id, from, to)).filter(({ retracted }) => !retracted)
  return { things, history: store, position: () => null, deviceIds: () => [], close }
}

/**
 * Folds in what the tables lack of the stream, or of what was given up: records that were on the stream already. The
 * functions may run: of two writers of a device one is faster, and the other begins again.
 */
export function repairingTables({ source, dynamodb }: ReplayOptions): Writing & { close(): void } {
  if (source.kind !== 'kinesis' && source.kind !== 'failed')
    throw new SourceRefused(
      '--dynamodb is repaired from --kinesis or --failed; restream what was never on the stream',
    )
  const { store, close } = tablesOf(dynamodb ?? '')
  const over =
    (written: HotStore): Writing['write'] =>
    (batches, onDone, guard) => {
      const fed: Arriving[] = []
      const feed = async (records: Arriving[]) => void fed.push(...records)
      return processReplay(withFed(batches, fed), { store: written, feed, quarantine: false, guard, onDone })
    }
  return {
    dryRun: (batches, onDone) => over(overlayStore(store))(batches, onDone, UNGUARDED),
    write: over(store),
    close,
  }
}

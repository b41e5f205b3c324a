/**
 * The tables of the AWS home, to be compared with and repaired. Endpoint, region and credentials are AWS's own variables
 * (`AWS_ENDPOINT_URL_DYNAMODB` for a stand-in).
 */
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { createTables, hasTables } from '../adapters/dynamodb-tables.ts'
import { InfrastructureError } from '../adapters/infrastructure-error.ts'
import type { Arriving, HotStore } from '../events/ports.ts'
import type { StoredThings } from '../processors/replay-compare.ts'
import { overlayStore } from '../processors/replay-overlay.ts'
import { SourceRefused } from '../processors/replay-source.ts'
import { processReplay } from '../processors/replay-write.ts'
import { inTemporaryStore, shadow, UNGUARDED, withFed } from './replay-modes.ts'
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

/** Where a shadow of these tables lies. */
function shadowPrefix(prefix: string, table: string): string {
  return `${prefix}shadow-${table}-`
}

/**
 * All of the source folded into tables of its own beside the live ones, of the same shape: they could take their place. They
 * are made when it is written; on demand, so that they cost what is written to them, and nothing while they are not asked.
 */
export async function shadowingTables({
  dynamodb,
  table,
}: ReplayOptions): Promise<Writing & { close(): void }> {
  const prefix = shadowPrefix(dynamodb ?? '', table ?? '')
  const client = createDynamoClient()
  if (await told(prefix, () => hasTables(client, prefix))) {
    client.destroy()
    throw new SourceRefused(`the shadow ${table} is there already: delete the tables ${prefix}… first`)
  }
  return {
    // As a store that is not written whole: with the marks of repairs.
    dryRun: (batches, onDone) =>
      inTemporaryStore((store) => shadow({ ...store, atomic: false }, batches, onDone, UNGUARDED)),
    write: async (batches, onDone, guard) => {
      await told(prefix, () => createTables(client, prefix))
      return shadow(asked(dynamodbStore({ client, table_prefix: prefix }), prefix), batches, onDone, guard)
    },
    close: () => client.destroy(),
  }
}

async function told<T>(prefix: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof InfrastructureError)) throw error
    throw new SourceRefused(`the tables ${prefix}… cannot be used: ${error.message}`, { cause: error })
  }
}

/** Tables that there are not, or that nobody may read, are told in one line. */
function asked(store: HotStore, prefix: string): HotStore {
  const refusing = <A extends unknown[], R>(ask: (...of: A) => Promise<R>) => {
    return (...of: A): Promise<R> => told(prefix, () => ask(...of))
  }
  return {
    ...store,
    loadStates: refusing(store.loadStates),
    things: refusing(store.things),
    write: refusing(store.write),
  }
}

/** What is stored, as it is while it is read: the functions on the stream go on. Which devices there are, nobody asks. */
export function openTables(prefix: string, table: string | null) {
  const { store, close } = tablesOf(table === null ? prefix : shadowPrefix(prefix, table))
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

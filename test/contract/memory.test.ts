/** The contracts, on the twins in memory. */
import { memoryLog } from '../../adapters/memory-log.ts'
import { memoryStore } from '../../adapters/memory-store.ts'
import { eventLogContract } from './event-log-contract.ts'
import { hotStoreContract } from './hot-store-contract.ts'
import { readStoreContract } from './read-store-contract.ts'

const noFile = 'memory has no file to open again'
const noTransaction = 'each write is atomic, a batch is not, as in DynamoDB'

eventLogContract(
  'memory',
  async () => {
    let room = Number.POSITIVE_INFINITY
    const log = memoryLog({ room: () => room })
    return {
      log,
      reopen: async () => log,
      fill: async () => {
        room = 0
      },
      mend: async () => {
        room = Number.POSITIVE_INFINITY
      },
      dispose: async () => {},
    }
  },
  { skip: [{ reason: noFile, tests: ['a log that is opened again has everything, and goes on behind it'] }] },
)

hotStoreContract(
  'memory',
  async () => {
    let broken: string | null = null
    const store = memoryStore({
      onWrite: (what) => {
        if (broken !== null && what.startsWith(`${broken} `)) throw new Error(`crash before ${what}`)
      },
    })
    return {
      store,
      dump: async () => store.dump(),
      breakAt: async (table) => {
        broken = table
      },
      mend: async () => {
        broken = null
      },
      reopen: async () => store,
      dispose: async () => {},
    }
  },
  {
    skip: [
      { reason: noFile, tests: ['a store that is opened again has everything'] },
      {
        reason: noTransaction,
        tests: ['a crash leaves everything or nothing', 'a device in conflict has no rows left behind'],
      },
    ],
  },
)

readStoreContract('memory', async () => {
  const store = memoryStore()
  return { store, reads: store, dispose: async () => {} }
})

/** The contract of the log, on one shard of Kinesis' stand-in. */
import { afterAll, beforeAll } from 'vitest'
import { kinesisAppend, kinesisShard } from '../../adapters/kinesis-log.ts'
import type { EventLog } from '../../events/ports.ts'
import { type Kinesalite, startKinesalite } from '../stand-ins/kinesalite.ts'
import { eventLogContract } from './event-log-contract.ts'

let kinesis: Kinesalite

beforeAll(async () => {
  kinesis = await startKinesalite()
})

afterAll(() => kinesis.stop())

eventLogContract(
  'kinesis',
  async () => {
    const { stream, shard_ids } = await kinesis.newStream(1)
    const { client } = kinesis
    const [shard_id = ''] = shard_ids
    const open = (): EventLog => ({
      append: kinesisAppend({ client, stream }),
      ...kinesisShard({ client, stream, shard_id }),
    })
    return {
      log: open(),
      reopen: async () => open(),
      fill: async () => {},
      mend: async () => {},
      dispose: async () => {},
    }
  },
  {
    skip: [
      {
        reason: 'a stream has no room to run out of, and a call of many records is not one',
        tests: [
          'a log without room refuses the whole append, keeps what it has, and takes more when there is room',
        ],
      },
    ],
  },
)

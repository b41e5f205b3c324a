/** The memory that a verify of many events takes, and its time with the making of them. `npm run bench:replay` */
import { foldRecords } from '../processors/replay-fold.ts'
import { EVERYTHING, type ReplaySource } from '../processors/replay-source.ts'
import { verify } from '../processors/replay-verify.ts'
import { BATCH, batchAt } from './charging-fleet.ts'

const MANY = Number(process.argv[2] ?? 10_000_000)

/** The fleet as it is made, from nowhere: what is measured is what a verify holds. */
const made: ReplaySource = {
  batches: async function* () {
    for (let from = 0; from < MANY; from += BATCH)
      yield { records: batchAt(from, MANY), name: 'made', position: `${from}` }
  },
}
const started = performance.now()
const { figures } = await verify(
  {
    fold: async (tell) => [await foldRecords({ source: made, range: EVERYTHING, share: 0, shares: 1 }, tell)],
    stored: async () => [],
    device_ids: [],
  },
  // As where all of it is stored alike: what differs is for the report to hold.
  { ...EVERYTHING, from: Number.MAX_SAFE_INTEGER - 1 },
)
const took_s = (performance.now() - started) / 1_000
const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(
  `\nverify of ${MANY.toLocaleString('en')} events: ${figures[0]?.records.toLocaleString('en')} folded, at most ${peak_mb} MB, ${took_s.toFixed(0)} s with the making of them`,
)

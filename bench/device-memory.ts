/** What a device takes: in the store, in the processor between two batches, in a verify. `npm run bench` */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { memoryStore } from '../adapters/memory-store.ts'
import type { DeviceStateItem } from '../events/ports.ts'
import { applyRecords } from '../processors/apply-records.ts'
import { type DeviceRecord, openRecord, readRecord } from '../processors/decode-record.ts'
import { readState } from '../processors/parsed-states.ts'
import { type QuickDevice, quickDevice, takeQuick } from '../processors/replay-quick.ts'
import { BATCH, batchAt, DEVICES } from './charging-fleet.ts'

const EVENTS_EACH = 60
const EVENTS = DEVICES * EVENTS_EACH
/** What `replay-fold.ts` holds back of a device where there are a thousand. */
const HOLD = 20

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')

function heapUsed(): number {
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

function recordsByDevice(): Map<string, DeviceRecord[]> {
  const devices = new Map<string, DeviceRecord[]>()
  for (let from = 0; from < EVENTS; from += BATCH)
    for (const record of batchAt(from, EVENTS)) {
      const read = readRecord(openRecord(record), () => null) as DeviceRecord
      const known = devices.get(read.device_id)
      if (known) known.push(read)
      else devices.set(read.device_id, [read])
    }
  return devices
}

const noLookups = memoryStore()
const before = heapUsed()
const items: DeviceStateItem[] = []
for (const records of recordsByDevice().values()) {
  const { write } = await applyRecords(null, records, noLookups)
  // As a store would give it back: text of its own.
  if (write) items.push({ ...write.state, state: Buffer.from(write.state.state).toString() })
}
const text = items.reduce((bytes, { state }) => bytes + state.length, 0)
const withStates = heapUsed() - before - text
const parsed = items.map(readState)
const unchanged = items.filter((item, n) => readState(item) === parsed[n]).length

const start = heapUsed()
const verified: QuickDevice[] = []
for (const [device_id, records] of recordsByDevice()) {
  const device = quickDevice(device_id)
  for (const record of records) takeQuick(device, record, HOLD)
  verified.push(device)
}
const inVerify = heapUsed() - start

const each = (bytes: number) => `${Math.round(bytes / DEVICES).toLocaleString('en')} bytes`
console.log(`\n${DEVICES} chargers in their second session, ${EVENTS_EACH} events each; of one device`)
console.log(`  its state in the store                        ${each(text)}`)
console.log(
  `  kept by the processor, its text with it        ${each(withStates)} (${unchanged} of them kept)`,
)
console.log(
  `  held by a verify, ${HOLD} events and sessions with it  ${each(inVerify)} (${verified.length} devices)`,
)

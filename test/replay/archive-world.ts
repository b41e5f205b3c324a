/** One history on a log and in an archive, most of its days compacted: with whatever makes the two hard to tell alike. */
import { recordLine } from '../../adapters/ndjson-records.ts'
import { sqliteLog } from '../../adapters/sqlite-log.ts'
import { filesOf } from '../../embedded/folder.ts'
import { nightOf } from '../../embedded/night-home.ts'
import type { LogRecord, NewRecord } from '../../events/record.ts'
import { untilTopic } from '../../events/topics.ts'
import { archiveRow } from '../../processors/archive-row.ts'
import { openRecord } from '../../processors/decode-record.ts'
import {
  archived,
  configRecord,
  fleetRecords,
  folderWith,
  fromDevice,
  newFolder,
  quiet,
  write,
} from './replay-world.ts'

export const START = Date.UTC(2026, 0, 5)
export const HOUR = 3_600_000

export type ArchivedHistory = { data: string; file: string }

/** A folder with a log and the archive of it, and the log as a file, less the copies, which a night drops. */
export async function archivedHistory(seed: number): Promise<ArchivedHistory> {
  const fleet = fleetRecords(seed, 'normal', ['--shared-circuits', '0.5'])
  const records = [...fleet, ...odd()].sort((a, b) => a.received_at - b.received_at)
  const data = newFolder()
  const before = records.filter(({ received_at }) => received_at < START + 50 * HOUR)
  await folderWith(before, data)
  await archived(data)
  for (const day of DAYS) await nightOf({ data, day, logger: quiet, retry_ms: 0 })
  const log = sqliteLog(filesOf(data).log)
  const compacted = await log.tail()
  await folderWith(records.slice(before.length), data)
  await archived(data, compacted)
  const all = await log.read('', 1_000_000)
  log.close()
  const known = new Set<string>()
  const isFirst = (record: LogRecord) => {
    const { identity } = archiveRow(openRecord(record), () => null)
    const isCopy = known.has(identity)
    if (record.position <= compacted) known.add(identity)
    return !isCopy || record.position > compacted
  }
  return {
    data,
    file: write(
      all
        .filter(isFirst)
        .map((record) => `${recordLine(record)}\n`)
        .join(''),
    ),
  }
}

const DAYS = ['2026-01-05', '2026-01-06', '2026-01-07']

/** What nobody's topic tells, what moves from one device to another, and what is about another time than its own. */
function odd(): NewRecord[] {
  const wireless = (at: number, n: number) => {
    const said = { device_id: 'board', device_type: 'evse', timestamp: at, event_type: 'telemetry', n }
    const PayloadData = Buffer.from(JSON.stringify(said)).toString('base64')
    return fromDevice('sidewalk/x', at + 900, JSON.stringify({ WirelessDeviceId: 'w-1', PayloadData }))
  }
  const until = (at: number, of: number): NewRecord => ({
    ...fromDevice(untilTopic('sim-evse-01'), at, JSON.stringify({ device_id: 'sim-evse-01', until: of })),
    source: 'internal',
    verdict: 'ok',
  })
  const at = (hours: number) => START + hours * HOUR
  return [
    // Nobody has the id yet; then two devices, one after the other, and one from a time before.
    wireless(at(1), 1),
    configRecord('away-1', { device_type: 'evse', wireless_device_id: 'w-1', location: 'yard' }, at(2)),
    wireless(at(3), 2),
    wireless(at(30), 3),
    configRecord('away-2', { device_type: 'evse', wireless_device_id: 'w-1' }, at(31), at(29)),
    wireless(at(32), 4),
    wireless(at(55), 5),
    // For a time that is still to come, and for one long gone.
    configRecord('sim-evse-02', { device_type: 'evse', location: 'elsewhere' }, at(3), at(26)),
    configRecord('sim-evse-03', { device_type: 'evse', location: 'yard' }, at(50), at(4)),
    until(at(40), at(6)),
    until(at(58), at(58)),
    fromDevice('some/where', at(5), 'no device says this'),
    { ...fromDevice('sidewalk/sim-evse-01', at(6), ''), payload: Uint8Array.of(0xff, 0, 0x7b) },
    fromDevice('sidewalk/sim-evse-01', at(7), '{"half":'),
    fromDevice('ev/evse/sim-evse-01/telemetry', at(8), '{"device_id":"another","timestamp":1}'),
    fromDevice(`ev/evse/${'x'.repeat(300)}/telemetry`, at(9), '{}'),
    fromDevice('pilotline/config/sim-evse-01', at(10), '{}'),
    fromDevice('sidewalk/b\u00e9-1', at(11), `{"device_id":"b\u00e9-1","note":"\u2014 \u{1f50c}"}`),
  ]
}

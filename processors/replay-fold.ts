/**
 * Records of many devices folded to the things they come to, in bounded memory: first all of them once, each device's in
 * the order of the log, by the quick way; then, a group at a time, those for which that is not enough.
 */
import type { LogRecord } from '../events/record.ts'
import { configTopic } from '../events/topics.ts'
import { openRecord, readRecord } from './decode-record.ts'
import { createOwners, shareOf } from './replay-owner.ts'
import { endQuick, type QuickDevice, quickDevice, takeQuick } from './replay-quick.ts'
import type { ReplayRange, ReplaySource } from './replay-source.ts'
import type { Things } from './replay-things.ts'
import { foldWhole } from './replay-whole.ts'
import { MOST_RECORDS, takenTogether, type Waiting } from './taken-together.ts'

export type FoldedDevice = { device_id: string; records: number; refused: number; things: Things }

export type FoldOptions = {
  source: ReplaySource
  /** Only `device_id`, `to` and `margin_ms` count here: what a thing comes to, everything before it decides. */
  range: ReplayRange
  /** Of all devices this fold has the `share`th of so many parts. */
  share: number
  shares: number
  /** Told now and then how many records have been read of, and in which pass, from 1. */
  onRecords?: (records: number, pass: number) => void
  /** Bytes of payload that a pass for the others holds. */
  group_bytes?: number
  /** Records that wait for others of their devices. */
  together?: number
}

export type FoldFigures = {
  /** Read from the source by this share: its own devices' and those of nobody, which the first share counts. */
  records: number
  /** Refused whoever sent them. */
  refused: number
  /** Devices that the processor itself had to fold. */
  whole: number
  passes: number
}

/** Of the topics that tell configurations. */
const CONFIG_PREFIX = configTopic('')

const GROUP_BYTES = 96 * 1024 * 1024
/** Events held back over all devices: what lives long is dear to collect. */
const HELD = 20_000
const MOST_HELD = 32

type Device = Waiting & { quick: QuickDevice | null; records: number; bytes: number }

/**
 * Folds, and tells each device once, in no order. A contract: `npm run impact` calls it in older revisions, with these
 * options, and reads what it tells.
 */
export async function foldRecords(
  options: FoldOptions,
  tell: (device: FoldedDevice) => Promise<void>,
): Promise<FoldFigures> {
  const devices = new Map<string, Device>()
  const figures: FoldFigures = { records: 0, refused: 0, whole: 0, passes: 1 }
  const most = options.together ?? MOST_RECORDS
  const together = takenTogether<Device>(most, (device, records) =>
    takeRecords(device, records, holdOf(devices.size)),
  )
  await eachRecord(options, 1, figures, (device_id, record) => {
    let device = devices.get(device_id)
    if (!device) {
      device = { quick: quickDevice(device_id), records: 0, bytes: 0, waiting: null }
      devices.set(device_id, device)
    }
    device.records++
    device.bytes += record.payload.byteLength
    if (device.quick) together.add(device, record)
  })
  together.end()
  const others: [string, Device][] = []
  for (const [device_id, device] of devices) {
    const { quick, records } = device
    if (!quick) {
      others.push([device_id, device])
      continue
    }
    device.quick = null
    await tell({ device_id, records, things: endQuick(quick), refused: quick.refused })
  }
  figures.whole = others.length
  for (const group of groupsOf(others, options.group_bytes ?? GROUP_BYTES))
    await foldGroup(options, group, ++figures.passes, tell)
  return figures
}

function holdOf(devices: number): number {
  return Math.max(4, Math.min(MOST_HELD, Math.floor(HELD / devices)))
}

function takeRecords(device: Device, records: readonly LogRecord[], hold: number): void {
  const { quick } = device
  if (!quick) return
  for (const record of records) {
    const read = readRecord(openRecord(record), () => quick.device_id)
    if ('rejection' in read) quick.refused++
    else if (!takeQuick(quick, read, hold)) {
      device.quick = null
      return
    }
  }
}

async function foldGroup(
  options: FoldOptions,
  group: [string, Device][],
  pass: number,
  tell: (device: FoldedDevice) => Promise<void>,
): Promise<void> {
  const gathered = new Map<string, LogRecord[]>(group.map(([device_id]) => [device_id, []]))
  await eachRecord(options, pass, null, (device_id, record) => gathered.get(device_id)?.push(record))
  for (const [device_id, records] of gathered) {
    const { things, refused } = await foldWhole(device_id, records)
    gathered.set(device_id, [])
    await tell({ device_id, records: records.length, things, refused })
  }
}

function groupsOf(devices: [string, Device][], most: number): [string, Device][][] {
  const groups: [string, Device][][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const one of devices) {
    // What a record weighs beside its payload.
    const weight = one[1].bytes + one[1].records * 200
    if (bytes + weight > most) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(one)
    bytes += weight
  }
  return groups
}

/** Each record of this share in the order of the log. */
async function eachRecord(
  { source, range, share, shares, onRecords }: FoldOptions,
  pass: number,
  figures: FoldFigures | null,
  take: (device_id: string, record: LogRecord) => void,
): Promise<void> {
  const owners = createOwners()
  const { device_id: only, to, margin_ms } = range
  const all = shares === 1 && only === null
  const isMine = (device_id: string) =>
    all || (shareOf(device_id, shares) === share && (only === null || only === device_id))
  const skip = (topic: string): boolean => {
    const device_id = owners.byTopic(topic)
    // A configuration may say under which id IoT Wireless knows its device: everybody hears it.
    return device_id !== undefined && !isMine(device_id) && !topic.startsWith(CONFIG_PREFIX)
  }
  const heard_by = to + margin_ms
  let records = 0
  for await (const { records: batch } of source.batches(all ? undefined : skip)) {
    for (const record of batch) {
      if (record.received_at >= heard_by) continue
      const device_id = owners.whose(record)
      if (device_id === null) {
        if (figures && share === 0 && only === null) {
          figures.records++
          figures.refused++
        }
      } else if (isMine(device_id)) {
        if (figures) figures.records++
        take(device_id, record)
      }
    }
    records += batch.length
    onRecords?.(records, pass)
  }
}

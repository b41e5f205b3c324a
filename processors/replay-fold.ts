/**
 * Records of many devices folded to the things they come to, in bounded memory: first all of them once, each device's in
 * the order of the log, by the quick way; then, a group at a time, those for which that is not enough.
 */
import { isTold, type LogRecord } from '../events/record.ts'
import { hasNewerChart } from '../statecharts/device-state.ts'
import { openRecord, readRecord } from './decode-record.ts'
import type { Begin } from './replay-begin.ts'
import { endQuick, type QuickDevice, quickDevice, takeQuick } from './replay-quick.ts'
import { eachRecord, type ShareOptions } from './replay-share.ts'
import type { Things } from './replay-things.ts'
import { foldWhole, lastUnset } from './replay-whole.ts'
import { MOST_RECORDS, takenTogether, type Waiting } from './taken-together.ts'

export type FoldedDevice = {
  device_id: string
  records: number
  refused: number
  things: Things
  /**
   * Folded from here on, epoch ms, of what was stored up to there; null: not at all, for nobody knows where to begin. Absent:
   * from its beginning.
   */
  since?: number | null
}

export type FoldOptions = ShareOptions & {
  /** Bytes of payload that a pass for the others holds. */
  group_bytes?: number
  /** Records that wait for others of their devices. */
  together?: number
  /** Of a source that may lack the beginning of devices: where their folds begin. */
  begin?: Begin
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

const GROUP_BYTES = 96 * 1024 * 1024
/** Events held back over all devices: what lives long is dear to collect. */
const HELD = 20_000
const MOST_HELD = 32

type Device = Waiting & {
  quick: QuickDevice | null
  records: number
  bytes: number
  since?: number | null
}

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
  const take = (device: Device, record: LogRecord) => {
    device.records++
    device.bytes += isTold(record) ? record.payload_bytes : record.payload.byteLength
    if (device.quick) together.add(device, record)
  }
  await eachRecord(options, 1, figures, (device_id, record) => {
    const device = devices.get(device_id)
    if (device) return take(device, record)
    const added = newDevice(device_id)
    devices.set(device_id, added)
    if (!options.begin) return take(added, record)
    return begun(options.begin, device_id, added, record).then(() => take(added, record))
  })
  together.end()
  const others: [string, Device][] = []
  for (const [device_id, device] of devices) {
    const { quick, records, since } = device
    if (since === null) await tell({ device_id, records, things: new Map(), refused: 0, since })
    else if (!quick) others.push([device_id, device])
    else {
      device.quick = null
      const things = endQuick(quick)
      await tell({ device_id, records, things, refused: quick.refused, ...sinceOf(device) })
    }
  }
  figures.whole = others.length
  for (const group of groupsOf(others, options.group_bytes ?? GROUP_BYTES))
    await foldGroup(options, group, ++figures.passes, tell)
  return figures
}

function newDevice(device_id: string): Device {
  return { quick: quickDevice(device_id), records: 0, bytes: 0, waiting: null }
}

async function begun(begin: Begin, device_id: string, device: Device, first: LogRecord): Promise<void> {
  const beginning = await begin(device_id, first)
  if (beginning === 'anew') return
  if (beginning === 'nowhere') {
    device.quick = null
    device.since = null
    return
  }
  if (beginning.at) device.since = beginning.at.ts
  // What a newer version of a chart takes over, and when, is the processor's to say.
  const { state } = beginning
  device.quick = state.upgrades?.length || hasNewerChart(state) ? null : quickDevice(device_id, beginning)
}

function sinceOf({ since }: Device): Pick<FoldedDevice, 'since'> {
  return since === undefined ? {} : { since }
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
  await eachRecord(options, pass, null, (device_id, record) => {
    gathered.get(device_id)?.push(record)
  })
  for (const [device_id, device] of group) {
    const records = gathered.get(device_id) ?? []
    const first = records[0] as LogRecord
    const beginning = (await options.begin?.(device_id, first, lastUnset(device_id, records))) ?? 'anew'
    const from = typeof beginning === 'object' ? beginning : null
    if (from?.at) device.since = from.at.ts
    if (beginning === 'nowhere') device.since = null
    const nothing = { things: new Map(), refused: 0 }
    const { things, refused } = device.since === null ? nothing : await foldWhole(device_id, records, from)
    gathered.set(device_id, [])
    await tell({ device_id, records: records.length, things, refused, ...sinceOf(device) })
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

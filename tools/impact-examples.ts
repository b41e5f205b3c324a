/** Examples of what differs, to click through event by event: what each revision's chart does with what a device said. */
import { eventView } from '../api/event-view.ts'
import type { DeviceType } from '../events/event.ts'
import { compareKeys } from '../events/key.ts'
import type { EventRow } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { beganAt, type Difference } from '../processors/impact-compare.ts'
import { differenceText, type ImpactReport, WHATS } from '../processors/impact-report.ts'
import { createOwners } from '../processors/replay-owner.ts'
import { processWhole } from '../processors/replay-whole.ts'
import type { ImpactOptions } from './impact-options.ts'
import type { RevisionCode } from './impact-revision.ts'
import { type ExampleStep, stepsOf } from './impact-steps.ts'
import { pastOf } from './replay-archive.ts'
import { openSource } from './replay-open.ts'

export type Example = {
  title: string
  device_id: string
  chart: string
  instance: string
  steps: ExampleStep[]
}

export type Chosen = { device_id: string; difference: Difference }

/** Of each sort of difference the largest first, one sort after the other. */
export function chooseExamples({ differences }: Pick<ImpactReport, 'differences'>, most: number): Chosen[] {
  const all = differences.flatMap(({ device_id, differences }) =>
    differences.map((difference): Chosen => ({ device_id, difference })),
  )
  const sorts = Map.groupBy(all, ({ difference: { what, kind } }) => `${WHATS.indexOf(what)} ${kind}`)
  const queues = [...sorts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, of]) => of.sort((a, b) => weightOf(b.difference) - weightOf(a.difference)))
  const chosen: Chosen[] = []
  while (chosen.length < most && queues.some((queue) => queue.length > 0))
    for (const queue of queues) {
      const one = queue.shift()
      if (one && chosen.length < most) chosen.push(one)
    }
  return chosen
}

/** kWh that it moves, and then how long it lasts. */
function weightOf({ before, after }: Difference): number {
  const sum = (side: Difference['before']) => side.reduce((kwh, one) => kwh + (one.energy_kwh ?? 0), 0)
  const began = Math.min(...[...before, ...after].map(({ started_at }) => started_at))
  return Math.abs(sum(after) - sum(before)) * 1e6 + Math.min(1e5, (endOf({ before, after }) - began) / 1000)
}

function endOf({ before, after }: Pick<Difference, 'before' | 'after'>): number {
  return Math.max(...[...before, ...after].map(({ started_at, ended_at }) => ended_at ?? started_at))
}

/** The records of the devices are read once more, and each is stepped through both revisions' charts. */
export async function makeExamples(
  chosen: readonly Chosen[],
  options: ImpactOptions,
  before: RevisionCode,
  after: RevisionCode,
  onRead: OnRead,
): Promise<Example[]> {
  const ids = [...new Set(chosen.map(({ device_id }) => device_id))]
  const records = await recordsOf(ids, options, onRead)
  const examples: Example[] = []
  for (const device_id of ids) {
    const { store } = await processWhole(device_id, records.get(device_id) ?? [])
    const rows = await store.history(device_id, EVERY_KEY)
    for (const one of chosen)
      if (one.device_id === device_id) examples.push(...exampleOf(one, rows, before, after))
  }
  return examples
}

/** How far the history has been read once more, of how much, and how many records that were. */
export type OnRead = (read: number, total: number | null, records: number) => void

const EVERY_KEY = { from: { ts: 0, ord: '' }, to: { ts: Number.MAX_SAFE_INTEGER, ord: '' } }

async function recordsOf(
  ids: string[],
  { source, range }: ImpactOptions,
  onRead: OnRead,
): Promise<Map<string, LogRecord[]>> {
  const found = new Map<string, LogRecord[]>(ids.map((id) => [id, []]))
  // An archive opens only the files of the device that it is asked for.
  const readings = source.kind === 'archive' ? ids : [null]
  const until = range.to + range.margin_ms
  let [read, records] = [0, 0]
  for (const device_id of readings) {
    const opened = await openSource({
      source,
      range: { ...pastOf(range), device_id },
      until: null,
      onPoison: () => {},
      onRead: (now) => {
        read = now
      },
    })
    const owners = createOwners()
    try {
      for await (const batch of opened.source.batches()) {
        for (const record of batch.records) {
          const whose = owners.whose(record)
          if (whose !== null && record.received_at < until) found.get(whose)?.push(record)
        }
        records += batch.records.length
        onRead(read, opened.total, records)
      }
    } finally {
      opened.close()
    }
  }
  return found
}

/** One example for each chart of the device that does something else in it; the first, where none does. */
function exampleOf(
  { device_id, difference }: Chosen,
  rows: readonly EventRow[],
  before: RevisionCode,
  after: RevisionCode,
): Example[] {
  const sorted = rows.toSorted(compareKeys)
  const text = sorted.map((row) => JSON.stringify(eventView(row))).join('\n')
  const type = sorted.find(({ origin }) => origin === 'device')?.device_type as DeviceType | undefined
  if (type === undefined) return []
  const span = { from: beganAt(difference), to: endOf(difference) }
  const names = new Set([before, after].flatMap(({ chartsOf }) => chartsOf(type).map(({ name }) => name)))
  const made = [...names].flatMap((name) => {
    const of = (code: RevisionCode) => ({
      code,
      instance: code.chartsOf(type).find((one) => one.name === name) ?? null,
    })
    const [was, is] = [of(before), of(after)]
    const steps = stepsOf(text, type, span, was, is)
    const chart = (is.instance ?? was.instance)?.chart.id ?? ''
    const example = { title: differenceText(difference), device_id, chart, instance: name, steps }
    return steps.length === 0 ? [] : [{ example, differs: steps.some(({ differs }) => differs) }]
  })
  const telling = made.filter(({ differs }) => differs)
  return (telling.length > 0 ? telling : made.slice(0, 1)).map(({ example }) => example)
}

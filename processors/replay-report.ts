/** What a replay found, as JSON and as text: the same log gives the same bytes, whoever read it and however many at once. */
import { hashOf } from '../events/hash.ts'
import type { ChangedThing, Compared, ToldThing } from './replay-compare.ts'
import type { ReplayRange } from './replay-source.ts'

export type VerifyReport = {
  report: 'verify'
  range: { from: number | null; to: number | null; device_id: string | null; location: string | null }
  records: number
  /** Records that no device takes, as the processor would quarantine them. */
  refused: number
  devices: number
  same: number
  appear: number
  vanish: number
  change: number
  /** Of finished sessions and cycles. */
  stored_kwh: number
  folded_kwh: number
  /** Of a source that lacks the beginning of some devices: how much of them was compared. */
  begins?: ReportedBeginnings
  /** Devices with a difference, by device_id. */
  differences: Omit<Compared, 'records' | 'refused' | 'same'>[]
  /** SHA-256 over everything above, its first 32 hex digits. */
  hash: string
}

export type ReportedBeginnings = {
  /** Epoch ms; what was received before may be lacking. null where each device has its own. */
  source_from: number | null
  /** Devices that were folded from a checkpoint: of them is compared what began behind it, or was open there. */
  from_checkpoint: number
  /** Epoch ms of the earliest of these checkpoints and of the latest. */
  checkpoints: [number, number] | null
  /** Devices of which no checkpoint lies behind what is lacking and what they said with no clock set, by device_id. */
  not_compared: string[]
}

/** `since`: where devices were folded from that are not whole on the source. */
export type Begun = { not_compared: string[]; since: number[] }

export function verifyReport(
  compared: readonly Compared[],
  { from, to, device_id, location }: ReplayRange,
  rest: { records: number; refused: number },
  begun: (Begun & { lacking_ms: number | null }) | null = null,
): VerifyReport {
  const sorted = [...compared].sort((a, b) => (a.device_id < b.device_id ? -1 : 1))
  const sum = (of: (one: Compared) => number) => sorted.reduce((all, one) => all + of(one), 0)
  const told: Omit<VerifyReport, 'hash'> = {
    report: 'verify',
    range: {
      from: from > 0 ? from : null,
      to: to < Number.MAX_SAFE_INTEGER ? to : null,
      device_id,
      location,
    },
    records: rest.records,
    refused: rest.refused + sum((one) => one.refused),
    devices: sorted.length,
    same: sum((one) => one.same),
    appear: sum((one) => one.appear.length),
    vanish: sum((one) => one.vanish.length),
    change: sum((one) => one.change.length),
    stored_kwh: rounded(sum((one) => one.stored_kwh)),
    folded_kwh: rounded(sum((one) => one.folded_kwh)),
    ...(begun && { begins: beginsOf(begun) }),
    differences: sorted.filter(differs).map(({ records: _r, refused: _f, same: _s, ...one }) => ({
      ...one,
      stored_kwh: rounded(one.stored_kwh),
      folded_kwh: rounded(one.folded_kwh),
    })),
  }
  return { ...told, hash: hashOf([JSON.stringify(told)]) }
}

function beginsOf({
  lacking_ms,
  not_compared,
  since,
}: Begun & { lacking_ms: number | null }): ReportedBeginnings {
  const [earliest, latest] = since.reduce(
    ([least, most], at) => [Math.min(least, at), Math.max(most, at)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  return {
    source_from: lacking_ms,
    from_checkpoint: since.length,
    checkpoints:
      earliest === undefined || latest === undefined || since.length === 0 ? null : [earliest, latest],
    not_compared: not_compared.toSorted(),
  }
}

/** A small enough part of a kWh that the order of a sum does not show. */
export function rounded(kwh: number): number {
  return Math.round(kwh * 1e6) / 1e6 + 0
}

export function differs({ appear, vanish, change }: Pick<Compared, 'appear' | 'vanish' | 'change'>): boolean {
  return appear.length + vanish.length + change.length > 0
}

/** Lines for a person. `shown` bounds those about single things. */
export function verifyLines(report: VerifyReport, shown = 200): string[] {
  const lines = [
    `${count(report.records)} records of ${count(report.devices)} devices, ${count(report.refused)} refused`,
    `${count(report.same)} same, ${count(report.appear)} would appear, ${count(report.vanish)} would vanish, ${count(report.change)} would change`,
    `${kwhText(report.stored_kwh)} stored, ${kwhText(report.folded_kwh)} by the log (${signed(report.folded_kwh - report.stored_kwh)} kWh)`,
  ]
  if (report.begins) lines.push(...beginLines(report.begins))
  const details = report.differences.flatMap(detailLines)
  lines.push(...details.slice(0, shown))
  if (details.length > shown)
    lines.push(`… and ${count(details.length - shown)} lines more: --json FILE has them all`)
  lines.push(`report ${report.hash}`)
  return lines
}

function beginLines({
  source_from,
  from_checkpoint,
  checkpoints,
  not_compared,
}: ReportedBeginnings): string[] {
  const lines = source_from === null ? [] : [`what was received before ${timeText(source_from)} is not on it`]
  if (checkpoints) {
    const [first, last] = checkpoints.map(timeText)
    const where = first === last ? `at ${first}` : `between ${first} and ${last}`
    lines.push(
      `${count(from_checkpoint)} devices were folded from a stored checkpoint ${where}, and compared from there on`,
    )
  }
  if (not_compared.length > 0) {
    const more = not_compared.length > NAMED ? ', …' : ''
    lines.push(
      `${count(not_compared.length)} not compared, with no stored checkpoint behind what is lacking and what was said with ` +
        `no clock set: ${not_compared.slice(0, NAMED).join(', ')}${more}`,
    )
  }
  return lines
}

const NAMED = 10

function detailLines(one: VerifyReport['differences'][number]): string[] {
  const { appear, vanish, change } = one
  return [
    `${one.device_id}: ${appear.length} appear, ${vanish.length} vanish, ${change.length} change, ${signed(one.folded_kwh - one.stored_kwh)} kWh`,
    ...appear.map((thing) => `  + ${thingText(thing)}`),
    ...vanish.map((thing) => `  - ${thingText(thing)}`),
    ...change.map((thing) => `  ~ ${changeText(thing)}`),
  ]
}

function thingText({ kind, id, started_at, ended_at, energy_kwh }: ToldThing): string {
  const energy = energy_kwh === null ? '' : ` ${kwhText(energy_kwh)}`
  return `${kind} ${id} ${timeText(started_at)} to ${ended_at === null ? 'now' : timeText(ended_at)}${energy}`
}

function changeText({ kind, id, started_at, ended_at, energy_kwh, location, other }: ChangedThing): string {
  const end = (at: number | null) => (at === null ? 'open' : timeText(at))
  const energy = (of: number | null) => (of === null ? 'none' : kwhText(of))
  const parts = [
    ...(ended_at ? [`end ${end(ended_at[0])} → ${end(ended_at[1])}`] : []),
    ...(energy_kwh ? [`${energy(energy_kwh[0])} → ${energy(energy_kwh[1])}`] : []),
    ...(location ? [`location ${location[0] ?? 'none'} → ${location[1] ?? 'none'}`] : []),
    ...(other ? ['its details'] : []),
  ]
  return `${kind} ${id} ${timeText(started_at)}: ${parts.join(', ')}`
}

export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

export function kwhText(value: number): string {
  return `${value.toFixed(3)} kWh`
}

export function signed(value: number): string {
  const text = value.toFixed(3)
  return value > 0 ? `+${text}` : text === '-0.000' ? '0.000' : text
}

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

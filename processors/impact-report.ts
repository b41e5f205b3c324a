/** What a change of charts would do to a history, as JSON and as text: the same for the same log and the same two revisions. */
import { hashOf } from '../events/hash.ts'
import {
  addTotals,
  type DeviceImpact,
  type Difference,
  type ImpactThing,
  noTotals,
  type Totals,
  type What,
} from './impact-compare.ts'
import { count, kwhText, rounded, signed, timeText } from './replay-report.ts'
import type { ReplayRange } from './replay-source.ts'

/** A chart on either side; null where there is none. `differs`: in what is drawn, or in the code of its guards, actions and delays. */
export type ChartImpact = {
  id: string
  before: number | null
  after: number | null
  differs: boolean
  /** A line for each state, edge, guard, action, delay or field that differs. */
  lines: string[]
}

export type ImpactReport = {
  report: 'impact'
  /** What was given, and the commit that it is. */
  base: { revision: string; commit: string }
  range: { from: number | null; to: number | null; device_id: string | null; location: string | null }
  /** Files that the fold is made of and that differ. */
  changed_files: string[]
  charts: ChartImpact[]
  records: number
  refused: { before: number; after: number }
  devices: number
  same: number
  found: Record<What, number>
  before: Totals
  after: Totals
  /** Devices with a difference, by device_id. */
  differences: Pick<DeviceImpact, 'device_id' | 'before' | 'after' | 'differences'>[]
  /** SHA-256 over everything above, its first 32 hex digits. */
  hash: string
}

export type Told = Pick<ImpactReport, 'base' | 'changed_files' | 'charts' | 'records' | 'refused'>

export const WHATS: readonly What[] = ['appear', 'vanish', 'split', 'merge', 'change', 'recut']

const WORDS: Record<What, string> = {
  appear: 'would appear',
  vanish: 'would vanish',
  split: 'would split',
  merge: 'would merge',
  change: 'would change',
  recut: 'would be cut otherwise',
}

export function impactReport(
  impacts: readonly DeviceImpact[],
  { from, to, device_id, location }: ReplayRange,
  { base, changed_files, charts, records, refused }: Told,
): ImpactReport {
  const sorted = impacts.toSorted((a, b) => (a.device_id < b.device_id ? -1 : 1))
  const [before, after] = [noTotals(), noTotals()]
  const found = Object.fromEntries(WHATS.map((what) => [what, 0])) as Record<What, number>
  for (const one of sorted) {
    addTotals(before, one.before)
    addTotals(after, one.after)
    for (const { what } of one.differences) found[what]++
  }
  const sumOf = (side: 'before' | 'after') =>
    refused[side] + sorted.reduce((sum, one) => sum + one.refused[side], 0)
  const told: Omit<ImpactReport, 'hash'> = {
    report: 'impact',
    base,
    range: {
      from: from > 0 ? from : null,
      to: to < Number.MAX_SAFE_INTEGER ? to : null,
      device_id,
      location,
    },
    changed_files,
    charts,
    records,
    refused: { before: sumOf('before'), after: sumOf('after') },
    devices: sorted.length,
    same: sorted.reduce((sum, one) => sum + one.same, 0),
    found,
    before: roundedTotals(before),
    after: roundedTotals(after),
    differences: sorted
      .filter(({ differences }) => differences.length > 0)
      .map((one) => ({
        device_id: one.device_id,
        before: roundedTotals(one.before),
        after: roundedTotals(one.after),
        differences: one.differences,
      })),
  }
  return { ...told, hash: hashOf([JSON.stringify(told)]) }
}

/** Whether anything differs: what the history comes to, or a chart. */
export function hasImpact({ differences, charts, refused }: ImpactReport): boolean {
  return differences.length > 0 || charts.some(({ differs }) => differs) || refused.before !== refused.after
}

function roundedTotals(totals: Totals): Totals {
  const { energy_kwh, charging_s, cycle_s } = totals
  return {
    ...totals,
    energy_kwh: rounded(energy_kwh),
    charging_s: charging_s === null ? null : rounded(charging_s),
    cycle_s: rounded(cycle_s),
  }
}

/** Lines for a person. `shown` bounds those about single things. */
export function impactLines(report: ImpactReport, shown = 200): string[] {
  const { base, before, after, found, refused } = report
  const details = report.differences.flatMap(deviceLines)
  return [
    `${base.revision} (${base.commit.slice(0, 12)}) and the working tree`,
    ...report.charts.flatMap(chartLines),
    `${count(report.records)} records of ${count(report.devices)} devices, ${refusedText(refused)} refused`,
    `${count(report.same)} same, ${foundText(found)}`,
    `sessions ${bothText(before.sessions, after.sessions)}, cycles ${bothText(before.cycles, after.cycles)}, alarms ${bothText(before.alarms, after.alarms)}`,
    `energy ${kwhText(before.energy_kwh)} → ${kwhText(after.energy_kwh)} (${signed(after.energy_kwh - before.energy_kwh)} kWh)`,
    `charging ${hoursText(before.charging_s)} → ${hoursText(after.charging_s)}, in cycles ${hoursText(before.cycle_s)} → ${hoursText(after.cycle_s)}`,
    ...details.slice(0, shown),
    ...(details.length > shown
      ? [`… and ${count(details.length - shown)} lines more: --json FILE has them all`]
      : []),
    `report ${report.hash}`,
  ]
}

function chartLines({ id, before, after, differs, lines }: ChartImpact): string[] {
  if (before === null) return [`${id}: added, version ${after}`]
  if (after === null) return [`${id}: removed, was version ${before}`]
  const versions = before === after ? `version ${after}` : `version ${before} → ${after}`
  return [`${id}: ${versions}, ${differs ? 'differs' : 'the same'}`, ...lines.map((line) => `  ${line}`)]
}

export function foundText(found: Record<What, number>): string {
  return WHATS.filter((what) => what !== 'recut' || found.recut > 0)
    .map((what) => `${count(found[what])} ${WORDS[what]}`)
    .join(', ')
}

function refusedText({ before, after }: ImpactReport['refused']): string {
  return before === after ? count(after) : `${count(before)} → ${count(after)}`
}

function bothText(before: number, after: number): string {
  return before === after ? count(after) : `${count(before)} → ${count(after)}`
}

export function hoursText(seconds: number | null): string {
  return seconds === null ? 'not told' : `${(seconds / 3600).toFixed(2)} h`
}

function deviceLines({
  device_id,
  before,
  after,
  differences,
}: ImpactReport['differences'][number]): string[] {
  const charging =
    before.charging_s === null || after.charging_s === null
      ? ''
      : `, charging ${signed((after.charging_s - before.charging_s) / 3600)} h`
  return [
    `${device_id}: ${count(differences.length)} differ, ${signed(after.energy_kwh - before.energy_kwh)} kWh${charging}`,
    ...differences.map((one) => `  ${differenceText(one)}`),
  ]
}

const SIGNS: Record<What, string> = {
  appear: '+',
  vanish: '-',
  split: '<',
  merge: '>',
  change: '~',
  recut: '≠',
}

/** One line: what was, and what would be. */
export function differenceText({ what, kind, variety, before, after, fields = [] }: Difference): string {
  const name = variety === null ? kind : `${kind} (${variety})`
  const sides = [before, after]
    .filter((side) => side.length > 0)
    .map((side) => side.map(thingText).join(' and '))
  const details = fields.length > 0 ? `: ${fields.join(', ')}` : ''
  return `${SIGNS[what]} ${name} ${sides.join(' → ')}${details}`
}

function thingText({ started_at, ended_at, energy_kwh }: ImpactThing): string {
  const energy = energy_kwh === null ? '' : ` ${kwhText(energy_kwh)}`
  return `${timeText(started_at)} to ${ended_at === null ? 'now' : timeText(ended_at)}${energy}`
}

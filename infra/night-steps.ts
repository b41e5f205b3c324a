/** The functions of the night: what each may touch in the archive, and what else. */
import type { AwsTable } from '../adapters/aws-names.ts'
import { LANDING, MANIFESTS, SET_ASIDE, STAGING } from '../events/archive.ts'
import { MONTHS } from '../events/archive-months.ts'
import type { NightStep } from '../workflows/night-tasks.ts'

/** Compacted files, by their years and those of stations. */
const PARTITIONS = ['2', 'telemetry/']
/** What small devices' files become when their month is over; and both. */
const PLACES = [...PARTITIONS, MONTHS]
const TABLES = ['energy/', 'sessions/', 'cycles/']

type Grant = { actions: string[]; table: AwsTable; index?: string }

export type NightStepShape = {
  step: NightStep
  /** What the code exports. */
  handler: string
  /** Has all that has landed in `/tmp` at once, or what a batch needs, or nothing. */
  storage: 'all' | 'batch' | null
  /** Beginnings of names in the archive; '' is all of it. */
  reads: string[]
  writes: string[]
  removes: string[]
  grants: Grant[]
  reads_log?: true
  sees_nights?: true
}

const MARKS: Grant = { actions: ['dynamodb:GetItem', 'dynamodb:PutItem'], table: 'lookups' }

export const NIGHT_STEPS: readonly NightStepShape[] = [
  {
    step: 'Plan',
    handler: 'plan',
    storage: 'all',
    reads: [LANDING, MONTHS],
    writes: [STAGING, SET_ASIDE],
    removes: [STAGING, LANDING],
    grants: [],
    sees_nights: true,
  },
  {
    step: 'Spread',
    handler: 'spread',
    storage: 'all',
    reads: [LANDING, STAGING],
    writes: [STAGING],
    removes: [STAGING],
    grants: [],
  },
  {
    step: 'Compact',
    handler: 'compact',
    storage: 'batch',
    reads: [LANDING, STAGING, ...PLACES],
    writes: [STAGING],
    removes: [],
    grants: [],
  },
  {
    step: 'Verify',
    handler: 'verify',
    storage: 'batch',
    reads: [LANDING, STAGING, ...PLACES],
    writes: [],
    removes: [],
    grants: [],
  },
  {
    step: 'Publish',
    handler: 'publish',
    storage: null,
    reads: [STAGING],
    writes: PARTITIONS,
    removes: [STAGING],
    grants: [],
  },
  {
    step: 'Aggregate',
    handler: 'aggregate',
    storage: 'all',
    reads: [LANDING, STAGING, ...PLACES],
    writes: TABLES,
    removes: TABLES,
    grants: [
      { actions: ['dynamodb:PutItem'], table: 'lookups' },
      { actions: ['dynamodb:BatchWriteItem'], table: 'energy' },
      { actions: ['dynamodb:Query'], table: 'energy', index: 'DayIndex' },
      { actions: ['dynamodb:Query'], table: 'summaries', index: 'FleetIndex' },
      { actions: ['dynamodb:Query'], table: 'config' },
    ],
  },
  {
    step: 'PlanMonths',
    handler: 'planMonths',
    storage: null,
    reads: [STAGING],
    writes: [STAGING],
    removes: [],
    grants: [{ actions: ['dynamodb:GetItem'], table: 'lookups' }],
  },
  {
    step: 'GatherMonth',
    handler: 'gatherMonth',
    storage: 'batch',
    reads: [STAGING, ...PLACES],
    writes: [STAGING],
    removes: [],
    grants: [],
  },
  {
    step: 'VerifyMonth',
    handler: 'verifyMonth',
    storage: 'batch',
    reads: [STAGING, ...PLACES],
    writes: [],
    removes: [],
    grants: [],
  },
  {
    step: 'PublishMonth',
    handler: 'publishMonth',
    storage: null,
    reads: [STAGING],
    writes: [MONTHS],
    removes: [STAGING, ...PARTITIONS],
    grants: [],
  },
  {
    step: 'Audit',
    handler: 'audit',
    storage: 'all',
    reads: [LANDING, ...PLACES],
    writes: [],
    removes: [],
    grants: [MARKS],
    reads_log: true,
  },
  {
    step: 'Finish',
    handler: 'finish',
    storage: null,
    reads: [STAGING, MANIFESTS],
    writes: [MANIFESTS],
    removes: [LANDING, STAGING],
    grants: [MARKS],
  },
]

/** What every step may, so that it answers what it answered before. */
export const REMEMBERS = ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem']

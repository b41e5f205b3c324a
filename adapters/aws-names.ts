/**
 * Names on AWS, written once: tables with their keys and indexes, the variables that tell a function where they are, and
 * the keys that spread a fleet. The infrastructure, the adapters and the stand-ins of the tests all read them here.
 */
import { hashOf } from '../events/hash.ts'

export type KeyAttribute = { name: string; type: 'S' | 'N' }
export type IndexShape = {
  name: string
  partition: KeyAttribute
  sort: KeyAttribute
  projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE'
  /** What beside the keys is in the index. */
  include?: readonly string[]
}
export type TableShape = {
  /** Behind the prefix of the stage: `tableName`. */
  name: string
  partition: KeyAttribute
  sort?: KeyAttribute
  indexes: readonly IndexShape[]
  /** Attribute with the epoch seconds after which DynamoDB may forget the item. */
  ttl?: string
  /** What goes is told on the table's stream, as it was. */
  tells_removals?: true
}

const text = (name: string): KeyAttribute => ({ name, type: 'S' })
const number = (name: string): KeyAttribute => ({ name, type: 'N' })

/** `timestamp` is millisecond and ordinal joined as `ms.ordinal`: 38 digits, which a double cannot hold. */
const EVENT_SORT = number('timestamp')

export const TABLES = {
  /** What devices said, what was configured, what charts decided. */
  events: {
    name: 'device_events',
    partition: text('device_id'),
    sort: EVENT_SORT,
    indexes: [
      { name: 'LocationTimeIndex', partition: text('location'), sort: EVENT_SORT, projection: 'ALL' },
      // Sparse: decisions and configurations are a few among many readings, and are found without walking past them.
      { name: 'DecidedIndex', partition: text('decided_device'), sort: EVENT_SORT, projection: 'ALL' },
      {
        name: 'DecidedLocationIndex',
        partition: text('decided_location'),
        sort: EVENT_SORT,
        projection: 'ALL',
      },
    ],
    ttl: 'ttl',
    // What is forgotten is looked for in the archive first.
    tells_removals: true,
  },
  /** One item a device: everything its charts know. */
  states: {
    name: 'device_state',
    partition: text('device_id'),
    indexes: [
      // Sparse: only a device with a timer has `due_at`. Keys only, so that a write that moves no timer is no index write.
      { name: 'DueIndex', partition: text('shard'), sort: number('due_at'), projection: 'KEYS_ONLY' },
      { name: 'DeviceListIndex', partition: text('shard'), sort: text('device_id'), projection: 'KEYS_ONLY' },
      // Written when a chart moves: an index write is one where what it holds differs.
      {
        name: 'StandingIndex',
        partition: text('by_type'),
        sort: text('device_id'),
        projection: 'INCLUDE',
        include: ['device_type', 'standing'],
      },
    ],
  },
  /** Every version of every configuration; `version` sorts by effective_from, written_at, identity. */
  config: {
    name: 'device_config',
    partition: text('device_id'),
    sort: text('version'),
    indexes: [],
  },
  /** Sessions, cycles, alarms, and what came too late to be folded, by `kind#id`; the lists sort by `started`, which is started_at and id. */
  summaries: {
    name: 'summaries',
    partition: text('thing'),
    indexes: [
      { name: 'DeviceIndex', partition: text('by_device'), sort: text('started'), projection: 'ALL' },
      { name: 'LocationIndex', partition: text('by_location'), sort: text('started'), projection: 'ALL' },
      { name: 'FleetIndex', partition: text('by_shard'), sort: text('started'), projection: 'ALL' },
    ],
    ttl: 'ttl',
  },
  /** Aliases, identities, checkpoints and consumers' positions: found by their whole key, or by one partition of it. */
  lookups: {
    name: 'device_lookups',
    partition: text('lookup'),
    sort: text('entry'),
    indexes: [],
    ttl: 'ttl',
  },
  /** Records that were bad in themselves, whole. */
  quarantine: {
    name: 'quarantine',
    partition: text('shard'),
    sort: text('position'),
    // The same keys once more, without the payloads: to count without reading what is counted.
    indexes: [
      { name: 'CountIndex', partition: text('shard'), sort: text('position'), projection: 'KEYS_ONLY' },
    ],
  },
  /** Energy by device and hour, written over by the nights. */
  energy: {
    name: 'energy_hours',
    partition: text('device_id'),
    sort: number('starts_at'),
    indexes: [
      { name: 'LocationIndex', partition: text('location'), sort: number('starts_at'), projection: 'ALL' },
      // By the UTC day in which an hour ends, and a shard: what a night finds there that is no more, goes.
      { name: 'DayIndex', partition: text('ended'), sort: number('ends_at'), projection: 'KEYS_ONLY' },
    ],
  },
  /** What a night's steps have answered, as Powertools keeps it. */
  tasks: { name: 'night_tasks', partition: text('id'), indexes: [], ttl: 'expiration' },
} as const satisfies Record<string, TableShape>

export type AwsTable = keyof typeof TABLES

/** The table's name in an account: `pilotline-small-` and `device_events` make `pilotline-small-device_events`. */
export function tableName(prefix: string, table: AwsTable): string {
  return prefix + TABLES[table].name
}

/** Environment variables of the functions; `environment.ts` reads them. */
export const AWS_VARIABLES = {
  /** Put before every table's name, its separator included. */
  table_prefix: 'PILOTLINE_TABLE_PREFIX',
  /** Name of the Kinesis stream. */
  stream: 'PILOTLINE_STREAM',
  /** Where commands to devices are published: the data endpoint of AWS IoT Core, with its scheme. */
  iot_endpoint: 'PILOTLINE_IOT_ENDPOINT',
} as const

/** Functions that have to do with the archive are told beside these. */
export const ARCHIVE_VARIABLES = {
  /** Name of the archive's bucket. */
  archive_bucket: 'PILOTLINE_ARCHIVE_BUCKET',
} as const

/** The night's functions are told beside these. */
export const NIGHT_VARIABLES = {
  /** ARN of the state machine that calls them. */
  night: 'PILOTLINE_NIGHT',
} as const

/** The API is told where to put questions to the archive. */
export const QUERY_VARIABLES = {
  athena_workgroup: 'PILOTLINE_ATHENA_WORKGROUP',
  athena_database: 'PILOTLINE_ATHENA_DATABASE',
} as const

/** Glue's database of a stage, and Athena's workgroup; a database's name has no dashes. */
export function databaseName(prefix: string): string {
  return `${prefix.replaceAll('-', '_')}archive`
}
export function workgroupName(prefix: string): string {
  return `${prefix}questions`
}

/** Folder in the bucket of failures that Lambda gives what a consumer gave up; its name is not ours to choose. */
export const GIVEN_UP_FOLDER = 'aws/lambda/'

/** CloudWatch namespace of the metrics. */
export const METRICS_NAMESPACE = 'Pilotline'

/** The `service` of a function's metrics and log lines; stages share an account, so their prefix is in it. */
export function serviceName(prefix: string, name: FunctionName): string {
  return prefix + name
}

export type FunctionName = 'processor' | 'sweep' | 'api' | 'archive' | 'expired' | 'night' | `night-${string}`

/** The state machine of a stage's nights. */
export function nightName(prefix: string): string {
  return `${prefix}nightly`
}

/** Lists over the whole fleet are spread over so many partitions, each of which takes 1,000 writes a second. */
const SHARDS = 16

export const ALL_SHARDS: readonly string[] = Array.from({ length: SHARDS }, (_, n) => shardName(n))

/** The shard of a device, a thing or a position: always the same one. */
export function shardOf(id: string): string {
  return shardName(Number.parseInt(hashOf([id]).slice(0, 4), 16) % SHARDS)
}

function shardName(n: number): string {
  return String(n).padStart(2, '0')
}

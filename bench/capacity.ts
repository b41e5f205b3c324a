/**
 * Requests and capacity units per thousand events of a fleet of 20 chargers, on the stand-in of DynamoDB, and what each
 * is for. `node bench/capacity.ts [hours]`
 */
import { type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createDynamoClient } from '../adapters/aws-clients.ts'
import { type AwsTable, TABLES, type TableShape, tableName } from '../adapters/aws-names.ts'
import { createCapacityMeter, type Spent } from '../adapters/capacity-meter.ts'
import type { Item } from '../adapters/dynamodb-calls.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import type { LogRecord } from '../events/record.ts'
import { newFleet, runFleet } from '../firmware-model/fleet.ts'
import { processBatch } from '../processors/process-batch.ts'
import { atEndpoint, startDynalite } from '../test/stand-ins/dynalite.ts'
import { indexUnits, itemBytes } from './index-units.ts'

const CHARGERS = 20
const HOURS = Number(process.argv[2] ?? 24)
/** How long Lambda gathers a batch: the shorter, the more batches write the state of a device for one event. */
const WINDOWS_S = [1, 60]
const START = Date.UTC(2026, 10, 2)
/** On demand, $ a million (FACTS: DynamoDB on demand). */
const WRITE_UNITS_USD = 0.625
const READ_UNITS_USD = 0.125

const FOR: Record<string, string> = {
  'BatchGetItem states': 'the state, read once a device and batch',
  'PutItem states': 'the state, written last',
  'states/DueIndex': 'a timer that moved to another step of five minutes',
  'states/StandingIndex': 'a chart that moved, for the fleet on its chart',
  'states/DeviceListIndex': 'a device heard of for the first time',
  'PutItem events': 'rows of what was said and decided',
  'events/LocationTimeIndex': 'events of a location',
  'events/DecidedIndex': 'decisions of a device',
  'events/DecidedLocationIndex': 'decisions of a location',
  'PutItem lookups': 'checkpoints, aliases, identities',
  'PutItem summaries': 'sessions as lists show them',
  'summaries/DeviceIndex': 'sessions of a device',
  'summaries/LocationIndex': 'sessions of a location',
  'summaries/FleetIndex': 'sessions of the fleet',
}

function recordsOf(): LogRecord[] {
  const fleet = newFleet({ seed: 7, chargers: CHARGERS, thermostats: 0, start_at: START })
  const { events } = runFleet(fleet, START + HOURS * 3_600_000)
  return events.map(({ at, topic, payload }, n) => ({
    position: String(n + 1).padStart(20, '0'),
    received_at: at + 80,
    source: 'mqtt',
    topic,
    payload: new TextEncoder().encode(payload),
    verdict: 'ok',
  }))
}

/** What Lambda would hand over: what comes within a window of the first, 500 at most. */
function batchesOf(records: LogRecord[], window_s: number): LogRecord[][] {
  const batches: LogRecord[][] = []
  for (const record of records) {
    const last = batches.at(-1)
    const opened = last?.[0]?.received_at ?? Number.NEGATIVE_INFINITY
    if (last && last.length < 500 && record.received_at - opened < window_s * 1000) last.push(record)
    else batches.push([record])
  }
  return batches
}

type Stored = { indexes: Record<string, number>; bytes: Record<string, number[]> }

/** Counts what the indexes would cost, which the stand-in does not, and how large the items are. */
function watchPuts(client: DynamoDBClient, prefix: string): Stored {
  const watched: Stored = { indexes: {}, bytes: {} }
  const stored = new Map<string, Item>()
  const tables = new Map(
    (Object.keys(TABLES) as AwsTable[]).map((table) => [tableName(prefix, table), table]),
  )
  const send = client.send.bind(client) as (command: unknown) => Promise<unknown>
  const watch = async (command: unknown) => {
    const answer = await send(command)
    if (!(command instanceof PutItemCommand)) return answer
    const { TableName = '', Item: item = {} } = command.input
    const table = tables.get(TableName) as AwsTable
    const { partition, sort }: TableShape = TABLES[table]
    const key = JSON.stringify([table, item[partition.name], sort && item[sort.name]])
    for (const [index, units] of Object.entries(indexUnits(table, stored.get(key) ?? null, item))) {
      const name = `${table}/${index}`
      watched.indexes[name] = (watched.indexes[name] ?? 0) + units
    }
    stored.set(key, item)
    const of = item.lookup?.S?.split('#')[0] ?? table
    const sizes = watched.bytes[of] ?? []
    watched.bytes[of] = sizes
    sizes.push(itemBytes(item))
    return answer
  }
  Object.assign(client, { send: watch })
  return watched
}

function show(events: number, spent: Record<string, Spent>, { indexes, bytes }: Stored): void {
  const per = (n: number) => ((n / events) * 1000).toFixed(0).padStart(8)
  const line = (name: string, requests: string, units: string) =>
    console.log(`  ${name.padEnd(28)} ${requests.padStart(8)} ${units} ${FOR[name] ? `  ${FOR[name]}` : ''}`)
  line('call or index', 'requests', '   units')
  let [requests, writes, reads] = [0, 0, 0]
  for (const [name, one] of Object.entries(spent).sort()) {
    line(name, per(one.requests), per(one.units))
    requests += one.requests
    if (/^(?:Put|BatchWrite)/.test(name)) writes += one.units
    else reads += one.units
  }
  for (const [name, units] of Object.entries(indexes).sort()) {
    line(name, '', per(units))
    writes += units
  }
  console.log(
    `  all: ${per(requests).trim()} requests, ${per(writes).trim()} write and ${per(reads).trim()} read units`,
  )
  const usd = (writes * WRITE_UNITS_USD + reads * READ_UNITS_USD) / events
  console.log(`  $${usd.toFixed(2)} a million events, on demand`)
  for (const [of, sizes] of Object.entries(bytes)) {
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    console.log(`  ${of}: ${mean.toFixed(0)} bytes, ${Math.max(...sizes)} at most`)
  }
}

const dynalite = await startDynalite()
const records = recordsOf()
console.log(`\n${CHARGERS} chargers, ${HOURS} h, ${records.length} messages; per 1,000 of them`)
for (const window_s of WINDOWS_S) {
  const table_prefix = await dynalite.newTables()
  const client = createDynamoClient(atEndpoint(dynalite.endpoint))
  const stored = watchPuts(client, table_prefix)
  const meter = createCapacityMeter()
  const store = dynamodbStore({ client, table_prefix, meter })
  const ports = { store, metrics: { count() {}, gauge() {} }, logger: { info() {}, warn() {}, error() {} } }
  const batches = batchesOf(records, window_s)
  for (const batch of batches) await processBatch(batch, ports)
  console.log(`\nbatches of what came within ${window_s} s: ${batches.length}`)
  show(records.length, meter.spent(), stored)
  client.destroy()
}
await dynalite.stop()

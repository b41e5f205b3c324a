/**
 * What an event costs the processor on AWS beside the embedded home, without the network: the SDK's calls are answered
 * from memory. What the SDK itself needs to write, sign and read a call is with the network. `node bench/aws-handler.ts [batch]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BatchGetItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { tableName } from '../adapters/aws-names.ts'
import type { Item } from '../adapters/dynamodb-calls.ts'
import { dynamodbStore } from '../adapters/dynamodb-store.ts'
import { sqliteStore } from '../adapters/sqlite-store.ts'
import type { HotStore } from '../events/ports.ts'
import type { LogRecord } from '../events/record.ts'
import { newFleet, runFleet } from '../firmware-model/fleet.ts'
import { processBatch } from '../processors/process-batch.ts'
import { race, showRace } from './timing.ts'

const BATCH = Number(process.argv[2] ?? 500)
const CHARGERS = 20
const EVENTS = 6_000
const START = Date.UTC(2026, 10, 2)

function recordsOf(): LogRecord[] {
  const fleet = newFleet({ seed: 7, chargers: CHARGERS, thermostats: 0, start_at: START, pace: 'brisk' })
  const { events } = runFleet(fleet, START + 3 * 3_600_000)
  return events.slice(0, EVENTS).map(({ at, topic, payload }, n) => ({
    position: String(n + 1).padStart(20, '0'),
    received_at: at + 80,
    source: 'mqtt',
    topic,
    payload: new TextEncoder().encode(payload),
    verdict: 'ok',
  }))
}

/** Takes every put, keeps the states, and gives them back. */
function clientInMemory(): DynamoDBClient {
  const states = new Map<string, Item>()
  const name = tableName('', 'states')
  const send = async (command: unknown) => {
    if (command instanceof PutItemCommand && command.input.TableName === name)
      states.set(command.input.Item?.device_id?.S ?? '', command.input.Item ?? {})
    if (!(command instanceof BatchGetItemCommand)) return {}
    const keys = command.input.RequestItems?.[name]?.Keys ?? []
    const found = keys.map(({ device_id }) => states.get(device_id?.S ?? ''))
    return { Responses: { [name]: found.filter((state) => state !== undefined) } }
  }
  return { send } as unknown as DynamoDBClient
}

const records = recordsOf()

async function run(store: HotStore, consumer?: string): Promise<void> {
  const ports = { store, metrics: { count() {}, gauge() {} }, logger: { info() {}, warn() {}, error() {} } }
  for (let from = 0; from < records.length; from += BATCH)
    await processBatch(records.slice(from, from + BATCH), ports, consumer)
}

const folder = mkdtempSync(join(tmpdir(), 'pilotline-bench-'))
let file = 0
const per_round = records.length
const timed = await race(
  [
    {
      name: 'embedded: into SQLite, durable',
      per_round,
      run: async () => {
        const store = sqliteStore(join(folder, `hot-${file++}.sqlite`))
        await run(store, 'bench')
        store.close()
      },
    },
    {
      name: 'AWS: into calls of DynamoDB',
      per_round,
      run: () => run(dynamodbStore({ client: clientInMemory(), table_prefix: '' })),
    },
  ],
  5,
)
rmSync(folder, { recursive: true })
showRace(`${CHARGERS} chargers, ${records.length} events in batches of ${BATCH}`, timed)

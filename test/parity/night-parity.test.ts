/** The same day in both homes: the same files with the same rows in them, the same aggregates, the same answers. */
import { afterEach, describe, expect, it } from 'vitest'
import { STORED_COLUMNS } from '../../adapters/duckdb-columns.ts'
import { openDuck, parquetFiles } from '../../adapters/duckdb-open.ts'
import { dynamodbEnergy } from '../../adapters/dynamodb-energy.ts'
import type { ArchiveFiles } from '../../events/archive.ts'
import type { EnergyBook } from '../../events/energy-hours.ts'
import { NIGHT_STEPS } from '../../infra/night-steps.ts'
import { processBatch } from '../../processors/process-batch.ts'
import type { Manifest } from '../../workflows/finish-night.ts'
import type { NightPlan } from '../../workflows/night-ports.ts'
import type { NightStep } from '../../workflows/night-tasks.ts'
import { charger } from '../archive/archived-records.ts'
import { createNightHome, type NightHome } from '../archive/night-home.ts'
import { grantsOf } from '../infra/grants.ts'
import { synthesise } from '../infra/synthesise.ts'
import { noMetrics, silentLogger } from '../simulation/consumer.ts'
import { type AwsNightHome, type CallStep, startAwsNightHome } from './aws-night-home.ts'
import { fleetMessages } from './fleet-messages.ts'

const DAY = '2024-01-15'
const STEPS = NIGHT_STEPS.map(({ step }) => step)
/** The night that puts January together. */
const MONTH_DAY = '2024-02-02'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function startAws(remaining_ms?: number): Promise<AwsNightHome> {
  const home = await startAwsNightHome(remaining_ms)
  stops.push(home.stop)
  return home
}

async function startEmbedded(): Promise<NightHome> {
  const home = await createNightHome()
  stops.push(home.close)
  return home
}

const said = (seed: number) =>
  fleetMessages({ seed, chargers: 3, thermostats: 2, hours: 0.6 }).filter(
    ({ received_at }) => received_at < Date.UTC(2024, 0, 16),
  )

type Table = { name: string; rows: number; hash: string }

/** Of the places in the log nothing is said: each home has its own. */
async function tablesOf(files: ArchiveFiles): Promise<Table[]> {
  const names = (await files.list('')).map(({ name }) => name).filter((name) => name.endsWith('.parquet'))
  const duck = await openDuck()
  try {
    const tables: Table[] = []
    for (const name of names) {
      const [path = ''] = await files.bring([name], duck.scratch)
      const columns = /(^|\/)events\.parquet$/.test(name)
        ? STORED_COLUMNS.filter((column) => !column.startsWith('log_')).join(', ')
        : 'COLUMNS(*)'
      const [row] = await duck.rows<{ rows: number; hash: string }>(
        `SELECT count(*) AS rows, md5(string_agg(row, '|' ORDER BY row)) AS hash
         FROM (SELECT to_json(t)::VARCHAR AS row FROM (SELECT ${columns} FROM ${parquetFiles([path])}) t)`,
      )
      tables.push({ name, rows: row?.rows ?? 0, hash: row?.hash ?? '' })
    }
    return tables
  } finally {
    await duck.close()
  }
}

async function manifestOf(files: ArchiveFiles): Promise<Manifest> {
  return JSON.parse(new TextDecoder().decode((await files.get(`manifests/${DAY}.json`)) ?? new Uint8Array()))
}

async function hoursOf(energy: EnergyBook, devices: readonly string[]) {
  const of = { from: 0, to: 9e12 }
  return Promise.all(devices.map((device_id) => energy.hours({ by: { device_id }, ...of })))
}

const onlyParquet = (tables: Table[]) => tables.filter(({ name }) => !name.startsWith('landing/'))

async function embeddedNight(seed: number) {
  const embedded = await startEmbedded()
  const taken = await embedded.take(said(seed).map((record) => ({ ...record, position: '' })))
  await processBatch(taken, { store: embedded.hot, metrics: noMetrics, logger: silentLogger }, 'charts')
  const finished = await embedded.night(DAY)
  return { embedded, finished, tables: await tablesOf(embedded.files) }
}

async function awsDay(seed: number, remaining_ms?: number): Promise<AwsNightHome> {
  const aws = await startAws(remaining_ms)
  const log = await aws.append(said(seed))
  await aws.land(log)
  await aws.process(log)
  return aws
}

describe('a night on AWS', { timeout: 400_000 }, () => {
  it('makes of the same day the same files, aggregates and manifest as the embedded one', async () => {
    const { embedded, finished, tables } = await embeddedNight(1)
    const aws = await awsDay(1)
    // A batch that was delivered twice.
    const log = await aws.append([])
    expect(log).toEqual([])
    expect(await aws.night(DAY)).toEqual(finished)
    expect(onlyParquet(await tablesOf(aws.files))).toEqual(tables)
    expect(tables.filter(({ name }) => name.startsWith('2024/')).length).toBeGreaterThan(4)
    expect(tables.map(({ name }) => name.split('/')[0])).toEqual(
      expect.arrayContaining(['energy', 'sessions', 'cycles']),
    )
    const energy = dynamodbEnergy({ client: aws.dynalite.client, table_prefix: aws.table_prefix })
    const devices = tables.flatMap(({ name }) => /^2024\/01\/15\/([^=]+)\/events/.exec(name)?.[1] ?? [])
    const hours = await hoursOf(embedded.book.energy, devices)
    expect(await hoursOf(energy, devices)).toEqual(hours)
    expect(hours.flat().length).toBeGreaterThan(0)
    expect(await energy.aggregatedUntil()).toBe(await embedded.book.energy.aggregatedUntil())
    const [one, other] = [await manifestOf(aws.files), await manifestOf(embedded.files)]
    expect(one.audit).toMatchObject({ records: other.audit.records, missing: 0 })
    expect(one.partitions.map(({ name, rows }) => [name, rows])).toEqual(
      other.partitions.map(({ name, rows }) => [name, rows]),
    )
    expect((await aws.files.list('landing/')).length).toBe(0)
    expect((await aws.files.list('staging/')).length).toBe(0)
    // The same of the night that puts the month together.
    await embedded.night(MONTH_DAY)
    expect(await aws.night(MONTH_DAY)).toMatchObject({ well: true, rows: 0 })
    const months = await tablesOf(embedded.files)
    expect(onlyParquet(await tablesOf(aws.files))).toEqual(months)
    expect(months.some(({ name }) => name.startsWith('2024/'))).toBe(false)
    expect(months.some(({ name }) => name.startsWith('months/events/2024/01/'))).toBe(true)
  })

  it('asks of tables and bucket what the template lets each step do, and all of that', async () => {
    const aws = await startAws()
    const log = await aws.append(said(5))
    await aws.land(log)
    await aws.process(log)
    // What comes in behind the day says what has flowed by its end.
    const behind = Date.UTC(2024, 0, 16, 1)
    await aws.land(await aws.append([{ ...charger(1, behind), received_at: behind }]))
    let spreads = true
    const used = new Map<NightStep, Set<string>>(STEPS.map((step) => [step, new Set()]))
    const callOne: CallStep = async (step, input, lambda) => {
      const mine = used.get(step) ?? new Set()
      // What a spread that was killed has left.
      if (step === 'Spread') await aws.files.put(`staging/night-${DAY}/spread/0/left`, new Uint8Array(1))
      aws.rights.needed.clear()
      aws.to_dynamodb.onRequest(({ operation, body }) => {
        for (const table of tablesIn(body))
          mine.add(`dynamodb:${operation} ${table.replace(aws.table_prefix, '')}`)
        return null
      })
      const answer = (await lambda.invoke(input)) as object
      for (const right of aws.rights.needed) mine.add(right)
      return step === 'Plan' && spreads ? spreadOver(aws.files, answer) : answer
    }
    // Batches are worked on side by side; here one step at a time, to know whose request it is.
    let turn: Promise<unknown> = Promise.resolve()
    const call: CallStep = (step, input, lambda) => {
      const mine = turn.then(() => callOne(step, input, lambda))
      turn = mine.catch(() => null)
      return mine
    }
    // What an earlier night left is cleared, and what cannot be read is set aside.
    await aws.files.put('staging/earlier/plan.json', new Uint8Array(2))
    await aws.files.put('landing/2024/01/15/0-0.parquet', new Uint8Array(20))
    await aws.night(DAY, { call })
    // What lands again is looked for in what is there, and a small day is read as it landed.
    await aws.land(log.slice(0, 60))
    spreads = false
    await aws.night(DAY, { call, run: 'again' })
    // Its month is put together, and takes in what comes late, and what lands again.
    await aws.night(MONTH_DAY, { call })
    const lately = await aws.append([
      { ...charger(1, Date.UTC(2024, 0, 15, 12)), received_at: Date.UTC(2024, 1, 2, 12) },
    ])
    await aws.land([...lately, ...log.slice(0, 60)])
    await aws.night(MONTH_DAY, { call, run: 'late' })
    const flaws = NIGHT_STEPS.flatMap(({ step, handler }) => {
      const granted = grantsOf(synthesise('small'), `night-${handler}`).filter((one) =>
        /^(dynamodb|s3):/.test(one),
      )
      const rights = [...(used.get(step) ?? [])]
      const missing = rights.filter((right) => !granted.some((grant) => covers(grant, right)))
      const needless = granted.filter(
        (grant) => !SELDOM.test(grant) && !rights.some((right) => covers(grant, right)),
      )
      return [
        ...missing.map((one) => `${step} may not ${one}`),
        ...needless.map((one) => `${step} need not ${one}`),
      ]
    })
    expect(flaws).toEqual([])
  })

  it.each(['as it begins', 'before its answer is kept'])(
    'whose every step dies once, %s, ends where an unbroken one does',
    async (when) => {
      const { embedded, tables } = await embeddedNight(2)
      const aws = await awsDay(2, 1_500)
      const killed = new Set<NightStep>()
      const call: CallStep = async (step, input, lambda) => {
        if (!killed.has(step)) aws.to_dynamodb.onRequest(deadly(lambda, when, () => killed.add(step)))
        const answer = (await lambda.invoke(input)) as object
        return step === 'Plan' ? spreadOver(aws.files, answer) : answer
      }
      expect(await aws.night(DAY, { call })).toMatchObject({ well: true })
      expect(onlyParquet(await tablesOf(aws.files))).toEqual(tables)
      expect(await aws.night(MONTH_DAY, { call })).toMatchObject({ well: true })
      await embedded.night(MONTH_DAY)
      expect([...killed].sort()).toEqual([...STEPS].sort())
      expect(onlyParquet(await tablesOf(aws.files))).toEqual(await tablesOf(embedded.files))
      expect((await manifestOf(aws.files)).audit.missing).toBe(0)
      expect((await aws.files.list('landing/')).length).toBe(0)
    },
  )

  it('says of whom a record is missing that never landed, and keeps what landed', async () => {
    const aws = await startAws()
    const log = await aws.append(said(3))
    await aws.land(log.slice(1))
    await aws.process(log)
    await expect(aws.night(DAY)).rejects.toThrow('the manifest of the day names them')
    const { audit } = await manifestOf(aws.files)
    expect(audit).toMatchObject({ missing: 1, devices: [{ missing: 1 }] })
    expect((await aws.files.list('landing/')).length).toBeGreaterThan(0)
    // It lands, and the night is run again.
    await aws.land(log.slice(0, 1))
    expect(await aws.night(DAY, { run: 'again' })).toMatchObject({ well: true })
    expect((await manifestOf(aws.files)).audit).toMatchObject({ records: log.length, missing: 0 })
    // What has been compared is not compared again.
    expect(await aws.night(DAY, { run: 'once-more' })).toMatchObject({ well: true, rows: 0 })
    expect((await manifestOf(aws.files)).audit.records).toBe(0)
  })

  it('is refused while another is at work, and where its day is none', async () => {
    const aws = await startAws()
    aws.nights.executions.push({ name: 'earlier', status: 'RUNNING', started_at: 1, input: '', history: [] })
    await expect(aws.night(DAY)).rejects.toThrow('the night earlier is at work')
    aws.nights.executions.length = 0
    await expect(aws.night('2024-13-01', { run: 'bad' })).rejects.toThrow('is no date')
    // Of two it is the younger that stops; and its own execution is none of the others.
    for (const [name, started_at] of [
      ['younger', 9e12],
      ['ours', 1],
    ] as const)
      aws.nights.executions.push({ name, status: 'RUNNING', started_at, input: '', history: [] })
    expect(await aws.night(DAY, { run: 'ours' })).toMatchObject({ well: true, rows: 0 })
  })
})

/** Of a day without stations, whose nights were all well; and without `ListBucket` what is absent is called forbidden. */
const SELDOM = /s3:ListBucket|telemetry\/|night_tasks|DeleteObject ArchiveBucket\/(energy|sessions|cycles)/

function tablesIn(body: Record<string, unknown>): string[] {
  const { TableName, IndexName, RequestItems } = body
  if (RequestItems) return Object.keys(RequestItems)
  return [IndexName === undefined ? String(TableName) : `${TableName}/index/${IndexName}`]
}

/** A grant on `ArchiveBucket/landing/*` covers whatever is called so. */
function covers(grant: string, right: string): boolean {
  const [action, on = ''] = grant.split(' ')
  const [wanted, what = ''] = right.split(' ')
  if (action !== wanted) return false
  if (!action?.startsWith('s3:')) return on === what
  const [, prefix] = /^ArchiveBucket\/(.*)\*$/.exec(on) ?? []
  return prefix === undefined ? what === '' : what.startsWith(prefix)
}

/** Kills the function when it has said that it begins, or when it wants its answer kept. */
function deadly(lambda: { crash(): void }, when: string, onKilled: () => void) {
  let dead = false
  return ({ operation, body }: { operation: string; body: Record<string, unknown> }) => {
    const item = JSON.stringify(body.Item ?? {})
    const isTask = operation === 'PutItem' && String(body.TableName).endsWith('night_tasks')
    const wanted = when === 'as it begins' ? 'INPROGRESS' : 'COMPLETED'
    if (dead || !isTask || !item.includes(wanted)) return null
    dead = true
    onKilled()
    if (wanted === 'COMPLETED') {
      lambda.crash()
      return { kind: 'hang up' } as const
    }
    setTimeout(() => lambda.crash(), 5 + Math.floor(Math.random() * 60))
    return null
  }
}

/** As a big day is planned: in batches, for which rows are spread. */
async function spreadOver(files: ArchiveFiles, planned: object): Promise<object> {
  const { batches: [first] = [] } = planned as { batches: { run: string; batch: number }[] }
  if (!first) return planned
  const name = `staging/${first.run}/plan.json`
  const plan = JSON.parse(new TextDecoder().decode((await files.get(name)) ?? new Uint8Array())) as NightPlan
  await files.put(name, new TextEncoder().encode(JSON.stringify({ ...plan, batches: 4 })))
  const batches = [0, 1, 2, 3].map((batch) => ({ run: first.run, batch }))
  return { ...planned, spread: true, batches }
}

/** What the template says of the night and of the archive's tables. */
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { STORED_COLUMNS } from '../../adapters/duckdb-columns.ts'
import { WHOLE } from '../../events/archive-payload.ts'
import { PAYLOAD_SQL } from '../../events/archive-payload-sql.ts'
import { NIGHT_STEPS } from '../../infra/night-steps.ts'
import { grantsOf } from './grants.ts'
import { synthesise } from './synthesise.ts'
import { at, firstOf, listOf, ofType, type Properties, textOf } from './template.ts'

const DEFINITION = readFileSync(new URL('../../workflows/nightly.asl.json', import.meta.url), 'utf8')

beforeAll(() => void synthesise('small'), 120_000)

const machine = () => firstOf(synthesise('small').template, 'AWS::StepFunctions::StateMachine').Properties

describe('the state machine', () => {
  it('is the very file that the embedded home runs, and every name in it is filled in with a function', () => {
    expect(machine().DefinitionString).toBe(DEFINITION)
    const asked = [...DEFINITION.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name).toSorted()
    const filled = machine().DefinitionSubstitutions as Record<string, unknown>
    expect(Object.keys(filled).toSorted()).toEqual(asked)
    const { template } = synthesise('small')
    for (const [name, reference] of Object.entries(filled)) {
      const lambda = template.Resources[textOf(reference).replace(/^<|\.Arn>$/g, '')]
      const step = NIGHT_STEPS.find((shape) => `${shape.step}Function` === name)
      expect(lambda?.Properties.FunctionName).toBe(`pilotline-small-night-${step?.handler}`)
      expect(lambda?.Properties.Handler).toBe(`index.${step?.handler}`)
    }
  })

  it('may call these functions, and nothing else', () => {
    const { template } = synthesise('small')
    const role = textOf(machine().RoleArn).replace(/^<|\.Arn>$/g, '')
    const policies = ofType(template, 'AWS::IAM::Policy').filter(([, { Properties }]) =>
      listOf(Properties.Roles).some((one) => textOf(one) === `<${role}>`),
    )
    const statements = policies.flatMap(([, { Properties }]) =>
      listOf(at(Properties, 'PolicyDocument.Statement')),
    )
    expect(statements.map((one) => at(one, 'Action'))).toEqual(['lambda:InvokeFunction'])
    expect(listOf(at(statements[0], 'Resource')).length).toBe(NIGHT_STEPS.length)
  })

  it('begins once a night, under the name that the schedule gives it', () => {
    const [, { Properties }] = ofType(synthesise('small').template, 'AWS::Scheduler::Schedule').find(
      ([, one]) => String(one.Properties.Name).endsWith('-nightly'),
    ) ?? ['', { Properties: {} as Properties }]
    expect(Properties.ScheduleExpression).toBe('cron(20 0 * * ? *)')
    const input = JSON.parse(textOf(at(Properties, 'Target.Input')))
    expect(input.Name).toBe('<aws.scheduler.execution-id>')
    expect(JSON.parse(input.Input)).toEqual({
      run: '<aws.scheduler.execution-id>',
      scheduled_at: '<aws.scheduler.scheduled-time>',
    })
  })
})

describe('a step may touch what it works on, and no more', () => {
  const ARCHIVE = 'ArchiveBucket'
  const TASKS = ['BatchWriteItem', 'GetItem', 'PutItem'].map((action) => `dynamodb:${action} night_tasks`)
  const grants = (name: string) =>
    grantsOf(synthesise('small'), `night-${name}`).filter((one) => !/^logs:/.test(one))

  it('what verifies changes nothing', () => {
    expect(grants('verify')).toEqual([
      ...TASKS,
      ...['2', 'landing/', 'months/', 'staging/', 'telemetry/'].map(
        (prefix) => `s3:GetObject ${ARCHIVE}/${prefix}*`,
      ),
      `s3:ListBucket ${ARCHIVE}`,
    ])
  })

  it('landing files go where one is set aside, and at the end', () => {
    const removing = NIGHT_STEPS.filter(({ handler }) =>
      grants(handler).includes(`s3:DeleteObject ${ARCHIVE}/landing/*`),
    )
    expect(removing.map(({ step }) => step)).toEqual(['Plan', 'Finish'])
  })

  it('nobody removes what has its place, but who has put it into the file of its month', () => {
    const removing = NIGHT_STEPS.filter(({ handler }) =>
      ['2*', 'telemetry/*', 'months/*'].some((all) =>
        grants(handler).includes(`s3:DeleteObject ${ARCHIVE}/${all}`),
      ),
    )
    expect(removing.map(({ step }) => step)).toEqual(['PublishMonth'])
    expect(grants('publishMonth')).not.toContain(`s3:DeleteObject ${ARCHIVE}/months/*`)
  })

  it('the archive’s reader puts landing files, and reads whose an uplink is', () => {
    const own = grantsOf(synthesise('small'), 'archive').filter((one) => !/^(logs|kinesis):/.test(one))
    expect(own).toEqual([
      'dynamodb:BatchGetItem device_state',
      'dynamodb:Query device_lookups',
      's3:ListBucket FailuresBucket',
      `s3:PutObject ${ARCHIVE}/landing/*`,
      's3:PutObject FailuresBucket/aws/lambda/*',
    ])
  })

  it('what expires is told by the table’s stream, and only what time has removed and nobody decided', () => {
    const { template } = synthesise('small')
    const [, mapping] = ofType(template, 'AWS::Lambda::EventSourceMapping').find(([, { Properties }]) =>
      textOf(Properties.EventSourceArn).endsWith('.StreamArn>'),
    ) ?? ['', firstOf(template, 'a mapping')]
    const pattern = String(at(mapping.Properties, 'FilterCriteria.Filters.0.Pattern'))
    expect(JSON.parse(pattern)).toEqual({
      eventName: ['REMOVE'],
      userIdentity: { type: ['Service'], principalId: ['dynamodb.amazonaws.com'] },
      dynamodb: { OldImage: { origin: { S: [{ 'anything-but': ['chart'] }] } } },
    })
  })
})

describe('the archive’s tables', () => {
  const tables = () =>
    Object.fromEntries(
      ofType(synthesise('small').template, 'AWS::Glue::Table').map(([, { Properties }]) => {
        const input = Properties.TableInput as Properties
        return [String(input.Name), input]
      }),
    )

  it('have the names that DuckDB gives them, and files below', () => {
    expect(Object.keys(tables()).toSorted()).toEqual(
      [
        'cycles',
        'device_files',
        'energy',
        'event_files',
        'events',
        'events_of_device',
        'landing',
        'landing_files',
        'month_files',
      ]
        .concat(['sessions', 'station_events', 'station_files', 'station_month_files'])
        .toSorted(),
    )
  })

  it('find a day’s folder by its date, and one device’s by its name, which a question must say', () => {
    const parameters = (name: string) => at(tables()[name], 'Parameters') as Properties
    expect(parameters('event_files')).toMatchObject({
      'projection.enabled': 'true',
      'projection.folder.type': 'date',
      'projection.folder.format': 'yyyy/MM/dd',
      'projection.folder.interval.unit': 'DAYS',
    })
    expect(textOf(parameters('event_files')['storage.location.template'])).toMatch(
      /^s3:\/\/<\w+>\/\$\{folder\}\/$/,
    )
    expect(parameters('device_files')['projection.device.type']).toBe('injected')
    expect(textOf(parameters('device_files')['storage.location.template'])).toMatch(
      /\/\$\{folder\}\/\$\{device\}\/$/,
    )
    expect(parameters('station_files')['projection.folder.format']).toBe("'year='yyyy'/month='MM'/day='dd")
  })

  it('have the rows of months that were put together beside those of days, each with its day and device', () => {
    const sql = (name: string) => {
      const text = /^\/\* Presto View: (\S+) \*\/$/.exec(String(tables()[name]?.ViewOriginalText))?.[1] ?? ''
      return String(JSON.parse(Buffer.from(text, 'base64').toString()).originalSql)
    }
    const from = (name: string) => [...sql(name).matchAll(/ FROM (\w+_files)/g)].map(([, table]) => table)
    expect(from('events')).toEqual(['event_files', 'month_files'])
    expect(from('events_of_device')).toEqual(['device_files', 'month_files'])
    expect(from('station_events')).toEqual(['station_files', 'station_month_files'])
    expect(from('landing')).toEqual(['landing_files'])
    expect(sql('events_of_device')).toMatch(
      /part AS device, CAST\(event_time AS DATE\) AS day FROM month_files$/,
    )
    const at_s3 = textOf(at(tables().month_files, 'StorageDescriptor.Location'))
    expect(at_s3).toMatch(/^s3:\/\/<\w+>\/months\/events\/$/)
    expect(at(tables().month_files, 'PartitionKeys')).toEqual([])
    const columns = listOf(at(tables().month_files, 'StorageDescriptor.Columns')).map((one) =>
      at(one, 'Name'),
    )
    expect(columns).toEqual([...STORED_COLUMNS, 'part'])
  })

  it('are views with every stored column, the payload whole, and the day as a date', () => {
    const shown = STORED_COLUMNS.filter((column) => !(column in WHOLE))
    for (const name of ['events', 'events_of_device', 'station_events', 'landing']) {
      const text = /^\/\* Presto View: (\S+) \*\/$/.exec(String(tables()[name]?.ViewOriginalText))?.[1] ?? ''
      const view = JSON.parse(Buffer.from(text, 'base64').toString())
      const columns = view.columns.map((column: { name: string }) => column.name)
      expect(columns).toEqual([...shown, ...(name === 'events_of_device' ? ['device'] : []), 'day'])
      expect(view.originalSql).toContain(`${PAYLOAD_SQL} AS payload`)
      expect(view.columns.at(-1)).toEqual({ name: 'day', type: 'date' })
      expect(view).toMatchObject({ catalog: 'awsdatacatalog', schema: 'pilotline_small_archive' })
      const glue = listOf(at(tables()[name], 'StorageDescriptor.Columns'))
      expect(glue.map((column) => at(column, 'Name'))).toEqual(columns)
    }
  })
})

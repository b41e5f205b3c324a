/**
 * The archive's tables as Athena sees them, by the names and columns that DuckDB gives them in the embedded home. Days are
 * computed from the folders' names and never registered. Athena takes such a day for a date only where it is spelt with
 * dashes, and the folders have slashes: the files are tables of their own, and what is asked are views over these.
 */
import { CfnTable } from 'aws-cdk-lib/aws-glue'
import type { Construct } from 'constructs'
import {
  CYCLE_COLUMNS,
  ENERGY_COLUMNS,
  SESSION_COLUMNS,
  type SqlType,
  type TableColumns,
} from '../adapters/archive-tables.ts'
import { STORED_TYPES } from '../adapters/duckdb-columns.ts'
import { WHOLE } from '../events/archive-payload.ts'
import { PAYLOAD_SQL } from '../events/archive-payload-sql.ts'

/** The first moment that an event can have by the clock rules: 10^12 ms. */
const FIRST_DAY = { slashes: '2001/09/09', keys: 'year=2001/month=09/day=09' }
/** A device's clock may be minutes ahead, and landing files are of today. */
const LAST_DAY = 'NOW+1DAYS'
const SLASHES = 'yyyy/MM/dd'
/** As Java's DateTimeFormatter has it: what is in quotes stands as it is. */
const KEYS = "'year='yyyy'/month='MM'/day='dd"

const EVENT_COLUMNS: TableColumns = Object.fromEntries(STORED_TYPES)
/** The payload is shown whole, and not what it is made of. */
const SHOWN_COLUMNS: TableColumns = Object.fromEntries(STORED_TYPES.filter(([name]) => !(name in WHOLE)))

/** The last part of the folder that a row lay in before its month was put together. */
const MONTH_COLUMNS: TableColumns = { ...EVENT_COLUMNS, part: 'VARCHAR' }

type Projection = Record<string, string>
type Shape = { name: string; columns: TableColumns; partitions: string[]; at: string; projection: Projection }

const day = (format: string, first: string): Projection => ({
  'projection.folder.type': 'date',
  'projection.folder.format': format,
  'projection.folder.range': `${first},${LAST_DAY}`,
  'projection.folder.interval': '1',
  'projection.folder.interval.unit': 'DAYS',
})
const bySlashes = day(SLASHES, FIRST_DAY.slashes)

const plain = (name: string, columns: TableColumns, at = `${name}/`): Shape => ({
  name,
  columns,
  partitions: [],
  at,
  projection: {},
})
const events = (name: string, at: string, projection: Projection, partitions = ['folder']): Shape => ({
  name,
  columns: EVENT_COLUMNS,
  partitions,
  at,
  projection,
})

/** `at` is the folder; `${…}` in it stands for partitions. */
const FILES: readonly Shape[] = [
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills it
  events('event_files', '${folder}/', bySlashes),
  // A question must say of which device, by its name in the folder: Athena opens no other.
  events(
    'device_files',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills it
    '${folder}/${device}/',
    { ...bySlashes, 'projection.device.type': 'injected' },
    ['folder', 'device'],
  ),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills it
  events('station_files', 'telemetry/${folder}/', day(KEYS, FIRST_DAY.keys)),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Athena fills it
  events('landing_files', 'landing/${folder}/', bySlashes),
  // Few and big: no partitions, the statistics of each say which days it has.
  plain('month_files', MONTH_COLUMNS, 'months/events/'),
  plain('station_month_files', MONTH_COLUMNS, 'months/telemetry/'),
  plain('energy', ENERGY_COLUMNS),
  plain('sessions', SESSION_COLUMNS),
  plain('cycles', CYCLE_COLUMNS),
]

/** Rows of each of the tables, by what SQL makes of theirs what the view has more. */
type View = { name: string; of: Record<string, { day: string } & Record<string, string>> }

const DAY_OF_SLASHES = "CAST(replace(folder, '/', '-') AS DATE)"
const DAY_OF_KEYS =
  "CAST(replace(replace(replace(folder, 'year=', ''), '/month=', '-'), '/day=', '-') AS DATE)"
/** Rows are placed by it. */
const DAY_OF_ROW = 'CAST(event_time AS DATE)'

const VIEWS: readonly View[] = [
  { name: 'events', of: { event_files: { day: DAY_OF_SLASHES }, month_files: { day: DAY_OF_ROW } } },
  {
    name: 'events_of_device',
    of: {
      device_files: { device: 'device', day: DAY_OF_SLASHES },
      month_files: { device: 'part', day: DAY_OF_ROW },
    },
  },
  {
    name: 'station_events',
    of: { station_files: { day: DAY_OF_KEYS }, station_month_files: { day: DAY_OF_ROW } },
  },
  // Of the day on which it came in, where DuckDB says that of the event.
  { name: 'landing', of: { landing_files: { day: DAY_OF_SLASHES } } },
]

export const CATALOG_TABLES: readonly string[] = [...FILES, ...VIEWS].map(({ name }) => name)

export type CatalogProps = { catalogId: string; database: string; bucket_name: string }

export function createCatalog(scope: Construct, props: CatalogProps): CfnTable[] {
  return [
    ...FILES.map((shape) => createFiles(scope, props, shape)),
    ...VIEWS.map((view) => createView(scope, props, view)),
  ]
}

function createFiles(scope: Construct, props: CatalogProps, shape: Shape): CfnTable {
  const { name, columns, partitions, at, projection } = shape
  const root = `s3://${props.bucket_name}/`
  return new CfnTable(scope, name, {
    catalogId: props.catalogId,
    databaseName: props.database,
    tableInput: {
      name,
      tableType: 'EXTERNAL_TABLE',
      parameters: {
        classification: 'parquet',
        EXTERNAL: 'TRUE',
        ...(partitions.length > 0 && {
          'projection.enabled': 'true',
          'storage.location.template': root + at,
          ...projection,
        }),
      },
      partitionKeys: partitions.map((column) => ({ name: column, type: 'string' })),
      storageDescriptor: {
        columns: Object.entries(columns).map(([column, type]) => ({ name: column, type: GLUE[type] })),
        location: root + at.replace(/\$.*/, ''),
        inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
        serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    },
  })
}

/** What views have more, where it is no text. */
const MORE: Record<string, SqlType> = { day: 'DATE' }

function namedAs(sql: string, column: string): string {
  return sql === column ? column : `${sql} AS ${column}`
}

const GLUE: Record<SqlType, string> = {
  VARCHAR: 'string',
  BIGINT: 'bigint',
  DOUBLE: 'double',
  TIMESTAMP: 'timestamp',
  BOOLEAN: 'boolean',
  DATE: 'date',
}

/** A view as Athena itself keeps one in Glue: its SQL and columns as JSON in base64, in a comment. */
function createView(scope: Construct, props: CatalogProps, { name, of }: View): CfnTable {
  const more = Object.keys(Object.values(of)[0] ?? {})
  const columns: TableColumns = {
    ...SHOWN_COLUMNS,
    ...Object.fromEntries(more.map((column): [string, SqlType] => [column, MORE[column] ?? 'VARCHAR'])),
  }
  const selects = Object.entries(of).map(([table, made]) => {
    const shown: Record<string, string> = { ...made, payload: PAYLOAD_SQL }
    const selected = Object.keys(columns).map((column) => namedAs(shown[column] ?? column, column))
    return `SELECT ${selected.join(', ')} FROM ${table}`
  })
  const view = {
    originalSql: selects.join(' UNION ALL '),
    catalog: 'awsdatacatalog',
    schema: props.database,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type: type.toLowerCase() })),
  }
  const text = Buffer.from(JSON.stringify(view)).toString('base64')
  return new CfnTable(scope, name, {
    catalogId: props.catalogId,
    databaseName: props.database,
    tableInput: {
      name,
      tableType: 'VIRTUAL_VIEW',
      parameters: { presto_view: 'true', comment: 'Presto View' },
      viewOriginalText: `/* Presto View: ${text} */`,
      viewExpandedText: '/* Presto View */',
      partitionKeys: [],
      storageDescriptor: {
        columns: Object.entries(columns).map(([column, type]) => ({ name: column, type: GLUE[type] })),
        serdeInfo: {},
      },
    },
  })
}

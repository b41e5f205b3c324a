/** What every template must keep about what holds data. */
import { TABLES, type TableShape, tableName } from '../../adapters/aws-names.ts'
import { at, firstOf, listOf, ofType, type Properties } from './template.ts'
import { breaking, each, type TemplateRule } from './template-rule.ts'

const TABLE = 'AWS::DynamoDB::Table'
const STREAM = 'AWS::Kinesis::Stream'
const BUCKET = 'AWS::S3::Bucket'

export const STORE_RULES: readonly TemplateRule[] = [
  {
    name: 'the tables are those that the adapters name, with their keys, indexes and time to live',
    check: ({ template, stage }) => {
      const created = ofType(template, TABLE).map(([, { Properties }]) => JSON.stringify(shapeOf(Properties)))
      const named = (Object.keys(TABLES) as (keyof typeof TABLES)[]).map((table) =>
        JSON.stringify(ordered({ ...TABLES[table], name: tableName(stage.prefix, table) })),
      )
      return [
        ...named.filter((one) => !created.includes(one)).map((one) => `not created: ${one}`),
        ...created.filter((one) => !named.includes(one)).map((one) => `not named: ${one}`),
      ]
    },
    broken: breaking(TABLE, 'GlobalSecondaryIndexes.0.IndexName', 'AnotherIndex'),
    says: 'not created: {"name":"pilotline-',
  },
  {
    name: 'every table is encrypted, and can be put back to any second of a month',
    check: each(TABLE, (table) => [
      at(table, 'SSESpecification.SSEEnabled') !== true && 'is not encrypted',
      at(table, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled') !== true &&
        'cannot be put back',
    ]),
    broken: breaking(TABLE, 'PointInTimeRecoverySpecification'),
    says: 'cannot be put back',
  },
  {
    name: 'the stream is encrypted, and keeps as long as its stage says',
    check: each(STREAM, (stream, { stage }) => [
      at(stream, 'StreamEncryption.EncryptionType') !== 'KMS' && 'is not encrypted',
      stream.RetentionPeriodHours !== stage.stream.retention_h &&
        `keeps ${stream.RetentionPeriodHours} hours`,
    ]),
    broken: breaking(STREAM, 'RetentionPeriodHours', 25),
    says: 'keeps 25 hours',
  },
  {
    name: 'buckets are nobody else’s',
    check: each(BUCKET, ({ PublicAccessBlockConfiguration, BucketEncryption }) => [
      !Object.values(PublicAccessBlockConfiguration ?? { nothing: false }).every(Boolean) && 'may be public',
      !BucketEncryption && 'is not encrypted',
    ]),
    broken: breaking(BUCKET, 'PublicAccessBlockConfiguration.BlockPublicPolicy', false),
    says: 'may be public',
  },
  {
    name: 'data stays when the stack goes, where the stage says so',
    check: ({ template, stage }) =>
      [TABLE, STREAM]
        .flatMap((type) => ofType(template, type))
        .filter(([, { DeletionPolicy }]) => DeletionPolicy !== (stage.keeps_data ? 'Retain' : 'Delete'))
        .map(([id, { DeletionPolicy }]) => `${id}: ${DeletionPolicy}`),
    broken: ({ template, stage }) => {
      firstOf(template, TABLE).DeletionPolicy = stage.keeps_data ? 'Delete' : 'Retain'
    },
    says: 'Tables',
  },
]

/** A table as `aws-names.ts` would say it. */
function shapeOf(table: Properties): TableShape {
  const key = (schema: unknown, type: string) => {
    const name = at(withThe(schema, 'KeyType', type), 'AttributeName') as string
    const attribute = withThe(table.AttributeDefinitions, 'AttributeName', name)
    return { name, type: at(attribute, 'AttributeType') as 'S' | 'N' }
  }
  const { KeySchema } = table
  return ordered({
    name: table.TableName as string,
    partition: key(KeySchema, 'HASH'),
    ...(listOf(KeySchema).length > 1 && { sort: key(KeySchema, 'RANGE') }),
    indexes: listOf(table.GlobalSecondaryIndexes).map((index) => ({
      name: at(index, 'IndexName') as string,
      partition: key(at(index, 'KeySchema'), 'HASH'),
      sort: key(at(index, 'KeySchema'), 'RANGE'),
      projection: at(index, 'Projection.ProjectionType') as 'ALL',
    })),
    ...(table.TimeToLiveSpecification !== undefined && {
      ttl: at(table, 'TimeToLiveSpecification.AttributeName') as string,
    }),
  })
}

function withThe(list: unknown, field: string, value: string): unknown {
  return listOf(list).find((one) => at(one, field) === value)
}

/** The fields in one order, so that two of the same shape have the same text. */
function ordered({ name, partition, sort, indexes, ttl }: TableShape): TableShape {
  return {
    name,
    partition,
    ...(sort && { sort }),
    indexes: indexes.map((index) => ({
      name: index.name,
      partition: index.partition,
      sort: index.sort,
      projection: index.projection,
    })),
    ...(ttl !== undefined && { ttl }),
  }
}

/** What every template must keep about what holds data. */
import { TABLES, type TableShape, tableName } from '../../adapters/aws-names.ts'
import { at, firstOf, listOf, ofType, type Properties, put, textOf } from './template.ts'
import { breaking, each, type TemplateRule } from './template-rule.ts'

const TABLE = 'AWS::DynamoDB::Table'
const STREAM = 'AWS::Kinesis::Stream'
const BUCKET = 'AWS::S3::Bucket'

/** The bucket of the archive itself. */
const isArchive = ({ VersioningConfiguration, LifecycleConfiguration }: Properties) =>
  VersioningConfiguration !== undefined && listOf(at(LifecycleConfiguration, 'Rules')).length > 1

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
    name: 'a table that is to stay cannot be deleted by hand either',
    check: each(TABLE, ({ DeletionProtectionEnabled: held }, { stage }) => [
      (held ?? false) !== stage.keeps_data && `is ${held ? '' : 'not '}protected`,
    ]),
    broken: ({ template, stage }) => {
      firstOf(template, TABLE).Properties.DeletionProtectionEnabled = !stage.keeps_data
    },
    says: 'protected',
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
    name: 'buckets are asked over TLS only',
    check: ({ template }) => {
      const refused = ofType(template, 'AWS::S3::BucketPolicy').flatMap(([, { Properties }]) =>
        listOf(at(Properties, 'PolicyDocument.Statement'))
          .filter(
            (one) =>
              at(one, 'Effect') === 'Deny' && at(one, 'Condition.Bool.aws:SecureTransport') === 'false',
          )
          .map(() => textOf(Properties.Bucket)),
      )
      return ofType(template, BUCKET).flatMap(([id]) =>
        refused.includes(`<${id}>`) ? [] : [`${id}: without TLS`],
      )
    },
    broken: breaking('AWS::S3::BucketPolicy', 'PolicyDocument.Statement', []),
    says: 'without TLS',
  },
  {
    name: 'the archive keeps versions, grows cheaper where that pays, and clears what only passes by',
    check: ({ template }) => {
      const archives = ofType(template, BUCKET).filter(([, { Properties }]) => isArchive(Properties))
      if (archives.length !== 1) return [`${archives.length} buckets keep versions`]
      const rules = listOf(at(archives[0]?.[1].Properties, 'LifecycleConfiguration.Rules'))
      const ofId = (id: string) => rules.find((rule) => at(rule, 'Id') === id)
      const moves = listOf(at(ofId('cheaper-with-age'), 'Transitions')).map(
        (one) => `${at(one, 'StorageClass')} ${at(one, 'TransitionInDays')}`,
      )
      return [
        Number(at(ofId('cheaper-with-age'), 'ObjectSizeGreaterThan')) !== 131_072 &&
          'moves what is too small',
        moves.join() !== 'STANDARD_IA 30,GLACIER_IR 90' && `moves to ${moves}`,
        !(Number(at(ofId('landed'), 'ExpirationInDays')) >= 30) &&
          'lets what landed go before somebody was called',
        at(ofId('landed'), 'Prefix') !== 'landing/' && 'lets something else than landing files go',
        !(Number(at(ofId('old-versions'), 'NoncurrentVersionExpiration.NoncurrentDays')) > 0) &&
          'keeps old versions',
        at(ofId('unfinished-uploads'), 'AbortIncompleteMultipartUpload.DaysAfterInitiation') !== 1 &&
          'keeps unfinished uploads',
        rules.some((rule) => at(rule, 'ExpirationInDays') !== undefined && !at(rule, 'Prefix')) &&
          'lets all go',
      ].filter((flaw) => typeof flaw === 'string')
    },
    broken: ({ template }) => {
      for (const [, { Properties }] of ofType(template, BUCKET))
        if (isArchive(Properties)) put(Properties, 'LifecycleConfiguration.Rules.0.ObjectSizeGreaterThan', 0)
    },
    says: 'too small',
  },
  {
    name: 'a question reads no more than its workgroup lets it, wherever it is asked',
    check: each('AWS::Athena::WorkGroup', ({ WorkGroupConfiguration: of }, { stage }) => [
      at(of, 'BytesScannedCutoffPerQuery') !== stage.question_bytes && 'has another limit',
      at(of, 'EnforceWorkGroupConfiguration') !== true && 'can be told otherwise',
      at(of, 'ResultConfiguration.EncryptionConfiguration.EncryptionOption') !== 'SSE_S3' &&
        'is not encrypted',
    ]),
    broken: breaking('AWS::Athena::WorkGroup', 'WorkGroupConfiguration.EnforceWorkGroupConfiguration', false),
    says: 'can be told otherwise',
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
    ...(at(table, 'StreamSpecification.StreamViewType') === 'OLD_IMAGE' && { tells_removals: true }),
  })
}

function withThe(list: unknown, field: string, value: string): unknown {
  return listOf(list).find((one) => at(one, field) === value)
}

/** The fields in one order, so that two of the same shape have the same text. */
function ordered({ name, partition, sort, indexes, ttl, tells_removals }: TableShape): TableShape {
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
    ...(tells_removals && { tells_removals }),
  }
}

/** Questions to the archive: Athena, within a workgroup that says how much a question may read and where its answer goes. */
import { Stack } from 'aws-cdk-lib'
import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena'
import { CfnDatabase } from 'aws-cdk-lib/aws-glue'
import { Construct } from 'constructs'
import { databaseName, QUERY_VARIABLES, workgroupName } from '../adapters/aws-names.ts'
import type { ArchiveBucket } from './archive-bucket.ts'
import { CATALOG_TABLES, createCatalog } from './archive-catalog.ts'
import type { BundledFunction } from './bundled-function.ts'
import type { Stage } from './stages.ts'

export type QuestionsProps = { stage: Stage; archive: ArchiveBucket }

export class Questions extends Construct {
  /** What a function is told that asks. */
  readonly environment: Record<string, string>
  private readonly archive: ArchiveBucket
  private readonly database: string
  private readonly workgroup: string

  constructor(scope: Construct, id: string, { stage, archive }: QuestionsProps) {
    super(scope, id)
    this.archive = archive
    this.database = databaseName(stage.prefix)
    this.workgroup = workgroupName(stage.prefix)
    this.environment = {
      [QUERY_VARIABLES.athena_workgroup]: this.workgroup,
      [QUERY_VARIABLES.athena_database]: this.database,
    }
    const catalogId = Stack.of(this).account
    const database = new CfnDatabase(this, 'Database', {
      catalogId,
      databaseInput: { name: this.database, description: `The archive of Pilotline, stage ${stage.name}` },
    })
    const tables = createCatalog(this, {
      catalogId,
      database: this.database,
      bucket_name: archive.bucket.bucketName,
    })
    for (const table of tables) table.addResourceDependency(database)
    new CfnWorkGroup(this, 'Workgroup', {
      name: this.workgroup,
      description: 'Questions to the archive, a SELECT each',
      state: 'ENABLED',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Whoever asks cannot choose another place, another limit or another engine.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: stage.question_bytes,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${archive.answers.bucketName}/`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
        },
      },
    })
  }

  /** To read, by Athena and by nothing else: no right here makes, changes or removes a table or a file of the archive. */
  mayAsk(to: BundledFunction): void {
    const stack = Stack.of(this)
    const glue = (resource: string, resourceName?: string) =>
      stack.formatArn({ service: 'glue', resource, ...(resourceName !== undefined && { resourceName }) })
    to.may(
      [
        'athena:StartQueryExecution',
        'athena:GetQueryExecution',
        'athena:GetQueryResults',
        'athena:StopQueryExecution',
      ],
      [stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: this.workgroup })],
    )
    to.may(
      ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:GetPartitions'],
      [
        glue('catalog'),
        glue('database', this.database),
        ...CATALOG_TABLES.map((table) => glue('table', `${this.database}/${table}`)),
      ],
    )
    const { bucket, answers } = this.archive
    to.may(['s3:GetBucketLocation', 's3:ListBucket'], [bucket.bucketArn, answers.bucketArn])
    to.may(['s3:GetObject'], [this.archive.objects(), `${answers.bucketArn}/*`])
    to.may(['s3:PutObject', 's3:AbortMultipartUpload'], [`${answers.bucketArn}/*`])
  }
}

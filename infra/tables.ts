/** The tables that `adapters/aws-names.ts` names: their keys, indexes and time to live are said there and nowhere else. */
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import {
  type AwsTable,
  type KeyAttribute,
  TABLES,
  type TableShape,
  tableName,
} from '../adapters/aws-names.ts'
import { removal } from './removal.ts'
import type { Stage } from './stages.ts'

export class Tables extends Construct {
  private readonly tables: Record<AwsTable, Table>

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id)
    const entries = (Object.keys(TABLES) as AwsTable[]).map((table) => [table, this.create(table, stage)])
    this.tables = Object.fromEntries(entries)
  }

  /** The table's, or that of one of its indexes. */
  arn(table: AwsTable, index?: string): string {
    const { tableArn } = this.tables[table]
    return index === undefined ? tableArn : `${tableArn}/index/${index}`
  }

  /** Where the table tells what goes. @throws where it tells nothing */
  streamArn(table: AwsTable): string {
    const { tableStreamArn } = this.tables[table]
    if (!tableStreamArn) throw new Error(`${table} has no stream`)
    return tableStreamArn
  }

  private create(table: AwsTable, stage: Stage): Table {
    const shape: TableShape = TABLES[table]
    const created = new Table(this, table, {
      tableName: tableName(stage.prefix, table),
      partitionKey: attribute(shape.partition),
      ...(shape.sort && { sortKey: attribute(shape.sort) }),
      ...(shape.ttl !== undefined && { timeToLiveAttribute: shape.ttl }),
      ...(shape.tells_removals && { stream: StreamViewType.OLD_IMAGE }),
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: stage.keeps_data,
      removalPolicy: removal(stage),
    })
    for (const { name, partition, sort, projection, include } of shape.indexes)
      created.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: attribute(partition),
        sortKey: attribute(sort),
        projectionType: ProjectionType[projection],
        ...(include && { nonKeyAttributes: [...include] }),
      })
    return created
  }
}

function attribute({ name, type }: KeyAttribute) {
  return { name, type: type === 'S' ? AttributeType.STRING : AttributeType.NUMBER }
}

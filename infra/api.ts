/** What may be asked, over HTTPS. Whoever asks signs with IAM; nobody else gets as far as the function. */
import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib'
import { CfnStage, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type AwsTable, TABLES } from '../adapters/aws-names.ts'
import { BundledFunction } from './bundled-function.ts'
import { mayCommand } from './downlink-topics.ts'
import type { EventStream } from './event-stream.ts'
import type { Questions } from './questions.ts'
import type { Stage } from './stages.ts'
import type { Tables } from './tables.ts'

export type ApiProps = { stage: Stage; log: EventStream; tables: Tables; questions: Questions }

/** Who asked for what, and how it went: no query, which may hold ids, and no body. */
const ACCESS_LOG = {
  request_id: '$context.requestId',
  at: '$context.requestTimeEpoch',
  caller: '$context.identity.caller',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  latency_ms: '$context.responseLatency',
  error: '$context.error.message',
}

export class Api extends Construct {
  readonly function: BundledFunction
  readonly http: HttpApi

  constructor(scope: Construct, id: string, { stage, log, tables, questions }: ApiProps) {
    super(scope, id)
    this.function = new BundledFunction(this, 'Handler', {
      stage,
      name: 'api',
      entry: 'api/api.lambda.ts',
      stream_name: log.stream_name,
      environment: questions.environment,
      memory_mb: 512,
      timeout_s: 29,
    })
    this.function.may(['kinesis:PutRecords'], [log.stream.streamArn])
    mayCommand(this, this.function)
    this.grantReads(tables)
    questions.mayAsk(this.function)
    this.http = new HttpApi(this, 'Http', {
      apiName: `${stage.prefix}api`,
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
      defaultIntegration: new HttpLambdaIntegration('Integration', this.function.lambda),
    })
    this.serve(stage)
    new CfnOutput(this, 'Url', { value: this.http.apiEndpoint })
  }

  /** Every table that holds something to be asked for, by key or a range of an index; to read, and never to scan. */
  private grantReads(tables: Tables): void {
    for (const table of Object.keys(TABLES) as AwsTable[]) {
      if (table === 'tasks') continue
      this.function.may(['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'], [tables.arn(table)])
      const indexes = TABLES[table].indexes.map(({ name }) => tables.arn(table, name))
      if (indexes.length > 0) this.function.may(['dynamodb:Query'], indexes)
    }
  }

  private serve(stage: Stage): void {
    const accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${stage.prefix}api`,
      retention: stage.log_days,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    new CfnStage(this, 'Stage', {
      apiId: this.http.apiId,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLog.logGroupArn, format: JSON.stringify(ACCESS_LOG) },
      defaultRouteSettings: {
        throttlingRateLimit: stage.api.rate,
        throttlingBurstLimit: stage.api.burst,
      },
    })
  }
}

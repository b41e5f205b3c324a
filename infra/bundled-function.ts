/** A Lambda function of ours: Node 24 on arm64, its log group, and a role that may write that log and nothing else yet. */
import { Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { AWS_VARIABLES, type FunctionName, serviceName } from '../adapters/aws-names.ts'
import { bundleFolder, HANDLER_FILE } from './bundle.ts'
import type { Stage } from './stages.ts'

export type BundledFunctionProps = {
  stage: Stage
  /** The function's name behind the stage's prefix. */
  name: FunctionName
  /** Such as `processors/stream.lambda.ts`. */
  entry: string
  /** What it exports to be called; `handler` unless told. */
  handler?: string
  /** What it is told beside what every function is told. */
  environment?: Record<string, string>
  /** Of `/tmp`. */
  storage_mb?: number
  stream_name: string
  memory_mb: number
  timeout_s: number
}

export class BundledFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly role: Role

  constructor(scope: Construct, id: string, props: BundledFunctionProps) {
    super(scope, id)
    const { stage, name, entry, handler = 'handler', memory_mb, timeout_s, storage_mb } = props
    const functionName = serviceName(stage.prefix, name)
    const logGroup = new LogGroup(this, 'Log', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: stage.log_days,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    // Not AWS's managed policy, which lets a function write every log of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(this.role)
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: `${name} of Pilotline (${entry})`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundleFolder(entry, stage.machine)),
      handler: HANDLER_FILE.replace(/mjs$/, handler),
      role: this.role,
      logGroup,
      memorySize: memory_mb,
      timeout: Duration.seconds(timeout_s),
      ...(storage_mb !== undefined && { ephemeralStorageSize: Size.mebibytes(storage_mb) }),
      environment: {
        [AWS_VARIABLES.table_prefix]: stage.prefix,
        [AWS_VARIABLES.stream]: props.stream_name,
        [AWS_VARIABLES.iot_endpoint]: stage.iot_endpoint ?? iotEndpoint(this),
        ...props.environment,
      },
    })
  }

  may(actions: string[], resources: string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions, resources }))
  }
}

/** What the account's own endpoint answers to as well: whose it is says the signature. */
function iotEndpoint(scope: Construct): string {
  const { region, urlSuffix } = Stack.of(scope)
  return `https://data-ats.iot.${region}.${urlSuffix}`
}

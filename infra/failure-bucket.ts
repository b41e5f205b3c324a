/** Where what failed is kept whole: what the stream refused of a rule, and what the consumer gave up. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { RETENTION_S } from '../processors/event-rows.ts'
import type { Stage } from './stages.ts'

/** Folder of what rules could not put on the stream. */
export const REFUSED_FOLDER = 'refused/'

export class FailureBucket extends Construct {
  readonly bucket: Bucket

  constructor(scope: Construct, id: string, stage: Stage) {
    super(scope, id)
    // Or the CDK would let the log in by an ACL, which a bucket of one owner does not have.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true)
    const common: BucketProps = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // A bucket with something in it does not go with its stack anyway, and its name is never in the way.
      removalPolicy: RemovalPolicy.RETAIN,
      // As long as the events that it belongs among.
      lifecycleRules: [{ expiration: Duration.seconds(RETENTION_S) }],
    }
    const access = new Bucket(this, 'AccessLog', common)
    this.bucket = new Bucket(this, 'Bucket', {
      ...common,
      versioned: stage.keeps_data,
      serverAccessLogsBucket: access as IBucket,
      serverAccessLogsPrefix: 'failures/',
    })
  }
}

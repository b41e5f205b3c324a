/** The archive's bucket: every version of every file, which grow cheaper with age, and what is only passing by goes. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { LANDING, STAGING } from '../events/archive.ts'
import { SMALL_FILE_BYTES } from '../events/archive-months.ts'

const days = (n: number) => Duration.days(n)

/** Athena and replays read from all of them at once. */
const ARCHIVE_RULES: LifecycleRule[] = [
  {
    id: 'cheaper-with-age',
    // What is smaller is put together when its month is over.
    objectSizeGreaterThan: SMALL_FILE_BYTES,
    transitions: [
      { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: days(30) },
      { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: days(90) },
    ],
  },
  // What a night has rewritten can be put back for a month.
  { id: 'old-versions', noncurrentVersionExpiration: days(30), expiredObjectDeleteMarker: true },
  { id: 'unfinished-uploads', abortIncompleteMultipartUploadAfter: days(1) },
  // Nights remove what they have compacted. What lies here for so long has been called for every day since.
  { id: 'landed', prefix: LANDING, expiration: days(90), noncurrentVersionExpiration: days(7) },
  { id: 'staged', prefix: STAGING, expiration: days(2), noncurrentVersionExpiration: days(1) },
]

export class ArchiveBucket extends Construct {
  readonly bucket: Bucket
  /** Where Athena puts answers, for an hour's use. */
  readonly answers: Bucket

  constructor(scope: Construct, id: string) {
    super(scope, id)
    // As in the bucket of failures: the log gets in by a policy.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true)
    const common: BucketProps = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // A bucket with something in it does not go with its stack anyway.
      removalPolicy: RemovalPolicy.RETAIN,
    }
    const passing: LifecycleRule[] = [{ expiration: days(90) }]
    const access = new Bucket(this, 'AccessLog', { ...common, lifecycleRules: passing })
    const logged = (serverAccessLogsPrefix: string) => ({
      serverAccessLogsBucket: access as IBucket,
      serverAccessLogsPrefix,
    })
    this.bucket = new Bucket(this, 'Bucket', {
      ...common,
      ...logged('archive/'),
      versioned: true,
      lifecycleRules: ARCHIVE_RULES,
    })
    this.answers = new Bucket(this, 'Answers', {
      ...common,
      ...logged('answers/'),
      lifecycleRules: [{ expiration: days(1), abortIncompleteMultipartUploadAfter: days(1) }],
    })
  }

  /** Objects under a name's beginning, or all. */
  objects(prefix = ''): string {
    return `${this.bucket.bucketArn}/${prefix}*`
  }
}

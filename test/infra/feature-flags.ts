/** The CDK's feature flags as `cdk.json` has them: what a test synthesises is what is deployed. */
import settings from '../../cdk.json' with { type: 'json' }

export const featureFlags: Record<string, unknown> = settings.context

/** Set otherwise than the CDK recommends, and why. */
export const OURS: Record<string, string> = {
  '@aws-cdk/aws-iam:minimizePolicies': 'a grant stays the statement that the code made of it',
  '@aws-cdk/core:enableAdditionalMetadataCollection': 'what constructs are given is nobody’s to collect',
}

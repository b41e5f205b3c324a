/** Where functions may speak to devices: on the topics that devices hear commands on, and on no other. */
import { Stack } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { SPELT_DEVICE_TYPES } from '../events/schemas.ts'
import { downlinkTopic } from '../events/topics.ts'
import type { BundledFunction } from './bundled-function.ts'

/** `*` stands for any device's id; no encoding touches it. */
export const DOWNLINK_TOPICS = SPELT_DEVICE_TYPES.map((type) => downlinkTopic(type, '*'))

export function mayCommand(scope: Construct, of: BundledFunction): void {
  const arns = DOWNLINK_TOPICS.map((resourceName) =>
    Stack.of(scope).formatArn({ service: 'iot', resource: 'topic', resourceName }),
  )
  of.may(['iot:Publish'], arns)
}

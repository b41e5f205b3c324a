/** What happens to what holds data when the stack goes. */
import { RemovalPolicy } from 'aws-cdk-lib'
import type { Stage } from './stages.ts'

export function removal(stage: Stage): RemovalPolicy {
  return stage.keeps_data ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY
}

/** The app of a stage, checked by cdk-nag: what is not acknowledged by name and reason fails the synthesis. */
import { App, type AppProps, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { acknowledgeAll } from './acknowledgements.ts'
import { PilotlineStack } from './stack.ts'
import { type Stage, stageOf } from './stages.ts'

/** Context `stage` (`small` unless told) and `email` (who is called), `iot-endpoint`; `machine`, for tests (`stages.ts`). */
export function createApp(props: AppProps = {}): { app: App; stack: PilotlineStack } {
  const app = new App(props)
  const endpoint: unknown = app.node.tryGetContext('iot-endpoint')
  const stage: Stage = {
    ...stageOf(app.node.tryGetContext('stage') ?? 'small'),
    ...(app.node.tryGetContext('machine') === 'host' && { machine: 'host' as const }),
    ...(typeof endpoint === 'string' && { iot_endpoint: endpoint }),
  }
  const email: unknown = app.node.tryGetContext('email')
  const stack = new PilotlineStack(app, { stage, ...(typeof email === 'string' && { email }) })
  acknowledgeAll(stack)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return { app, stack }
}

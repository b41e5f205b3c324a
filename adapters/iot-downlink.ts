/** Commands to devices over AWS IoT Core: a publish on the device's own topic, at least once where it listens. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { IoTDataPlaneClient, PublishCommand } from '@aws-sdk/client-iot-data-plane'
import type { Downlink } from '../events/ports.ts'
import { downlinkTopic } from '../events/topics.ts'
import { type Elsewhere, requestHandler } from './aws-clients.ts'
import { type RetryPolicy, withRetries } from './aws-retry.ts'
import { InfrastructureError } from './infrastructure-error.ts'

export type IotDownlinkOptions = Elsewhere & {
  retries?: RetryPolicy
  /** Epoch ms. */
  now: () => number
}

/** Few: a time that is told late is the wrong time, and whoever waits has a batch or a person waiting. */
const FEW: RetryPolicy = { attempts: 2, first_ms: 50, most_ms: 50, random: Math.random, wait: sleep }
/** After a failure the next sends fail at once for so long: a batch must not wait for each of its devices in turn. */
const REST_MS = 10_000

type Sdk = { client: IoTDataPlaneClient; Publish: typeof PublishCommand }

/** Rejects with InfrastructureError where the network does not take it. */
export function iotDownlink({ retries = FEW, now, ...elsewhere }: IotDownlinkOptions): Downlink {
  let sdk: Promise<Sdk> | null = null
  let failed_at = Number.NEGATIVE_INFINITY

  /** Loaded when the first command is sent: most environments of a function never send one. */
  async function load(): Promise<Sdk> {
    const { IoTDataPlaneClient, PublishCommand: Publish } = await import('@aws-sdk/client-iot-data-plane')
    const client = new IoTDataPlaneClient({ ...elsewhere, maxAttempts: 1, requestHandler: requestHandler() })
    return { client, Publish }
  }

  return {
    send: async (device_type, device_id, message) => {
      const since_ms = now() - failed_at
      if (since_ms >= 0 && since_ms < REST_MS)
        throw new InfrastructureError(`Publish: failed ${since_ms} ms ago, not tried`)
      sdk ??= load()
      const { client, Publish } = await sdk
      const topic = downlinkTopic(device_type, device_id)
      const payload = new TextEncoder().encode(JSON.stringify(message))
      try {
        await withRetries('Publish', () => client.send(new Publish({ topic, payload, qos: 1 })), retries)
      } catch (error) {
        failed_at = now()
        throw error
      }
    },
  }
}

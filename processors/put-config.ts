/** A configuration goes on the device's stream like everything else that moves a chart; device_config is read from it. */
import type { DeviceConfig } from '../events/event.ts'
import type { FrontDoor } from '../events/ports.ts'
import type { ConfigMessage } from '../events/record.ts'
import { configTopic } from '../events/topics.ts'

/** Puts a configuration that was already checked; resolves with what went on the log once it is durable. */
export async function putConfig(
  door: FrontDoor,
  of: { device_id: string; config: DeviceConfig; effective_from: number; written_at: number },
): Promise<ConfigMessage> {
  const message: ConfigMessage = { ...of }
  const payload = new TextEncoder().encode(JSON.stringify(message))
  await door.admit({ source: 'internal', topic: configTopic(of.device_id), payload })
  return message
}

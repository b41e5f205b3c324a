/** A configuration as it goes on its device's stream, like everything else that moves a chart. */
import type { Arriving } from './ports.ts'
import type { ConfigMessage } from './record.ts'
import { configTopic } from './topics.ts'

/** What the front door is to admit for a configuration that has been checked. */
export function configArriving(message: ConfigMessage): Arriving {
  const payload = new TextEncoder().encode(JSON.stringify(message))
  return { source: 'internal', topic: configTopic(message.device_id), payload }
}

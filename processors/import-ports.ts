/** What an import needs of the system that it fills: a folder opened by this process, or a server elsewhere. */
import type { DeviceType } from '../events/event.ts'
import type { ConfigVersion, FrontDoor, Page } from '../events/ports.ts'
import type { ConfigMessage } from '../events/record.ts'

export type ImportPorts = {
  /** Messages of one device stay in the order in which they are given. */
  admit: FrontDoor['admit']
  /** `written_at` may be stamped again. */
  putConfig(message: ConfigMessage): Promise<unknown>
  /** null: nothing has been heard of the device. */
  deviceType(device_id: string): Promise<DeviceType | null>
  /** Newest `effective_from` first. */
  configHistory(device_id: string, limit: number, cursor?: string): Promise<Page<StoredConfig>>
}

export type StoredConfig = Pick<ConfigVersion, 'effective_from' | 'written_at' | 'config'>

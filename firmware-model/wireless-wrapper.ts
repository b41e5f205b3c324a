/** The uplink as AWS IoT Wireless hands it on: the device's bytes in base64, under the network's own id. */

/** Source: AWS IoT Wireless developer guide, "view uplink metadata format" (Sidewalk). */
export function wrapWireless(payload: string, wireless_device_id: string, sequence: number): string {
  return JSON.stringify({
    MessageId: `${wireless_device_id.slice(0, 8)}-${sequence}`,
    WirelessDeviceId: wireless_device_id,
    PayloadData: Buffer.from(payload, 'utf8').toString('base64'),
    WirelessMetadata: {
      Sidewalk: { CmdExStatus: 'COMMAND_SUCCESS', MessageType: 'CUSTOM_COMMAND_ID_NOTIFY', Seq: sequence },
    },
  })
}

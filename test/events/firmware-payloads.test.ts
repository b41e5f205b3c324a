import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { identityOf } from '../../events/identity.ts'
import { realData } from '../real-data.ts'
import { accepted, refused } from './messages.ts'

type Sample = {
  pilot_state: string
  timestamp: number
  event_type: string
  session_id: string
  payload?: string
}

const file = realData('firmware-traces.ndjson.gz')
const lines = file ? gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n') : []
/** What the reference firmware computed at each step where it sent a message. */
const sent = lines
  .map((line) => JSON.parse(line) as { kind: string; steps: { out?: Sample }[] })
  .filter(({ kind }) => kind === 'evse')
  .flatMap(({ steps }) =>
    steps.flatMap(({ out }) => (out?.payload ? [{ ...out, payload: out.payload }] : [])),
  )

describe.skipIf(file === null)('the messages that the reference firmware sent', () => {
  it('are all understood, and say what the firmware had measured', () => {
    expect(sent).toHaveLength(419)
    for (const { payload, pilot_state, timestamp, event_type, session_id } of sent) {
      expect(accepted(payload)).toMatchObject({
        device_id: 'RAK4630_001',
        device_type: 'evse',
        spelling: 'nested',
        event_type,
        reported_timestamp: timestamp,
        fields: { pilot_state, session_id },
        extra: {},
      })
    }
  })

  it('pass on the topic of their device, and on no other', () => {
    const [first] = sent
    expect(accepted(first?.payload, 'ev/evse/RAK4630_001/telemetry').device_id).toBe('RAK4630_001')
    expect(refused(first?.payload, 'ev/evse/charger-7/telemetry')).toMatch(
      /^device_id: "RAK4630_001" differs/,
    )
  })

  it('come again word for word after a reboot, and only the boot tells them apart', () => {
    const uptimes = sent
      .map(({ payload }) => accepted(payload))
      .filter(({ reported_timestamp: at }) => at < 1e12)
    const identities = uptimes.map((report) => identityOf(report, 1))
    expect(new Set(identities).size).toBeLessThan(identities.length)
    expect(identityOf(uptimes[0] as never, 1)).not.toBe(identityOf(uptimes[0] as never, 2))
  })
})

import { describe, expect, it } from 'vitest'
import { telemetryTopic } from '../../events/topics.ts'
import { configRecord, folderWith, fromDevice, replay, write } from './replay-world.ts'

const START = Date.UTC(2026, 2, 1)
const HOUR = 3_600_000

function evse(device_id: string, at: number, arrived = at, fields: object = {}) {
  const message = {
    device_id,
    device_type: 'evse',
    timestamp: at,
    event_type: 'state_change',
    pilot_state: 'A',
  }
  return fromDevice(telemetryTopic('evse', device_id), arrived, JSON.stringify({ ...message, ...fields }))
}

const RECORDS = [
  configRecord('dev-1', { device_type: 'evse', location: 'garage' }, START),
  evse('dev-1', START + HOUR),
  evse('dev-2', START + 2 * HOUR, START + 2 * HOUR, { location: 'yard', event_type: 'telemetry' }),
  evse('dev-1', START + HOUR + 1, START + 9 * 24 * HOUR),
  { ...fromDevice('some/where', START + 3 * HOUR, ''), payload: Uint8Array.of(0xff, 0x00) },
]

async function printed(...args: string[]): Promise<{ topic: string; received_at: number }[]> {
  const data = await folderWith(RECORDS)
  const { code, out } = await replay('print', '--log', data, ...args)
  expect(code).toBe(0)
  return out.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))
}

describe('npm run replay -- print', () => {
  it('prints every record with its bytes, in log order, and a file of them prints the same', async () => {
    const data = await folderWith(RECORDS)
    const { out } = await replay('print', '--log', data)
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ received_at }) => received_at)).toEqual(RECORDS.map(({ received_at }) => received_at))
    expect(lines[4]).toMatchObject({ topic: 'some/where', payload_base64: '/wA=' })
    expect((await replay('print', '--file', write(out))).out).toBe(out)
  })

  it('keeps to a range of event time, and to what came in soon enough behind it', async () => {
    const [from, to] = [`${START + HOUR}`, `${START + 2 * HOUR}`]
    expect((await printed('--from', from, '--to', to)).map(({ received_at }) => received_at)).toEqual([
      START + HOUR,
    ])
    expect(await printed('--from', from, '--to', to, '--margin', '10d')).toHaveLength(2)
    expect(await printed('--from', `${START + 2 * HOUR}`, '--to', `${START + 3 * HOUR}`)).toHaveLength(1)
  })

  it('keeps to a device, a location and a type', async () => {
    expect(await printed('--device', 'dev-1')).toHaveLength(3)
    expect(await printed('--location', 'garage')).toHaveLength(3)
    expect(await printed('--location', 'yard')).toHaveLength(1)
    expect(await printed('--type', 'telemetry')).toHaveLength(1)
    expect(await printed('--type', 'config')).toHaveLength(1)
    expect(await printed('--device', 'dev-2', '--type', 'config')).toHaveLength(0)
  })

  it('sets aside what it cannot read, says so once, and goes on', async () => {
    const data = await folderWith(RECORDS)
    const { out } = await replay('print', '--log', data)
    const lines = out.trimEnd().split('\n')
    const bad = ['{', '[]', '{"received_at":-1,"topic":"a","payload":""}', '{"received_at":1,"topic":"a"}']
    const aside = write('', 'aside.ndjson')
    const mixed = write([lines[0], ...bad, ...lines.slice(1)].join('\r\n'))
    const second = await replay('print', '--file', mixed, '--aside', aside)
    expect(second.code).toBe(0)
    expect(second.out.trimEnd().split('\n')).toHaveLength(RECORDS.length)
    expect(second.err).toMatch(/^replay: 4 set aside, the first at 0*2: is not JSON: see .*\n$/)
    expect((await replay('print', '--file', aside)).err).toContain('4 set aside')
  })
})

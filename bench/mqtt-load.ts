/**
 * The load: a process of its own that publishes for many chargers over a few pipelined connections, MQTT 3.1.1 QoS 1
 * on raw sockets, so that it costs less than what it measures. Prints one JSON line a second, and a last one.
 *
 *   node bench/mqtt-load.ts --port 1883 --rate 10000 --seconds 60
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { telemetryTopic } from '../events/topics.ts'

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '1883' },
    /** Messages a second over all connections; 0 is as fast as they are acknowledged. */
    rate: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '60' },
    devices: { type: 'string', default: '1000' },
    connections: { type: 'string', default: '4' },
    /** Messages a connection may have unacknowledged. */
    window: { type: 'string', default: '1000' },
  },
})
const rate = Number(values.rate)
const connections = Number(values.connections)
const window = Number(values.window)
const devices = Array.from({ length: Number(values.devices) }, (_, n) => createCharger(`bench-${n}`))

const TICK_MS = 5
const lines = await Promise.all(Array.from({ length: connections }, (_, n) => openLine(`bench-load-${n}`)))
const started = performance.now()
const ends_at = started + Number(values.seconds) * 1_000
let sent = 0
let next_device = 0
let next_report = started + 1_000

while (performance.now() < ends_at) {
  const due = rate > 0 ? Math.floor(((performance.now() - started) / 1_000) * rate) : Number.POSITIVE_INFINITY
  sent += sendUpTo(due - sent)
  if (performance.now() >= next_report) report(false)
  await sleep(rate > 0 ? TICK_MS : 0)
}
const gives_up_at = performance.now() + 30_000
while (acked() < sent && performance.now() < gives_up_at) await sleep(TICK_MS)
report(true)
for (const line of lines) line.socket.end(Buffer.from([0xe0, 0]))

function sendUpTo(limit: number): number {
  let total = 0
  for (const line of lines) {
    const batch: Buffer[] = []
    while (total < limit && line.sent - line.acked < window) {
      const charger = devices[next_device++ % devices.length] as Charger
      batch.push(encodePublish(charger.topic, charger.next(), (line.sent % 65_535) + 1))
      line.sent++
      total++
    }
    if (batch.length > 0) line.socket.write(Buffer.concat(batch))
  }
  return total
}

function report(last: boolean): void {
  next_report += 1_000
  const seconds = (performance.now() - started) / 1_000
  const line = { last, seconds: Math.round(seconds * 100) / 100, sent, acked: acked() }
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

function acked(): number {
  return lines.reduce((sum, line) => sum + line.acked, 0)
}

type Line = { socket: Socket; sent: number; acked: number }

/** Connects, waits for the CONNACK, then counts PUBACKs: the only packets that come, four bytes each. */
async function openLine(client_id: string): Promise<Line> {
  const socket = connect({ host: values.host, port: Number(values.port), noDelay: true })
  const line: Line = { socket, sent: 0, acked: 0 }
  socket.write(encodeConnect(client_id))
  const connected = Promise.withResolvers<void>()
  let bytes = -4
  socket.on('data', (chunk) => {
    bytes += chunk.length
    if (bytes >= 0) connected.resolve()
    line.acked = Math.max(0, Math.floor(bytes / 4))
  })
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  })
  socket.on('close', () => {
    if (line.acked < line.sent) process.exit(1)
  })
  await connected.promise
  return line
}

function encodeConnect(client_id: string): Buffer {
  const id = Buffer.from(client_id)
  const head = Buffer.from([0x10, 12 + id.length, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, id.length])
  return Buffer.concat([head, id])
}

function encodePublish(topic: string, payload: string, message_id: number): Buffer {
  const topic_bytes = Buffer.byteLength(topic)
  const length = 2 + topic_bytes + 2 + Buffer.byteLength(payload)
  const packet = Buffer.allocUnsafe((length < 128 ? 2 : 3) + length)
  let at = packet.writeUInt8(0x32, 0)
  if (length < 128) at = packet.writeUInt8(length, at)
  else {
    at = packet.writeUInt8((length & 0x7f) | 0x80, at)
    at = packet.writeUInt8(length >> 7, at)
  }
  at = packet.writeUInt16BE(topic_bytes, at)
  at += packet.write(topic, at)
  at = packet.writeUInt16BE(message_id, at)
  packet.write(payload, at)
  return packet
}

type Charger = { topic: string; next: () => string }

/** One charger's messages for ever: plugged, charging with a growing register, unplugged; 20 messages a session. */
function createCharger(device_id: string): Charger {
  let step = 0
  let session = 0
  function next(): string {
    const at = step++ % 20
    if (at === 0) session++
    const charging = at >= 2 && at < 18
    const pilot_state = at === 0 || at === 19 ? 'A' : charging ? 'C' : 'B'
    return JSON.stringify({
      device_type: 'evse',
      device_id,
      timestamp: Date.now(),
      location: 'bench',
      event_type: charging && at > 2 ? 'telemetry' : 'state_change',
      pilot_state,
      pwm_duty_cycle: pilot_state === 'A' ? 0 : 53.3,
      current_draw: charging ? 31.5 : 0,
      proximity_detected: pilot_state !== 'A',
      session_id: pilot_state === 'A' ? '' : `${device_id}-${session}`,
      energy_delivered_kwh: charging ? (at - 2) * 0.0002 : at === 0 ? 0 : 0.003,
    })
  }
  return { topic: telemetryTopic('evse', device_id), next }
}

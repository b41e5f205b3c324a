/**
 * The MQTT broker in the process. What a client publishes goes to the front door, whatever its topic, and is
 * acknowledged when it is durable; what subscribers see of it is a courtesy, and commands come from the server alone.
 */
import { createServer, type Socket } from 'node:net'
import { Aedes, type Client, type PublishPacket } from 'aedes'
import type { Downlink, FrontDoor, Logger, Metrics } from '../events/ports.ts'
import { downlinkTopic, routeTopic } from '../events/topics.ts'
import { listen } from './listen.ts'
import { createPacketGuard } from './packet-guard.ts'

export type BrokerParts = {
  door: FrontDoor
  host: string
  /** 0 takes a free one. */
  port: number
  metrics: Metrics
  logger: Logger
}

export type Broker = {
  port: number
  downlink: Downlink
  connections(): number
  /** Closes every connection; what they said last (wills too) has been handed to the front door when it resolves. */
  close(): Promise<void>
}

/** A payload above 64 KB still enters the log, to be quarantined; above this the connection is closed instead. */
const MAX_PACKET_BYTES = 1024 * 1024
/** Copies on their way to subscribers; above this, copies are dropped, so that a slow subscriber costs no memory. */
const MAX_COPIES_UNDER_WAY = 1_000
/** A subscriber that reads nothing for so long is disconnected. */
const DRAIN_TIMEOUT_MS = 5_000

/** MQTT 3.1.1, no TLS, no passwords: it listens where it is told, on this machine unless told. Rejects where it cannot listen. */
export async function startBroker(parts: BrokerParts): Promise<Broker> {
  const { door, metrics } = parts
  const aedes = new IngestBroker({
    drainTimeout: DRAIN_TIMEOUT_MS,
    authorizePublish: (_client, packet, callback) => {
      // aedes sends the PUBACK, or the PUBREC, after this callback: the commit belongs before it.
      const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload
      door.admit({ source: 'mqtt', topic: packet.topic, payload }).then(() => callback(null), callback)
    },
  })
  aedes.onDropped = () => metrics.count('mqtt_copies_dropped')
  noteErrors(aedes, parts)
  await aedes.listen()

  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    aedes.handle(socket)
    guardSize(socket)
  })
  const port = await listen(server, parts.port, parts.host).catch(async (error) => {
    await closeBroker(aedes)
    throw error
  })

  return {
    port,
    downlink: { send: (type, id, message) => publishCommand(aedes, downlinkTopic(type, id), message) },
    connections: () => aedes.connectedClients,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await closeBroker(aedes)
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

type Done = (error?: Error) => void

/** aedes, but what a client publishes reaches subscribers as an unretained QoS 0 copy, and only where it is telemetry. */
class IngestBroker extends Aedes {
  onDropped: () => void = () => {}
  copiesUnderWay = 0

  /** `from` is the client that published; the broker's own messages ($SYS, commands) come without one. */
  override publish(packet: PublishPacket, from: Client | null | Done, done?: Done): void {
    if (typeof from === 'function') super.publish(packet, from)
    else if (from === null) super.publish(packet, done ?? ignore)
    else {
      // The sender has waited for the log. It never waits for a subscriber.
      done?.()
      this.copyToSubscribers(packet)
    }
  }

  private copyToSubscribers(packet: PublishPacket): void {
    if (this.closed || !isTelemetry(packet.topic)) return
    if (this.copiesUnderWay >= MAX_COPIES_UNDER_WAY) {
      this.onDropped()
      return
    }
    this.copiesUnderWay++
    super.publish({ ...packet, qos: 0, retain: false }, () => {
      this.copiesUnderWay--
    })
  }
}

/** Everything else stays in the log: a client must not command a charger, nor speak as the system or as the broker. */
function isTelemetry(topic: string): boolean {
  const { kind } = routeTopic(topic)
  return kind === 'telemetry' || kind === 'sidewalk'
}

/** QoS 0, because a command that waits for a device to come back would tell it the time of an hour ago. */
function publishCommand(aedes: IngestBroker, topic: string, message: Record<string, unknown>): Promise<void> {
  const payload = Buffer.from(JSON.stringify(message))
  return new Promise((resolve, reject) => {
    aedes.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, (error) =>
      error ? reject(error) : resolve(),
    )
  })
}

/** The socket's chunks are seen on their way to aedes, which reads on 'readable'; 'data' takes nothing away from it. */
function guardSize(socket: Socket): void {
  const isWithinBounds = createPacketGuard(MAX_PACKET_BYTES)
  socket.on('data', (chunk) => {
    if (!isWithinBounds(chunk)) socket.destroy(new Error(`a packet of more than ${MAX_PACKET_BYTES} bytes`))
  })
}

function noteErrors(aedes: Aedes, { metrics, logger }: BrokerParts): void {
  // Every packet that was in hand when a connection failed fails by itself.
  const failed = new WeakSet<Client>()
  function note(client: Client, error: Error): void {
    if (failed.has(client)) return
    failed.add(client)
    metrics.count('mqtt_client_errors')
    logger.warn('an MQTT connection failed', { client_id: client.id ?? null, error: error.message })
  }
  aedes.on('clientError', note)
  aedes.on('connectionError', note)
}

function closeBroker(aedes: Aedes): Promise<void> {
  return new Promise((resolve) => aedes.close(() => resolve()))
}

function ignore(): void {}

/** What answers look like: for the document, and for the tests that hold every answer against it. All times are epoch ms. */
import { type TSchema, Type } from 'typebox'
import { DEVICE_TYPES } from '../events/event.ts'
import { ConfigWire, GpioMeaningWire } from '../events/schemas.ts'

const text = (description: string) => Type.String({ description })
const count = (description?: string) => Type.Integer({ minimum: 0, ...(description && { description }) })
const seconds = (description: string) => Type.Number({ minimum: 0, description })
const time = (description?: string) => Type.Integer({ minimum: 0, ...(description && { description }) })
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const anything = (description: string) => Type.Object({}, { description })
/** `pair`: the devices on one circuit, which the system itself pairs. */
const deviceType = Type.Enum([...DEVICE_TYPES, 'pair'])
const location = orNull(text('From the configuration in force, else what the device itself said.'))

export function listOf(item: TSchema): TSchema {
  const next_cursor = orNull(text('`cursor` of the next page; null on the last.'))
  return Type.Object({ items: Type.Array(item), next_cursor })
}

export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: text('One line for a person. A bad field or parameter is named with its value and the rule.'),
    instance: text('The path that was asked for.'),
  },
  { description: 'RFC 9457. Some problems have more members (`parameter`, `field`, `candidates`, …).' },
)

export const HealthSchema = Type.Object({
  status: Type.Enum(['ok', 'refusing']),
  time: time('The time on the clock of this process.'),
  devices: count(),
  quarantined: count(),
})

/** Why a repair changed or withdrew something. */
const BecauseSchema = Type.Object(
  {
    cause: Type.Enum([
      'late_event',
      'earlier_copy',
      'configuration',
      'clock',
      'chart_version',
      'told_otherwise',
      'another_writer',
      'replay',
    ]),
    key: text('The place in the fold from which it counts.'),
    event_time: orNull(time()),
  },
  { description: 'Why a repair changed or withdrew it.' },
)

export const EventSchema = Type.Object({
  key: text('Its place in the fold; sorts as events do.'),
  event_time: time('When it happened, by the clock rules.'),
  device_id: Type.String(),
  device_type: deviceType,
  event_type: Type.String(),
  origin: Type.Enum(['device', 'config', 'chart']),
  location,
  identity: Type.String(),
  reported_timestamp: Type.Integer({ description: 'What the device claimed, untouched.' }),
  received_at: time('Stamped once, at the front door.'),
  time_quality: Type.Enum(['device', 'estimated', 'clamped']),
  revision: count(),
  retracted: Type.Optional(Type.Boolean()),
  supersedes: Type.Optional(text('`key` of the row that this one replaces.')),
  because: Type.Optional(BecauseSchema),
  body: anything('What is particular to its type.'),
})

const Leg = Type.Object({
  started_at: time(),
  ended_at: orNull(time()),
  energy_kwh: orNull(Type.Number()),
})

const withdrawnFields = {
  because: Type.Optional(BecauseSchema),
  retracted: Type.Optional(Type.Boolean({ description: 'A later event has undone it.' })),
  superseded_by: Type.Optional(text('Id of what took its place.')),
}

const sessionFields = {
  session_id: Type.String(),
  device_session_id: orNull(text('The device’s own id, where it has one.')),
  device_id: Type.String(),
  location,
  announced: Type.Boolean({ description: 'The device itself said that a session began.' }),
  started_at: time('Plug-in.'),
  ended_at: orNull(time('Unplug, or how else it ended; null while open.')),
  duration_s: seconds('So far, while open.'),
  charging_s: seconds('Time in the charging legs.'),
  energy_kwh: orNull(Type.Number({ minimum: 0, description: 'By the register; so far, while open.' })),
  energy_confidence: orNull(
    text('`high`, `register`, `integral` or `disputed`; null where nothing was reported.'),
  ),
  energy_integral_kwh: orNull(Type.Number({ description: 'V·I·t over what was reported: the check.' })),
  longest_gap_s: seconds('Longest time without a reading.'),
  peak_current_a: orNull(Type.Number()),
  peak_power_kw: orNull(Type.Number()),
  end_reason: orNull(text('`unplugged`, `fault`, `superseded` or `timeout`.')),
  revision: count(),
}

export const OpenSessionSchema = Type.Object(sessionFields, { description: 'Without its legs.' })
export const SessionSchema = Type.Object({
  ...sessionFields,
  legs: Type.Array(Leg),
  legs_merged: count('Legs beyond the most that are kept one by one; they are in the last.'),
  ...withdrawnFields,
})

export const CycleSchema = Type.Object({
  cycle_id: Type.String(),
  device_id: Type.String(),
  location,
  mode: Type.Enum(['heating', 'cooling']),
  stage: Type.Enum([1, 2]),
  device_cycle_id: orNull(Type.String()),
  started_at: time('Call on.'),
  ended_at: orNull(time('Call off; null while the call lasts.')),
  duration_hours: Type.Number({ minimum: 0, description: 'So far, while it lasts.' }),
  energy_consumed_kwh: orNull(
    Type.Number({ minimum: 0, description: 'Rated power of the mode × hours; null without a rating.' }),
  ),
  energy_missing: orNull(text('The rating that the configuration lacks.')),
  end_reason: orNull(text('`call_ended` or `timeout`.')),
  revision: count(),
  ...withdrawnFields,
})

/** Of an `interlock_violation`, which has a length. */
const violationFields = {
  ended_at: Type.Optional(orNull(time('Null while it lasts.'))),
  duration_s: Type.Optional(seconds('So far, while it lasts.')),
  circuit: Type.Optional(Type.String()),
  chargers: Type.Optional(Type.Array(Type.String(), { description: 'Those that drew.' })),
  thermostats: Type.Optional(Type.Array(Type.String(), { description: 'Those that called.' })),
  energy_kwh: Type.Optional(orNull(Type.Number({ minimum: 0, description: 'What was drawn meanwhile.' }))),
  peak_current_a: Type.Optional(orNull(Type.Number({ description: 'Of the chargers together.' }))),
  end_reason: Type.Optional(orNull(text('`ev_stopped`, `call_ended` or `unknown`.'))),
}

export const AlarmSchema = Type.Object({
  alarm_id: Type.String(),
  alarm: text('What it is about: `stuck_call`, `short_cycle`, `interlock_violation`, …'),
  device_id: text('For an `interlock_violation` the pair’s.'),
  location,
  started_at: time('Start of what it is about.'),
  after_s: seconds('How long that had lasted.'),
  ...violationFields,
})

const Chart = Type.Object({
  name: text('Which of the device’s charts: `session`, `heating`, `cooling`, `interlock`.'),
  chart: Type.String(),
  version: Type.Integer(),
  state: orNull(text('Path of the state, such as `session.charging`; null before the first event.')),
  since: orNull(time('When it came into this state.')),
  next_timer: orNull(Type.Object({ name: Type.String(), due_at: time() })),
})

/** As events/device-config.ts reads it. */
const DeviceConfigSchema = Type.Object(
  {
    ...ConfigWire.properties,
    gpio: Type.Optional(Type.Record(Type.String(), Type.Object(GpioMeaningWire.properties))),
  },
  { additionalProperties: false },
)

const Clock = Type.Object({
  offset_ms: orNull(Type.Integer({ description: 'Device’s clock − ours; null while it stamps by uptime.' })),
  quality: Type.Enum(['device', 'estimated', 'behind', 'ahead', 'unknown']),
  boots: count(),
})

const deviceFields = {
  device_id: Type.String(),
  device_type: deviceType,
  location,
  last_received_at: time('When anything of it was last received.'),
  charts: Type.Array(Chart),
  open_cycles: Type.Array(CycleSchema),
  clock: Clock,
  last_event: orNull(anything('The newest event, with its fields.')),
}

export const DeviceItemSchema = Type.Object({ ...deviceFields, open_session: orNull(OpenSessionSchema) })

export const DeviceSchema = Type.Object({
  ...deviceFields,
  open_session: orNull(SessionSchema),
  config: DeviceConfigSchema,
  counters: anything('Events, late ones, decisions, and the device’s disagreements with its chart.'),
})

const effectiveFrom = Type.Union([Type.Integer({ minimum: 0 }), Type.String()], {
  description: 'Epoch ms or ISO 8601; now unless told.',
})

export const ConfigPutSchema = Type.Union([
  Type.Object(
    { config: DeviceConfigSchema, effective_from: Type.Optional(effectiveFrom) },
    { additionalProperties: false },
  ),
  DeviceConfigSchema,
])

export const ConfigVersionSchema = Type.Object({
  device_id: Type.String(),
  effective_from: time(),
  written_at: time(),
  config: DeviceConfigSchema,
})

export const ConfigSchema = Type.Object({
  device_id: Type.String(),
  config: DeviceConfigSchema,
  effective_from: orNull(time()),
  written_at: orNull(time()),
  history: text('Where its versions are listed.'),
})

export const BackfillSchema = Type.Object({
  device_id: text('Of `pair` the pair’s.'),
  location,
  what: Type.Enum(['event', 'config', 'boot', 'pair'], {
    description:
      'A device’s event, a backdated configuration, a boot whose offset got better, a word to a pair.',
  }),
  identity: Type.String(),
  key: text('Its place in the fold.'),
  event_time: time('When it happened, by the clock rules; of a configuration from when on it is in force.'),
  reported_timestamp: Type.Integer({ description: 'What was claimed, untouched.' }),
  received_at: time('Stamped once, at the front door.'),
  position: text('In the log.'),
  folded_from: orNull(time('Epoch ms; from here on it was folded all the same. Null: nothing of it was.')),
  boot: Type.Optional(Type.Integer({ description: 'Of a boot: which of the device’s it is, from 1.' })),
  offset_ms: Type.Optional(
    Type.Integer({ description: 'Of a boot: its events happened at this and their uptime.' }),
  ),
  reason: Type.String(),
})

export const QuarantinedSchema = Type.Object({
  position: text('In the log.'),
  received_at: time(),
  topic: Type.String(),
  device_id: orNull(Type.String()),
  reason: text('Field, value and rule.'),
  preview: text('Beginning of the payload, as text.'),
  payload_base64: Type.String(),
})

export const MessageSchema = Type.Unknown({ description: 'The device’s message, in any of its spellings.' })
export const AdmittedSchema = Type.Object({ received_at: time('It is durable.') })
export const TimeSyncSchema = Type.Object({ device_id: Type.String(), epoch_ms: time('The time sent.') })

/** Written once in the document, and referred to. */
export const NAMED_SCHEMAS: Record<string, TSchema> = {
  Problem: ProblemSchema,
  Health: HealthSchema,
  Device: DeviceSchema,
  DeviceItem: DeviceItemSchema,
  Event: EventSchema,
  Session: SessionSchema,
  OpenSession: OpenSessionSchema,
  Cycle: CycleSchema,
  Alarm: AlarmSchema,
  DeviceConfig: DeviceConfigSchema,
  Config: ConfigSchema,
  ConfigVersion: ConfigVersionSchema,
  Backfill: BackfillSchema,
  Quarantined: QuarantinedSchema,
}

export const ChangesSchema = Type.Object({
  id: Type.String(),
  device_id: Type.String(),
  retracted: Type.Boolean(),
  superseded_by: orNull(text('Id of what took its place.')),
  because: orNull(BecauseSchema),
  took_the_place_of: Type.Array(Type.String(), { description: 'Ids that lead here since.' }),
  changes: Type.Array(EventSchema, {
    description: 'All that was ever decided of it, as it was told, in order.',
  }),
})

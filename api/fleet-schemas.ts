/** What the answers about charts and their fleets look like. */
import { type TSchema, Type } from 'typebox'
import { DEVICE_TYPES } from '../events/event.ts'

const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const count = (description: string) => Type.Integer({ minimum: 0, description })
const seconds = (description: string) => orNull(Type.Number({ minimum: 0, description }))
const time = (description: string) => Type.Integer({ minimum: 0, description })

export const FLEET_PARAMS = {
  instance: 'Of devices that run the chart more than once, this one of theirs: `heating`.',
  state: 'In this state or in one inside it, by its path: `session.charging`.',
}

const chartFields = {
  id: Type.String(),
  version: Type.Integer(),
  title: Type.String(),
  device_types: Type.Array(Type.Enum([...DEVICE_TYPES, 'pair']), { description: 'Whose devices run it.' }),
  instances: Type.Array(Type.String(), { description: 'What its devices call it: `heating`, `cooling`.' }),
}

export const ChartItemSchema = Type.Object({
  ...chartFields,
  states: Type.Array(
    Type.Object({
      state: Type.String({
        description: 'Its path; inside others, these stand before it: `session.charging`.',
      }),
      at_rest: Type.Boolean({ description: 'Nothing is open in it and no timer is pending.' }),
    }),
  ),
})

export const ChartSchema = Type.Object({
  ...chartFields,
  graph: orNull(
    Type.Object(
      { states: Type.Array(Type.Unknown()), edges: Type.Array(Type.Unknown()) },
      { description: 'States and edges, with guards, actions and timers. Null where it has not been drawn.' },
    ),
  ),
  svg: orNull(Type.String({ description: 'The drawing; its elements name their states and edges.' })),
})

const StateFigures = Type.Object({
  state: Type.String(),
  at_rest: Type.Boolean(),
  devices: count('In it now, or in a state inside it; one that runs the chart twice counts twice.'),
  median_s: seconds('How long they have been in it.'),
  p95_s: seconds('Nearest rank.'),
  longest_s: seconds('Of those that have been in it longest.'),
  stuck_after_s: seconds(
    'Beyond this a device is stuck in it; null for a state at rest, or with states inside.',
  ),
})

const EdgeFigures = Type.Object({
  edge: Type.String({ description: 'Its id, as the drawing has it.' }),
  source: Type.String(),
  target: Type.String(),
  hour: count('Times that it was taken since `hour_from`.'),
  day: count('Times that it was taken since `day_from`.'),
})

const deviceFields = {
  device_id: Type.String(),
  device_type: Type.String(),
  instance: Type.String(),
  version: Type.Integer({ description: 'Of the chart that it runs.' }),
  state: Type.String({ description: 'All of where it is; parallel regions are joined by `|`.' }),
  since: orNull(time('When it came into the state that was asked for; null before its first event.')),
  for_s: seconds('Since then.'),
  stuck: Type.Boolean(),
}

export const FleetDeviceSchema = Type.Object(deviceFields)

export const FleetSchema = Type.Object({
  chart: Type.String(),
  version: Type.Integer(),
  time: time('As of now.'),
  devices: count('That run it; one that runs it twice counts twice.'),
  states: Type.Array(StateFigures),
  hour_from: time('An hour ago, and up to ten minutes more.'),
  day_from: time('A day ago, and up to an hour more.'),
  edges: Type.Array(EdgeFigures, {
    description:
      'Those that lead from a state to another. How often one that stays was taken, nobody counts.',
  }),
  stuck: Type.Object({
    rule: Type.String(),
    devices: count('All that are.'),
    longest: Type.Array(FleetDeviceSchema, { description: 'The first of them.' }),
  }),
})

export const PathSchema = Type.Object({
  device_id: Type.String(),
  chart: Type.String(),
  version: Type.Integer(),
  instance: Type.String(),
  state: Type.String({ description: 'Where it is now.' }),
  since: orNull(time('Since when.')),
  items: Type.Array(
    Type.Object({
      at: time('When it was taken, by the clock rules.'),
      edge: Type.String(),
      by: Type.String({ description: 'What led to it: the event’s type, or the timer’s name.' }),
      from: Type.String(),
      to: Type.String(),
    }),
    { description: 'The edges that it took last, the newest at the end; told from its rows.' },
  ),
  more: Type.Boolean({ description: 'It has taken others before these.' }),
})

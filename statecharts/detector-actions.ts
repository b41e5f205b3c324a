/** What a detector model asks of other services, as decided events: the action, its parameters, and its payload. */
import { type Detector, type DetectorContext, type Read, readOf } from './detector.ts'
import { evaluate, plain, type Value } from './detector-values.ts'

/** A payload that the model writes itself. JSON that can be read becomes data, everything else stays text. */
export type Content = { type: 'STRING' | 'JSON'; content(read: Read): Value }

/** `sns`, `lambda`, `iotTopicPublish`, … with the parameters' own names. */
export function action(
  detector: Detector,
  context: DetectorContext,
  type: string,
  parameters: (read: Read) => Record<string, unknown>,
  content?: Content,
): { type: string } & Record<string, unknown> {
  const read = readOf(context, new Set())
  const payload = content ? written(content, read) : standardPayload(detector, context)
  return { type, ...parameters(read), payload }
}

/** A parameter that is an expression: null where it cannot be evaluated. */
export function parameter(expression: () => Value): unknown {
  return plain(evaluate(expression) ?? null)
}

function written({ type, content }: Content, read: Read): unknown {
  const value = plain(evaluate(() => content(read)) ?? null)
  if (type === 'STRING' || typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** What every action carries unless the model says otherwise, as the developer guide shows it; no id of the execution. */
function standardPayload(detector: Detector, context: DetectorContext): Record<string, unknown> {
  const { at, key_value, state, trigger } = context
  const inState = detector.states[state ?? '']
  const rules = inState ? [...inState.onEnter, ...inState.onInput, ...inState.onExit] : []
  const eventName = rules.find(({ rule }) => rule === context.due)?.event ?? null
  const triggered =
    trigger?.type === 'Message'
      ? { inputName: trigger.input, triggerType: 'Message' }
      : { timerName: trigger?.timer ?? null, triggerType: 'Timer' }
  const variables = Object.fromEntries(
    Object.entries(context.variables).map(([name, value]) => [name, plain(value)]),
  )
  const timers = Object.fromEntries(
    Object.entries(context.timers).flatMap(([name, { due_at }]) => (due_at === null ? [] : [[name, due_at]])),
  )
  return {
    eventTime: at,
    payload: {
      detector: { detectorModelName: detector.model, keyValue: key_value, detectorModelVersion: '1' },
      eventTriggerDetails: triggered,
      state: { stateName: state, variables, timers },
    },
    eventName,
  }
}

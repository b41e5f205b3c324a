/** A document → the model, with every part known or refused by name. Nothing that stands in it is dropped. */
import { findModel } from './find-model.ts'
import {
  type DetectorModel,
  isObject,
  type JsonObject,
  type ModelAction,
  type ModelEvent,
  type ModelState,
  shown,
  Untranslatable,
} from './model.ts'

/** Of a model, beside its definition: what nothing runs by, and is kept as it is. */
const ABOUT = [
  'detectorModelDescription',
  'roleArn',
  'tags',
  'detectorModelArn',
  'detectorModelVersion',
  'creationTime',
  'lastUpdateTime',
  'status',
]
const STATE_NAME = /^[A-Za-z0-9_-]{1,128}$/

type Reading = { flaws: string[] }

/** Throws Untranslatable with everything that is wrong. `named` is for a model without a name; `notes` are for a person. */
export function readModel(document: unknown, named: string): { model: DetectorModel; notes: string[] } {
  const { body, name, notes } = findModel(document)
  const reading: Reading = { flaws: [] }
  const definition = body.detectorModelDefinition as JsonObject
  onlyKnown(reading, 'the model', body, [
    'detectorModelName',
    'detectorModelDefinition',
    'key',
    'evaluationMethod',
    ...ABOUT,
  ])
  onlyKnown(reading, 'the definition', definition, ['states', 'initialStateName'])
  // A template's own function is no name; the resource has one.
  const given = isObject(body.detectorModelName)
  const about = given ? [...ABOUT, 'detectorModelName'] : ABOUT
  const states = listOf(reading, 'states', definition.states).map((state) => readState(reading, state))
  const model: DetectorModel = {
    name: textOr(reading, 'detectorModelName', given ? null : body.detectorModelName, name ?? named),
    key: body.key == null ? null : textOr(reading, 'key', body.key, ''),
    evaluation: readEvaluation(reading, body.evaluationMethod),
    initial: textOr(reading, 'initialStateName', definition.initialStateName, ''),
    states,
    about: Object.fromEntries(about.flatMap((key) => (body[key] == null ? [] : [[key, body[key]]]))),
  }
  checkStates(reading, model)
  if (reading.flaws.length > 0) throw new Untranslatable(reading.flaws)
  return { model, notes }
}

function checkStates(reading: Reading, { states, initial }: DetectorModel): void {
  const names = states.map(({ name }) => name)
  if (states.length === 0) reading.flaws.push('states: there are none')
  for (const name of new Set(names)) {
    if (!STATE_NAME.test(name))
      reading.flaws.push(`stateName: ${shown(name)} is not made of letters, digits, _ and -`)
    if (name in {})
      reading.flaws.push(`stateName: ${shown(name)} is a name that every object of JavaScript has`)
    if (names.indexOf(name) !== names.lastIndexOf(name))
      reading.flaws.push(`stateName: ${shown(name)} stands more than once`)
  }
  if (!names.includes(initial)) reading.flaws.push(`initialStateName: ${shown(initial)} is no state`)
  for (const { name, onInput } of states)
    for (const event of onInput)
      if (event.next !== null && !names.includes(event.next))
        reading.flaws.push(`${name}.onInput.${event.name}: nextState ${shown(event.next)} is no state`)
}

function readEvaluation(reading: Reading, value: unknown): 'BATCH' | 'SERIAL' {
  const method = typeof value === 'string' ? value.toUpperCase() : (value ?? 'BATCH')
  if (method === 'BATCH' || method === 'SERIAL') return method
  reading.flaws.push(`evaluationMethod: ${shown(value)} is neither BATCH nor SERIAL`)
  return 'BATCH'
}

function readState(reading: Reading, state: unknown): ModelState {
  if (!isObject(state)) {
    reading.flaws.push(`states: ${shown(state)} is no state`)
    return { name: '', onEnter: [], onInput: [], onExit: [] }
  }
  const name = textOr(reading, 'stateName', state.stateName, '')
  onlyKnown(reading, `state ${name}`, state, ['stateName', 'onEnter', 'onInput', 'onExit'])
  const group = (key: 'onEnter' | 'onInput' | 'onExit') => readGroup(reading, name, key, state[key])
  return { name, onEnter: group('onEnter'), onInput: group('onInput'), onExit: group('onExit') }
}

function readGroup(reading: Reading, state: string, key: string, value: unknown): ModelEvent[] {
  if (value == null) return []
  const place = `${state}.${key}`
  if (!isObject(value)) {
    reading.flaws.push(`${place}: ${shown(value)} is no object`)
    return []
  }
  const transitions = key === 'onInput' ? ['transitionEvents'] : []
  onlyKnown(reading, place, value, ['events', ...transitions])
  const events = listOf(reading, `${place}.events`, value.events)
  const moves = key === 'onInput' ? listOf(reading, `${place}.transitionEvents`, value.transitionEvents) : []
  return [
    ...events.map((event) => readEvent(reading, place, event, false)),
    ...moves.map((event) => readEvent(reading, place, event, true)),
  ]
}

function readEvent(reading: Reading, place: string, event: unknown, moves: boolean): ModelEvent {
  const nothing: ModelEvent = { name: '', condition: null, actions: [], next: null }
  if (!isObject(event)) {
    reading.flaws.push(`${place}: ${shown(event)} is no event`)
    return nothing
  }
  const name = textOr(reading, `${place}: eventName`, event.eventName, '')
  const at = `${place}.${name}`
  onlyKnown(reading, at, event, ['eventName', 'condition', 'actions', ...(moves ? ['nextState'] : [])])
  if (moves && event.condition == null) reading.flaws.push(`${at}: a transition needs its condition`)
  const said = typeof event.condition === 'boolean' ? String(event.condition) : event.condition
  const condition = said === '' && !moves ? null : said
  return {
    name,
    condition: condition == null ? null : textOr(reading, `${at}: condition`, condition, 'true'),
    actions: listOf(reading, `${at}: actions`, event.actions).flatMap((one) => readAction(reading, at, one)),
    next: moves ? textOr(reading, `${at}: nextState`, event.nextState, '') : null,
  }
}

function readAction(reading: Reading, at: string, action: unknown): ModelAction[] {
  const held = isObject(action) ? Object.entries(action).filter(([, value]) => value != null) : []
  const [only] = held
  if (held.length !== 1 || !only || !isObject(only[1])) {
    reading.flaws.push(`${at}: ${shown(action)} is not one action`)
    return []
  }
  return [{ type: only[0], parameters: only[1] }]
}

function onlyKnown(reading: Reading, place: string, object: JsonObject, known: string[]): void {
  for (const key of Object.keys(object))
    if (!known.includes(key)) reading.flaws.push(`${place}: ${shown(key)} has no counterpart`)
}

function listOf(reading: Reading, place: string, value: unknown): unknown[] {
  if (value == null) return []
  if (Array.isArray(value)) return value
  reading.flaws.push(`${place}: ${shown(value)} is no list`)
  return []
}

function textOr(reading: Reading, place: string, value: unknown, otherwise: string): string {
  if (value == null && otherwise !== '') return otherwise
  if (typeof value === 'string' && value !== '') return value
  reading.flaws.push(`${place}: ${shown(value)} is no text`)
  return otherwise
}

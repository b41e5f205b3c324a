import { describe, expect, it } from 'vitest'
import { type Detector, type DetectorContext, newDetectorContext } from '../../statecharts/detector.ts'
import { action, parameter } from '../../statecharts/detector-actions.ts'
import { chartOf, detectorOf, event, set } from './imported.ts'

const sns = (name: string) => ({ sns: { targetArn: `arn:aws:sns:eu-west-1:1:${name}` } })
const timer = (timerName: string, seconds: number) => ({ setTimer: { timerName, seconds } })

/** One state that counts, and says when a count of 1 is seen by a later condition. */
function counting(): unknown[] {
  return [
    {
      stateName: 'a',
      onEnter: { events: [event('zero', null, [set('n', '0')])] },
      onInput: {
        events: [
          event('up', 'currentInput("In")', [set('n', '$variable.n + 1')]),
          event('is one', '$variable.n == 1', [sns('one')]),
        ],
        transitionEvents: [event('on', '$variable.n == 1', [], 'b')],
      },
    },
    { stateName: 'b' },
  ]
}

describe('evaluation', () => {
  it('BATCH looks at every condition before any action', async () => {
    const one = detectorOf(await chartOf(counting()))
    one.says(0, 'In', {})
    expect([one.state(), one.variables(), one.decided()]).toEqual(['a', { n: 1 }, []])
    one.says(1, 'In', {})
    expect([one.state(), one.variables(), one.decided()]).toEqual(['b', { n: 2 }, ['sns one']])
  })

  it('SERIAL sees what the events before have set', async () => {
    const one = detectorOf(await chartOf(counting(), { evaluationMethod: 'SERIAL' }))
    one.says(0, 'In', {})
    expect([one.state(), one.variables(), one.decided()]).toEqual(['b', { n: 1 }, ['sns one']])
  })

  it('takes the first transition that holds, after the events and before onExit and onEnter', async () => {
    const states = [
      {
        stateName: 'a',
        onInput: {
          events: [event('e', 'currentInput("In")', [sns('event')])],
          transitionEvents: [
            event('no', '$input.In.x > 5', [], 'a'),
            event('first', '$input.In.x > 1', [sns('transition')], 'b'),
            event('second', '$input.In.x > 1', [sns('never')], 'a'),
          ],
        },
        onExit: { events: [event('x', null, [sns('exit')]), event('y', 'false', [sns('never')])] },
      },
      { stateName: 'b', onEnter: { events: [event('n', null, [sns('enter')])] } },
    ]
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', { x: 2 })
    expect([one.state(), one.decided()]).toEqual([
      'b',
      ['sns event', 'sns transition', 'sns exit', 'sns enter'],
    ])
    expect(one.taken()).toEqual(['a.onInput.e', 'a.onInput.first', 'a.onExit.x', 'b.onEnter.n'])
    one.says(1, 'In', { x: 2 })
    expect([one.state(), one.decided()]).toEqual(['b', []])
  })

  it('a transition to its own state leaves it and enters it again', async () => {
    const states = [
      {
        stateName: 'a',
        onEnter: { events: [event('n', null, [sns('enter')])] },
        onInput: { transitionEvents: [event('again', '$input.In.x == 1', [], 'a')] },
        onExit: { events: [event('x', null, [sns('exit')])] },
      },
    ]
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', { x: 0 })
    expect(one.decided()).toEqual(['sns enter'])
    one.says(1, 'In', { x: 1 })
    expect(one.decided()).toEqual(['sns exit', 'sns enter'])
  })

  it('keeps the last message of each input, whole', async () => {
    const states = [
      {
        stateName: 'a',
        onInput: { events: [event('hot', '$input.T.t > $input.Limit.most', [sns('hot')])] },
      },
    ]
    const one = detectorOf(await chartOf(states))
    one.says(0, 'T', { t: 5 })
    expect(one.decided()).toEqual([])
    one.says(1, 'Limit', { most: 4 })
    expect(one.decided()).toEqual(['sns hot'])
    one.says(2, 'T', { other: 5 })
    expect(one.decided()).toEqual([])
  })

  it('what is undefined or does not fit together sets nothing and holds nowhere', async () => {
    const states = [
      {
        stateName: 'a',
        onInput: {
          events: [
            event('copy', null, [set('n', '$input.In.n'), set('m', '$input.In.n + 1')]),
            event('no boolean', '$input.In.n', [sns('never')]),
          ],
        },
      },
    ]
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', { n: 1 })
    one.says(1, 'In', { n: null })
    one.says(2, 'In', { n: 'text' })
    expect([one.variables(), one.decided()]).toEqual([{ n: 'text', m: 2 }, []])
    one.says(3, 'In', 'not even an object')
    expect(one.variables()).toEqual({ n: 'text', m: 2 })
  })
})

describe('timers', () => {
  const states = [
    {
      stateName: 'a',
      onEnter: { events: [event('set', null, [timer('t', 60), timer('u', 90)])] },
      onInput: {
        events: [
          event('t', 'timeout("t")', [sns('t')]),
          event('u', 'timeout("u")', [sns('u')]),
          event('again', '$input.In.c == "reset"', [{ resetTimer: { timerName: 't' } }]),
          event('off', '$input.In.c == "clear"', [{ clearTimer: { timerName: 't' } }]),
        ],
        transitionEvents: [event('go', '$input.In.c == "go"', [], 'b')],
      },
    },
    {
      stateName: 'b',
      onInput: {
        events: [event('late', 'triggerType("Message") && timeout("t")', [sns('late')])],
        transitionEvents: [event('back', 'timeout("u")', [], 'a')],
      },
    },
  ]

  it('come due each at its own time, with `timeout` true once', async () => {
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', {})
    expect([one.path(), one.timers()]).toEqual(['a.t_runs', [60]])
    one.time(200)
    expect([one.path(), one.timers(), one.decided()]).toEqual([
      'a.resting',
      [],
      ['sns t at 60', 'sns u at 90'],
    ])
    one.says(201, 'In', {})
    expect(one.decided()).toEqual([])
  })

  it('start again as long as they were set for, or stop', async () => {
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', {})
    one.says(50, 'In', { c: 'reset' })
    expect(one.timers()).toEqual([90])
    one.says(60, 'In', { c: 'clear' })
    one.says(61, 'In', { c: 'reset' })
    one.time(500)
    expect(one.decided()).toEqual(['sns u at 90'])
  })

  it('run on in other states, and wait there for a condition that asks', async () => {
    const one = detectorOf(await chartOf(states))
    one.says(0, 'In', {})
    one.says(10, 'In', { c: 'go' })
    expect([one.path(), one.timers()]).toEqual(['b.t_runs', [60]])
    one.time(70)
    expect([one.state(), one.decided(), one.timers()]).toEqual(['b', [], [90]])
    one.says(80, 'In', {})
    expect(one.decided()).toEqual(['sns late'])
    one.time(90)
    expect([one.state(), one.timers()]).toEqual(['a', [150]])
  })

  it('read the inputs’ last messages again when they come due', async () => {
    const own = [
      {
        stateName: 'a',
        onEnter: { events: [event('set', null, [timer('t', 60)])] },
        onInput: { events: [event('low', '$input.In.x < 5', [sns('low')])] },
      },
    ]
    const one = detectorOf(await chartOf(own))
    one.says(0, 'In', { x: 1 })
    one.time(60)
    expect(one.decided()).toEqual(['sns low at 60'])
  })

  it('last as long as an expression says, rounded down; what is no length sets none', async () => {
    const own = [
      {
        stateName: 'a',
        onInput: {
          events: [
            event('set', 'currentInput("In")', [
              { setTimer: { timerName: 't', durationExpression: '$input.In.minutes * 60' } },
            ]),
          ],
        },
      },
    ]
    const one = detectorOf(await chartOf(own))
    one.says(0, 'In', { minutes: 'long' })
    expect(one.timers()).toEqual([])
    one.says(0, 'In', { minutes: 1.015 })
    expect(one.timers()).toEqual([60])
    one.says(10, 'In', { minutes: 0 })
    expect(one.timers()).toEqual([60])
  })
})

describe('actions', () => {
  it('carry the state, the trigger and the timers that run, decimals as numbers', () => {
    const detector: Detector = {
      model: 'm',
      key: null,
      evaluation: 'BATCH',
      initial: 'a',
      about: {},
      states: { a: { onEnter: [], onInput: [{ rule: 'a.e', event: 'e', holds: () => true }], onExit: [] } },
    }
    const context: DetectorContext = {
      ...newDetectorContext(),
      state: 'a',
      at: 5,
      trigger: { type: 'Timer', timer: 't' },
      due: 'a.e',
      variables: { d: { decimal: 20 } },
      timers: {
        t: { duration_s: 60, due_at: null, expired: true },
        u: { duration_s: 60, due_at: 99, expired: false },
      },
    }
    const said = action(detector, context, 'sns', () => ({
      targetArn: 'x',
      gone: parameter(() => undefined),
    }))
    expect(said).toEqual({
      type: 'sns',
      targetArn: 'x',
      gone: null,
      payload: {
        eventTime: 5,
        payload: {
          detector: { detectorModelName: 'm', keyValue: null, detectorModelVersion: '1' },
          eventTriggerDetails: { timerName: 't', triggerType: 'Timer' },
          state: { stateName: 'a', variables: { d: 20 }, timers: { u: 99 } },
        },
        eventName: 'e',
      },
    })
  })

  it('of every service are decided, with their parameters and their payload', async () => {
    const actions = [
      {
        iotTopicPublish: {
          mqttTopic: "'devices/' + $variable.id",
          payload: { type: 'JSON', contentExpression: '\'{"id":"\' + $variable.id + \'"}\'' },
        },
      },
      { lambda: { functionArn: 'arn:aws:lambda:eu-west-1:1:function:f' } },
      { sqs: { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', useBase64: false } },
      { firehose: { deliveryStreamName: 'd', separator: '\n' } },
      { iotEvents: { inputName: 'Other' } },
      { dynamoDB: { tableName: "'t'", hashKeyField: 'id', hashKeyValue: '$variable.id' } },
      { dynamoDBv2: { tableName: 't', payload: { type: 'STRING', contentExpression: "'x'" } } },
      { iotSiteWise: { propertyAlias: 'p', propertyValue: { value: { doubleValue: '$input.In.n * 2' } } } },
    ]
    const states = [
      {
        stateName: 'a',
        onEnter: { events: [event('id', null, [set('id', '$input.In.id'), ...actions])] },
        onInput: { events: [event('read', '$input.In.n > 0')] },
      },
    ]
    const one = detectorOf(await chartOf(states, { key: 'id' }))
    one.says(1, 'In', { id: 'd-1', n: 2 })
    const said = one
      .decisions()
      .map(({ type, data: { payload: _, ...parameters } }) => ({ type, ...parameters }))
    expect(said).toEqual([
      { type: 'iotTopicPublish', mqttTopic: 'devices/d-1' },
      { type: 'lambda', functionArn: 'arn:aws:lambda:eu-west-1:1:function:f' },
      { type: 'sqs', queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', useBase64: false },
      { type: 'firehose', deliveryStreamName: 'd', separator: '\n' },
      { type: 'iotEvents', inputName: 'Other' },
      { type: 'dynamoDB', tableName: 't', hashKeyField: 'id', hashKeyValue: 'd-1' },
      { type: 'dynamoDBv2', tableName: 't' },
      { type: 'iotSiteWise', propertyAlias: 'p', propertyValue: { value: { doubleValue: 4 } } },
    ])
    expect(one.decisions()[0]?.data.payload).toEqual({ id: 'd-1' })
    expect(one.decisions()[6]?.data.payload).toBe('x')
    expect(one.decisions()[1]?.data.payload).toMatchObject({ payload: { detector: { keyValue: 'd-1' } } })
  })
})

it('states that have no events, and names that need quotes, are in the chart', async () => {
  const states = [
    {
      stateName: 'a-1',
      onInput: { transitionEvents: [event('it\'s "on"', '$input.In.`on off` == true', [], 'new')] },
    },
    { stateName: 'new' },
  ]
  const chart = await chartOf(states, {}, 'a-1')
  const one = detectorOf(chart)
  one.says(0, 'In', { 'on off': true })
  expect(one.path()).toBe('new')
})

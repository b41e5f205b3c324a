// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the templates are CloudFormation's

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chartOf, detectorOf, event, imported, importFolder, put, runImport, set } from './imported.ts'

const ROOT = join(import.meta.dirname, '..', '..')

const STATES = [
  {
    stateName: 'low',
    onEnter: {
      events: [event('enter', null, [set('n', '0'), { setTimer: { timerName: 't', seconds: 60 } }])],
    },
    onInput: { transitionEvents: [event('rise', '$input.In.x > 5 || timeout("t")', [], 'high')] },
    onExit: { events: [event('go', null, [{ sns: { targetArn: 'arn:aws:sns:eu-west-1:1:go' } }])] },
  },
  { stateName: 'high', onInput: { transitionEvents: [event('fall', '$input.In.x <= 5', [], 'low')] } },
]
const DEFINITION = { states: STATES, initialStateName: 'low' }

function capitals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(capitals)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.charAt(0).toUpperCase() + key.slice(1),
      capitals(inner),
    ]),
  )
}

describe('a model is found in', () => {
  const configured = { detectorModelName: 'own', key: 'id', evaluationMethod: 'SERIAL' }
  const resource = {
    Type: 'AWS::IoTEvents::DetectorModel',
    Properties: capitals({ ...configured, detectorModelDefinition: DEFINITION, roleArn: 'r' }),
  }
  it.each<[string, unknown]>([
    ['a request', { ...configured, detectorModelDefinition: DEFINITION, roleArn: 'r', tags: [] }],
    [
      'an answer',
      { detectorModel: { detectorModelDefinition: DEFINITION, detectorModelConfiguration: configured } },
    ],
    ['a resource', resource],
    ['a template', { Resources: { Own: resource, Topic: { Type: 'AWS::SNS::Topic' } } }],
  ])('%s', async (_, document) => {
    const chart = await imported(put('own.json', JSON.stringify(document)), 'own')
    const one = detectorOf(chart)
    one.says(0, 'In', { id: 1, x: 6 })
    expect([one.state(), one.decided()]).toEqual(['high', ['sns go']])
  })

  it('a template whose texts are put together from references', async () => {
    const joined = { 'Fn::Join': ['', ['$input.', { Ref: 'Level' }, '.x > 5']] }
    const topic = { 'Fn::Sub': 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:${Topic}' }
    const template = {
      Resources: {
        Level: { Type: 'AWS::IoTEvents::Input', Properties: { InputName: 'In' } },
        Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'go' } },
        Own: {
          Type: 'AWS::IoTEvents::DetectorModel',
          DependsOn: 'Level',
          Properties: {
            RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
            DetectorModelDefinition: {
              InitialStateName: 'a',
              States: [
                {
                  StateName: 'a',
                  OnInput: {
                    Events: [
                      {
                        EventName: 'e',
                        Condition: joined,
                        Actions: [
                          {
                            Sns: {
                              TargetArn: topic,
                              Payload: {
                                Type: 'STRING',
                                ContentExpression: { 'Fn::Sub': "'${!$input.In.x} of ${Topic}'" },
                              },
                            },
                          },
                        ],
                      },
                    ],
                  },
                },
              ],
            },
          },
        },
      },
    }
    const one = detectorOf(await imported(put('t.json', JSON.stringify(template)), 'Own'))
    one.says(0, 'In', { x: 6 })
    expect(one.decisions()[0]?.data).toEqual({
      targetArn: 'arn:aws:sns:${AWS::Region}:${AWS::AccountId}:go',
      payload: '6 of go',
    })
  })

  it('a bare definition, named after its file', async () => {
    const chart = await imported(put('Some_model.json', JSON.stringify(DEFINITION)), 'Some_model')
    expect(chart.id).toBe('some-model')
  })
})

describe('what is written', () => {
  it('type-checks, is in order, and passes its own tests', async () => {
    const file = put('own.json', JSON.stringify({ ...DEFINITION, detectorModelName: 'own' }))
    const out = join(importFolder(), 'out')
    const said = await runImport(file, '--out', out)
    expect(said.err).toBe('')
    expect(said.out).toContain('own: 2 states, 4 rules, 4 of them walked')
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      include: ['*.ts'],
      compilerOptions: { typeRoots: [join(ROOT, 'node_modules/@types')] },
    }
    writeFileSync(join(out, 'package.json'), '{"type":"module"}')
    writeFileSync(join(out, 'tsconfig.json'), JSON.stringify(config))
    const run = (script: string, ...args: string[]) =>
      execFileSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
        cwd: ROOT,
        encoding: 'utf8',
      })
    expect(run('typescript/bin/tsc', '-p', out)).toBe('')
    for (const name of ['own.ts', 'own.test.ts']) {
      const text = readFileSync(join(out, name), 'utf8')
      const checked = execFileSync(
        process.execPath,
        [
          join(ROOT, 'node_modules/@biomejs/biome/bin/biome'),
          'check',
          '--write',
          `--stdin-file-path=statecharts/${name}`,
        ],
        { cwd: ROOT, encoding: 'utf8', input: text },
      )
      expect(checked).toBe(text)
    }
    const report = join(importFolder(), 'report.json')
    run('vitest/vitest.mjs', 'run', '--root', out, '--reporter', 'json', '--outputFile', report)
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({ numPassedTests: 6, numTotalTests: 6 })
  })

  it('finds its packages from a folder outside of the project too', async () => {
    unlinkSync(join(importFolder(), 'node_modules'))
    const one = detectorOf(await imported(put('own.json', JSON.stringify(DEFINITION)), 'own'))
    one.says(0, 'In', { x: 6 })
    expect(one.state()).toBe('high')
  })

  it('is the same when it is imported again, and not written over when it was changed', async () => {
    const file = put('own.json', JSON.stringify(DEFINITION))
    const out = join(importFolder(), 'out')
    const chart = join(out, 'own.ts')
    expect((await runImport(file, '--out', out)).code).toBe(0)
    const first = readFileSync(chart, 'utf8')
    expect((await runImport(file, '--out', out)).code).toBe(0)
    expect(readFileSync(chart, 'utf8')).toBe(first)
    writeFileSync(chart, `${first}// mine\n`)
    const refused = await runImport(file, '--out', out)
    expect([refused.code, refused.err]).toEqual([
      2,
      `${chart}: holds something else; --force writes over it\n`,
    ])
    expect((await runImport(file, '--out', out, '--force')).code).toBe(0)
  })

  it('says which states’ timers start again without a message, and stays quiet about others', async () => {
    const reminder = (seconds: number) => [
      {
        stateName: 'low',
        onInput: { transitionEvents: [event('rise', '$input.In.x > 5', [], 'high')] },
      },
      {
        stateName: 'high',
        onEnter: { events: [event('set', null, [{ setTimer: { timerName: 't', seconds } }])] },
        onInput: { transitionEvents: [event('again', 'timeout("t")', [], seconds === 60 ? 'high' : 'low')] },
      },
    ]
    const said = async (name: string, seconds: number) => {
      const model = { detectorModelName: name, states: reminder(seconds), initialStateName: 'low' }
      return (await runImport(put('r.json', JSON.stringify(model)), '--out', join(importFolder(), 'out'))).out
    }
    expect(await said('again', 60)).toContain('note: high: its timers start again without a message between')
    expect(await said('once', 61)).not.toContain('note:')
  })

  it('keeps what the model says about itself', async () => {
    await chartOf(STATES, { roleArn: 'arn:role', detectorModelDescription: 'Two levels' }, 'low')
    const text = readFileSync(join(importFolder(), 'out', 'own.ts'), 'utf8')
    expect(text).toContain("roleArn: 'arn:role'")
    expect(text).toContain("detectorModelDescription: 'Two levels'")
  })
})

describe('refused with exit 2, and nothing written', () => {
  const withEvent = (one: unknown) => ({
    states: [{ stateName: 'a', onInput: { events: [one] } }],
    initialStateName: 'a',
  })
  it.each<[string, unknown, string]>([
    ['a list', [], 'is no detector model: not an object'],
    ['something else', { a: 1 }, 'it is no detector model: it has no detectorModelDefinition with states'],
    ['an alarm model', { alarmModelName: 'a', alarmRule: {} }, 'it is no detector model'],
    [
      'two models',
      {
        Resources: {
          A: { Type: 'AWS::IoTEvents::DetectorModel' },
          B: { Type: 'AWS::IoTEvents::DetectorModel' },
        },
      },
      'the template holds 2 detector models',
    ],
    [
      'an action',
      withEvent(event('e', '$input.In.x', [{ kafka: {} }])),
      'a.onInput.e: kafka: the action kafka has no counterpart',
    ],
    [
      'a function',
      withEvent(event('e', 'now($input.In.x)')),
      'a.onInput.e: condition: the function now() has no counterpart',
    ],
    [
      'a broken condition',
      withEvent(event('e', '$input.In.x >')),
      'a.onInput.e: condition: the end is not expected there',
    ],
    [
      'an unknown field',
      withEvent({ ...event('e', '$input.In.x'), priority: 1 }),
      'a.onInput.e: "priority" has no counterpart',
    ],
    ['two actions in one', withEvent(event('e', '$input.In.x', [{ sns: {}, sqs: {} }])), 'is not one action'],
    [
      'a timer with two lengths',
      withEvent(
        event('e', '$input.In.x', [{ setTimer: { timerName: 't', seconds: 60, durationExpression: '60' } }]),
      ),
      'has both seconds and durationExpression',
    ],
    ['no input', withEvent(event('e', 'true')), 'no expression reads an input'],
    [
      'a state that every object has',
      { states: [{ stateName: '__proto__' }], initialStateName: '__proto__' },
      'stateName: "__proto__" is a name that every object of JavaScript has',
    ],
    [
      'a state that is not there',
      { states: STATES, initialStateName: 'x' },
      'initialStateName: "x" is no state',
    ],
    [
      'a transition to nowhere',
      { states: [STATES[0]], initialStateName: 'low' },
      'low.onInput.rise: nextState "high" is no state',
    ],
    [
      'a state twice',
      { states: [...STATES, STATES[1]], initialStateName: 'low' },
      'stateName: "high" stands more than once',
    ],
    [
      'an evaluation',
      { ...DEFINITION, evaluationMethod: 'RANDOM' },
      'evaluationMethod: "RANDOM" is neither BATCH nor SERIAL',
    ],
  ])('%s', async (_, document, says) => {
    const out = join(importFolder(), 'out')
    const { code, err } = await runImport(put('own.json', JSON.stringify(document)), '--out', out)
    expect([code, existsSync(out)]).toEqual([2, false])
    expect(err).toContain(says)
  })

  it('everything that has no counterpart, a line each', async () => {
    const states = [
      {
        stateName: 'a',
        onInput: {
          events: [
            event('e', 'now() > $input.In.x', [
              { kafka: {} },
              { setVariable: { variableName: 'n', value: 'rand()' } },
            ]),
          ],
        },
      },
    ]
    const { err } = await runImport(put('own.json', JSON.stringify({ states, initialStateName: 'a' })))
    expect(err.trim().split('\n')).toHaveLength(3)
  })

  it('a file that is not JSON, one that is not there, a wrong flag: one line', async () => {
    for (const argv of [
      [put('own.json', '{ // no')],
      [join(importFolder(), 'none.json')],
      ['a.json', '--oops'],
      [],
    ]) {
      const { code, err, out } = await runImport(...argv)
      expect([code, out, err.trim().split('\n')]).toEqual([
        2,
        '',
        [expect.stringMatching(/not JSON|cannot be read|unknown option|missing required/)],
      ])
    }
  })
})

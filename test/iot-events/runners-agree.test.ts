/** xstate is the authority on what a machine does; imported charts run from tables, and both must say the same. */
import { expect, it } from 'vitest'
import type { Chart } from '../../statecharts/chart.ts'
import { compile } from '../../statecharts/compile.ts'
import { startCompiled, stepCompiled } from '../../statecharts/run-compiled.ts'
import { startByXstate, stepByXstate } from '../../statecharts/run-machine.ts'
import type { Step } from '../../statecharts/step.ts'
import { realData } from '../real-data.ts'
import { chartOf, event, imported, set } from './imported.ts'

const STATES = [
  {
    stateName: 'a',
    onEnter: { events: [event('in', null, [{ setTimer: { timerName: 't', seconds: 60 } }, set('n', '0')])] },
    onInput: {
      events: [
        event('count', '$input.In.x > 1', [set('n', '$variable.n + 1'), { sns: { targetArn: 'count' } }]),
        event('late', 'timeout("t")', [{ setTimer: { timerName: 'u', seconds: 90 } }]),
      ],
      transitionEvents: [
        event('go', '$variable.n > 1', [], 'b'),
        event('again', '$input.In.x == 0', [], 'a'),
      ],
    },
    onExit: { events: [event('out', '$variable.n > 0', [{ sns: { targetArn: 'out' } }])] },
  },
  {
    stateName: 'b',
    onInput: { transitionEvents: [event('back', 'timeout("u") || $input.In.x == 5', [], 'a')] },
  },
]

/** Messages with values around what conditions ask for, and whatever timer is set. */
function agree(chart: Chart, messages: { type: string; message: unknown }[]): number {
  const compiled = compile(chart.machine)
  let step: Step = startCompiled(compiled)
  expect(step).toEqual(startByXstate(chart.machine))
  let fired = 0
  let timer: string | null = null
  messages.forEach((said, index) => {
    const heard = index % 3 === 2 && timer !== null ? { type: `xstate.after.${timer}` } : said
    if (heard !== said) fired++
    const happened = { ...heard, at: 1_000_000 * index }
    const slow = stepByXstate(chart.machine, step.value, step.context, happened)
    const quick = stepCompiled(compiled, step.value, step.context, happened)
    expect(quick).toEqual(slow)
    for (const change of slow.timers) timer = 'set' in change ? change.set : null
    step = slow
  })
  return fired
}

it.each(['BATCH', 'SERIAL'])('on a model of our own, %s', async (evaluationMethod) => {
  const values = [2, 2, 0, 2, 3, 1, 5, 2, 0, 0, 2, 2, 5, 1, 2, 2, 3]
  const messages = values.map((x) => ({ type: 'In', message: { x } }))
  expect(agree(await chartOf(STATES, { evaluationMethod }), messages)).toBeGreaterThan(1)
})

const alarm = realData('iot-events/bsa.json')
it.skipIf(!alarm)('on the simple alarm', async () => {
  const commands = ['acknowledge', 'reset', 'dnd', undefined]
  const messages = Array.from({ length: 60 }, (_, n) => ({
    type: 'AWS_IoTEvents_Blueprints_Simple_Alarm_Input',
    message: { value: (n * 7) % 20, threshold: 9, command: commands[n % 4] },
  }))
  expect(agree(await imported(alarm as string, 'bsa'), messages)).toBeGreaterThan(5)
})

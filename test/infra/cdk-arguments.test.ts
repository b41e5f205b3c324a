import { describe, expect, it } from 'vitest'
import { cdkArguments } from '../../infra/cdk-arguments.ts'

describe('the arguments of deploy', () => {
  it.each([
    [
      ['deploy', '--stage', 'small'],
      ['deploy', '--context', 'stage=small'],
    ],
    [
      ['deploy', '--stage=prod', '--email', 'ops@x.org'],
      ['deploy', '--context', 'stage=prod', '--context', 'email=ops@x.org'],
    ],
    [
      ['synth', '--quiet'],
      ['synth', '--quiet'],
    ],
    [
      ['deploy', '--profile', 'stage'],
      ['deploy', '--profile', 'stage'],
    ],
  ])('%j', (said, args) => {
    expect(cdkArguments(said)).toEqual(args)
  })

  it.each([
    [['deploy', '--stage', 'tiny'], 'is none of small, prod'],
    [['deploy', '--stage'], '--stage says nothing'],
    [['deploy', '--email', '--force'], '--email says nothing'],
    [['deploy', '--iot-endpoint', 'x'], '--iot-endpoint: "x" is no https address'],
  ])('refuses %j', (said, says) => {
    expect(() => cdkArguments(said)).toThrow(says)
  })
})

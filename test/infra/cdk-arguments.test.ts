import { describe, expect, it } from 'vitest'
import { cdkArguments } from '../../infra/cdk-arguments.ts'
import { cdkHelp } from '../../infra/cdk-help.ts'

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

describe('the help of', () => {
  it.each([
    ['synth', ['--stage <name>        small, prod', '--email', 'dist/cdk']],
    ['deploy', ['--stage', '--email', '--iot-endpoint', 'costs money']],
    ['destroy', ['--stage', 'Buckets stay']],
    ['bootstrap', ['Prepares an account']],
  ])('%s names our options before the CDK’s', (command, words) => {
    const help = cdkHelp([command, '--stage', 'small', '--help'])
    for (const word of words) expect(help).toContain(word)
    expect(help).toContain(`npx cdk ${command} --help`)
  })

  it('nothing where nobody asked, or of a command that is the CDK’s alone', () => {
    expect(cdkHelp(['deploy', '--stage', 'small'])).toBeNull()
    expect(cdkHelp(['list', '--help'])).toBeNull()
  })
})

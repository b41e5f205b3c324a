import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { App, Validations } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, it } from 'vitest'
import { acknowledgements } from '../../infra/acknowledgements.ts'
import { createApp } from '../../infra/create-app.ts'
import { PilotlineStack } from '../../infra/stack.ts'
import { stageOf } from '../../infra/stages.ts'
import { featureFlags, OURS } from './feature-flags.ts'

const outdirs: string[] = []
afterAll(() => {
  for (const outdir of outdirs) rmSync(outdir, { recursive: true })
})

function newOutdir(): string {
  const outdir = mkdtempSync(join(tmpdir(), 'pilotline-synth-'))
  outdirs.push(outdir)
  return outdir
}

type Flag = { userValue?: unknown; recommendedValue: unknown }

/** As the command reads them that tells of those that are unset. */
function flagsToldIn(outdir: string): Record<string, Flag> {
  const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
  return artifacts['aws-cdk-lib/feature-flag-report'].properties.flags
}

describe('synthesis', { timeout: 120_000 }, () => {
  it('needs no account, no network, and nothing on the machine but Node', () => {
    const outdir = newOutdir()
    const app = fileURLToPath(new URL('../../infra/app.ts', import.meta.url))
    execFileSync(process.execPath, [app], {
      cwd: join(import.meta.dirname, '..', '..'),
      // What functions bring with them for Lambda's machine npm must have brought before: this machine's is here.
      env: { PATH: '', CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: '{"machine":"host"}' },
      stdio: 'pipe',
    })
    expect(readdirSync(outdir)).toContain('pilotline-small.template.json')
  })

  it('leaves no feature flag of the CDK unset, of which it would remind, and sets two otherwise than it recommends', () => {
    const outdir = newOutdir()
    new App({ outdir, context: featureFlags }).synth()
    const flags = Object.entries(flagsToldIn(outdir))
    expect(flags.length).toBeGreaterThan(0)
    expect(flags.filter(([, flag]) => flag.userValue === undefined).map(([name]) => name)).toEqual([])
    const ours = flags.filter(([, flag]) => String(flag.userValue) !== String(flag.recommendedValue))
    expect(ours.map(([name]) => name).sort()).toEqual(Object.keys(OURS).sort())
  })

  it('refuses a stage that there is not', () => {
    expect(() => createApp({ outdir: newOutdir(), context: { stage: 'tiny' } })).toThrow(
      'stage tiny is none of small, prod',
    )
  })

  it('fails for every finding that nobody has acknowledged, and all that are acknowledged are there', () => {
    const outdir = newOutdir()
    const app = new App({ outdir })
    const stack = new PilotlineStack(app, { stage: { ...stageOf('small'), machine: 'host' } })
    stack.sweep.function.role.addToPolicy(new PolicyStatement({ actions: ['s3:*'], resources: ['*'] }))
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
    expect(() => app.synth()).toThrow('AwsSolutions-IAM5[Action::s3:*]')
    const report = readFileSync(join(outdir, 'validation-report.json'), 'utf8')
    const found = report.match(/AwsSolutions-\w+(?:\[[^\]"]*\])?/g) ?? []
    const extra = ['AwsSolutions-IAM5[Action::s3:*]', 'AwsSolutions-IAM5[Resource::*]']
    expect(new Set(found)).toEqual(new Set([...acknowledgements(stack).map(({ id }) => id), ...extra]))
  })
})

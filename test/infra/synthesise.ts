/** Makes a stage's template, as `npm run synth` does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../infra/create-app.ts'
import { type Stage, stageOf } from '../../infra/stages.ts'
import { featureFlags } from './feature-flags.ts'
import type { Synthesised, Template } from './template.ts'

const done = new Map<string, Synthesised>()

/** Synthesises once a process, with cdk-nag's checks; what it gives may be changed. Keeps nothing on disk. */
export function synthesise(name: Stage['name']): Synthesised {
  const known = done.get(name)
  if (known) return structuredClone(known)
  const outdir = mkdtempSync(join(tmpdir(), 'pilotline-synth-'))
  try {
    const { app, stack } = createApp({ outdir, context: { ...featureFlags, stage: name, machine: 'host' } })
    const { template } = app.synth().getStackByName(stack.stackName)
    const synthesised = { stage: stageOf(name), template: template as Template }
    done.set(name, synthesised)
    return structuredClone(synthesised)
  } finally {
    rmSync(outdir, { recursive: true })
  }
}

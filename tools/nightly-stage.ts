/** The night of a stage on AWS, begun from here and followed to its end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { nightName } from '../adapters/aws-names.ts'
import {
  createNightFollower,
  createNightsClient,
  findNights,
  type NightFigures,
  nightState,
  startNight,
} from '../adapters/sfn-nights.ts'
import type { Finished } from '../workflows/finish-night.ts'

/** It could not be begun; the message is one line for a person. */
export class NightRefused extends Error {}
/** It was begun and did not end well. */
export class StageNightFailed extends Error {}

export type StageNight = {
  /** Before every name of the stage. */
  prefix: string
  day: string
  /** Epoch ms. */
  now: () => number
  onProgress: (figures: NightFigures) => void
  /** Waits between two looks. */
  look_ms?: number
}

const LOOK_MS = 2_000

/** @throws NightRefused, StageNightFailed */
export async function nightOnStage(of: StageNight): Promise<Finished> {
  const { prefix, day, now, onProgress, look_ms = LOOK_MS } = of
  const client = createNightsClient()
  const name = nightName(prefix)
  try {
    const night = await refusing(() => findNights(client, name))
    if (night === null)
      throw new NightRefused(`there is no state machine ${name} in this account and region: deploy the stage`)
    const run = `${day}-by-hand-${now()}`
    const execution = await refusing(() => startNight(client, { night, run, day }))
    const figures = createNightFollower(client, execution)
    for (;;) {
      const state = await following(run, () => nightState(client, execution))
      onProgress(await following(run, figures))
      if (state.status === 'SUCCEEDED') return (state.output as { finished: Finished }).finished
      if (state.status !== 'RUNNING') throw new StageNightFailed(describe(state, run))
      await sleep(look_ms)
    }
  } finally {
    client.destroy()
  }
}

/** It goes on without us. */
async function following<T>(run: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { name, message } = error as Error
    throw new StageNightFailed(`the night ${run} goes on, and cannot be followed: ${name}: ${message}`)
  }
}

/** What AWS refuses at the beginning is a matter of credentials, rights or names. */
async function refusing<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    const { name, message } = error as Error
    throw new NightRefused(
      `AWS refuses: ${[name, message].filter(Boolean).join(': ')}`.replaceAll(/\s+/g, ' '),
    )
  }
}

function describe({ status, error, cause }: Awaited<ReturnType<typeof nightState>>, run: string): string {
  const why = [error, causeOf(cause)].filter(Boolean).join(': ')
  return `the night ${run} ${status === 'FAILED' ? 'failed' : `is ${status}`}${why ? `: ${why}` : ''}`
}

/** Of a function's error Step Functions keeps JSON. */
function causeOf(cause: string): string {
  try {
    const { errorMessage } = JSON.parse(cause) as { errorMessage?: string }
    return errorMessage ?? cause
  } catch {
    return cause
  }
}

/** Our options in the CDK's words: `--stage small` is `--context stage=small`, and whatever else is said stays as it is. */
import { stageOf } from './stages.ts'

const OURS = ['stage', 'email', 'iot-endpoint']

/** @throws where the stage is none, or an option says nothing */
export function cdkArguments(said: readonly string[]): string[] {
  const args: string[] = []
  for (let at = 0; at < said.length; at++) {
    const one = said[at] ?? ''
    const [name, same] = one.startsWith('--') ? one.slice(2).split(/=(.*)/s) : []
    if (name === undefined || !OURS.includes(name)) {
      args.push(one)
      continue
    }
    const value = same ?? said[++at]
    if (!value || value.startsWith('-')) throw new Error(`--${name} says nothing`)
    if (name === 'stage') stageOf(value)
    if (name === 'iot-endpoint' && !/^https:\/\/[\w.-]+$/.test(value))
      throw new Error(`--iot-endpoint: ${JSON.stringify(value)} is no https address without a path`)
    args.push('--context', `${name}=${value}`)
  }
  return args
}

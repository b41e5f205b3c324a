/** Puts the configuration of the demo's devices over HTTP, as an installer would: what their pins mean, and their ratings. */
import { setTimeout as wait } from 'node:timers/promises'
import type { FleetMember } from '../firmware-model/fleet.ts'
import type { DemoLife } from './demo-fleet-life.ts'

const AT_ONCE = 8
const RETRY_MS = 500
/** Answers that another try may better; any other is a fault of ours. */
const PASSING = [408, 429, 500, 502, 503, 504]

/** Puts what has not been put yet, and remembers it in `life`. Goes on trying while the server cannot be reached. */
export async function putConfigs(http_url: string, life: DemoLife, signal: AbortSignal): Promise<void> {
  const missing = life.fleet.members.filter(({ sim }) => !life.configured.includes(sim.device_id))
  const putters = Array.from({ length: AT_ONCE }, async () => {
    for (let member = missing.shift(); member; member = missing.shift()) {
      await putConfig(http_url, member, life.born_at, signal)
      life.configured.push(member.sim.device_id)
    }
  })
  await Promise.all(putters)
}

/** In force from before the device's first message: its history means what its present does. */
async function putConfig(
  http_url: string,
  { sim, config }: FleetMember,
  effective_from: number,
  signal: AbortSignal,
): Promise<void> {
  const url = `${http_url}/v1/config/${encodeURIComponent(sim.device_id)}`
  const body = JSON.stringify({ config, effective_from })
  const request = { method: 'PUT', headers: { 'content-type': 'application/json' }, body, signal }
  for (;;) {
    const answer = await fetch(url, request).catch((error: unknown) => {
      if (signal.aborted) throw error
      return null
    })
    const said = await answer?.text().catch(() => '')
    if (answer?.ok) return
    if (answer && !PASSING.includes(answer.status))
      throw new Error(`the configuration of ${sim.device_id} was refused: ${answer.status} ${said}`)
    await wait(RETRY_MS, undefined, { signal })
  }
}

/** Rows of open sessions, cycles and violations say how they began; how far they have come is in their devices' states. */
import type { DeviceStateItem, Page, ReadStore, Summary } from '../events/ports.ts'
import { parseDeviceState } from '../statecharts/device-state.ts'
import { becauseView } from './event-view.ts'
import { openThings } from './open-things.ts'

/** Bodies of the summaries, those of open things as of `now`: one read a device that has one. Throws NewerState. */
export async function withFiguresSoFar(
  { items, next_cursor }: Page<Summary>,
  store: ReadStore,
  now: number,
): Promise<Page<Record<string, unknown>>> {
  const ids = new Set(items.filter(isOpen).map(({ device_id }) => device_id))
  const devices = new Map<string, DeviceStateItem | null>()
  await Promise.all([...ids].map(async (id) => devices.set(id, await store.device(id))))
  const bodies = items.map((summary) => {
    if (summary.retracted) return withdrawnBody(summary)
    if (!isOpen(summary)) return summary.body
    return bodySoFar(summary, devices.get(summary.device_id) ?? null, store, now)
  })
  return { items: await Promise.all(bodies), next_cursor }
}

/** As it was told until it was withdrawn; nothing goes on in it. */
function withdrawnBody({ body, superseded_by, because }: Summary): Record<string, unknown> {
  return {
    ...body,
    retracted: true,
    ...(superseded_by !== undefined && { superseded_by }),
    ...(because !== undefined && { because: becauseView(because) }),
  }
}

function isOpen({ body, retracted }: Summary): boolean {
  return body.ended_at === null && !retracted
}

async function bodySoFar(
  summary: Summary,
  device: DeviceStateItem | null,
  store: ReadStore,
  now: number,
): Promise<Record<string, unknown>> {
  const { kind, id, location, body } = summary
  const open = device ? openThings(parseDeviceState(device.state), location, now) : []
  const mine = open.find((thing) => thing.id === id)
  if (mine) return { ...body, ...mine.body }
  // It ended between the two reads: its row has by now been written again.
  return (await store.summary(kind, id))?.body ?? body
}

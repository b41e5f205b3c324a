/** How the home is. */
import type { Health } from './ports.ts'
import { route } from './route.ts'
import { HealthSchema } from './schemas.ts'

export const healthRoute = route({
  method: 'GET',
  path: '/health',
  summary: 'Counters, lag, position in the log, and whether new messages are taken in',
  query: {},
  status: 200,
  response: HealthSchema,
  others: { 503: HealthSchema },
  problems: [],
  handle: async ({ ports }) => {
    const [counts, health] = await Promise.all([ports.store.counts(), ports.health()])
    const open = isOpen(health)
    const body = { status: open ? 'ok' : 'refusing', time: ports.now(), ...counts, ...health }
    return { status: open ? 200 : 503, body }
  },
})

function isOpen({ front_door }: Health): boolean {
  return front_door === undefined || front_door.state === 'open'
}

/** All routes, in the order in which the document shows them. */
import { openApiRoute } from './openapi.ts'
import type { Route } from './route.ts'
import { backfillRoute } from './routes-backfill.ts'
import { changesRoutes } from './routes-changes.ts'
import { chartRoutes } from './routes-charts.ts'
import { configRoutes } from './routes-config.ts'
import { deviceRoutes } from './routes-devices.ts'
import { energyRoute } from './routes-energy.ts'
import { eventRoutes } from './routes-events.ts'
import { healthRoute } from './routes-health.ts'
import { quarantineRoute } from './routes-quarantine.ts'
import { createQueryRoute } from './routes-query.ts'
import { thingRoutes } from './routes-things.ts'
import { createTimeSyncRoute } from './routes-time-sync.ts'

/** A fresh set, because the rate limit of the time sync and who waits with a question are remembered. */
export function createRoutes(): Route[] {
  const routes = [
    healthRoute,
    ...deviceRoutes,
    ...chartRoutes,
    ...eventRoutes,
    ...thingRoutes,
    ...changesRoutes,
    energyRoute,
    createQueryRoute(),
    ...configRoutes,
    backfillRoute,
    quarantineRoute,
    createTimeSyncRoute(),
  ]
  return [...routes, openApiRoute(routes)]
}

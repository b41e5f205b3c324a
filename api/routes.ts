/** All routes, in the order in which the document shows them. */
import { openApiRoute } from './openapi.ts'
import type { Route } from './route.ts'
import { changesRoutes } from './routes-changes.ts'
import { configRoutes } from './routes-config.ts'
import { deviceRoutes } from './routes-devices.ts'
import { eventRoutes } from './routes-events.ts'
import { healthRoute } from './routes-health.ts'
import { quarantineRoute } from './routes-quarantine.ts'
import { thingRoutes } from './routes-things.ts'
import { createTimeSyncRoute } from './routes-time-sync.ts'

/** A fresh set, because the rate limit of the time sync remembers. */
export function createRoutes(): Route[] {
  const routes = [
    healthRoute,
    ...deviceRoutes,
    ...eventRoutes,
    ...thingRoutes,
    ...changesRoutes,
    ...configRoutes,
    quarantineRoute,
    createTimeSyncRoute(),
  ]
  return [...routes, openApiRoute(routes)]
}

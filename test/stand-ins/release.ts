/** Another release of the program beside this one: the same code with other charts in its registry, loaded afresh. */
import { vi } from 'vitest'
import type { DeviceType } from '../../events/event.ts'
import type { processBatch } from '../../processors/process-batch.ts'
import type { ChartInstance } from '../../statecharts/device-charts.ts'
import { coldStart, loadByNeed, type StreamHandler, type Where } from './lambda-home.ts'

export type Charts = Partial<Record<DeviceType, readonly ChartInstance[]>>
export type Release = { processBatch: typeof processBatch }

const REGISTRY = '../../statecharts/device-charts.ts'

/** The processor as that release has it. */
export async function releaseOf(charts: Charts): Promise<Release> {
  return withCharts(charts, async () => {
    // What the releases before this one load by need is to be theirs.
    await loadByNeed()
    vi.resetModules()
    const { processBatch } = await import('../../processors/process-batch.ts')
    await loadByNeed()
    return { processBatch }
  })
}

/** Its function on AWS, as a cold start gives it. */
export async function coldStartOf(charts: Charts, where: Where): Promise<StreamHandler> {
  return withCharts(charts, () => coldStart(where))
}

async function withCharts<T>(charts: Charts, load: () => Promise<T>): Promise<T> {
  vi.doMock(REGISTRY, async (original) => {
    const shipped = await original<typeof import('../../statecharts/device-charts.ts')>()
    return { ...shipped, chartsOf: (type: DeviceType) => charts[type] ?? shipped.chartsOf(type) }
  })
  try {
    return await load()
  } finally {
    vi.doUnmock(REGISTRY)
  }
}

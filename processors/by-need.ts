/** What nearly no batch needs, loaded by the first that does: a cold start neither reads nor parses it. */
export const byNeed = {
  repair: once(() => import('./repair.ts')),
  upgradeCharts: once(() => import('./upgrade-charts.ts')),
  earlierCopy: once(() => import('./earlier-copy.ts')),
  moveBoot: once(() => import('./move-boot.ts')),
}

/** All of it now. */
export async function loadAll(): Promise<void> {
  for (const load of Object.values(byNeed)) await load()
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | null = null
  return () => {
    loaded ??= load()
    return loaded
  }
}

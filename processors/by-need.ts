/**
 * What nearly no batch needs, loaded by the first that does: a cold start neither reads nor parses it. Each once, so that
 * what was loaded together stays together.
 */
const loaded: { [N in keyof typeof LOADERS]?: ReturnType<(typeof LOADERS)[N]> } = {}

const LOADERS = {
  repair: () => import('./repair.ts'),
  upgradeCharts: () => import('./upgrade-charts.ts'),
  earlierCopy: () => import('./earlier-copy.ts'),
  moveBoot: () => import('./move-boot.ts'),
}

export function byNeed<N extends keyof typeof LOADERS>(name: N): ReturnType<(typeof LOADERS)[N]> {
  const load = LOADERS[name] as () => ReturnType<(typeof LOADERS)[N]>
  return (loaded[name] ??= load())
}

/** All of it now. */
export async function loadAll(): Promise<void> {
  for (const name of Object.keys(LOADERS)) await byNeed(name as keyof typeof LOADERS)
}

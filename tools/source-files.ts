/** Which files a file is made of, it and all that it imports, and what each holds. */
import { readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'

/** `import … from './a.ts'`, `export … from './a.ts'`, `import './a.ts'`, `import('./a.ts')`; types alone are none. */
const IMPORTS =
  /(?:^|\n)\s*(?:import|export)(?!\s+type\b)\b[^'"`;]*?['"](\.[^'"]+)['"]|\bimport\(\s*['"](\.[^'"]+)['"]/g

/** Texts by path from `root`. @throws where a file is not there */
export function sourcesFrom(root: string, entry: string): Map<string, string> {
  const found = new Map<string, string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (found.has(path)) continue
    const text = readFileSync(resolve(root, path), 'utf8')
    found.set(path, text)
    for (const [, plain, dynamic] of text.matchAll(IMPORTS))
      waiting.push(posix.join(posix.dirname(path), plain ?? dynamic ?? ''))
  }
  return found
}

/** Paths whose texts differ, or that one of them has. */
export function changedSources(before: Map<string, string>, after: Map<string, string>): string[] {
  const all = new Set([...before.keys(), ...after.keys()])
  return [...all].filter((path) => before.get(path) !== after.get(path)).sort()
}

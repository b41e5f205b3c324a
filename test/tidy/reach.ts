/** Files that nothing leads to. */
import { targetOf } from './imports.ts'
import { folderOf, isConfig, isLambda, type Rule } from './rule.ts'
import { scripts, type Tree } from './tree.ts'

/** Where running begins: what package.json names, tests, measurements, workers, handlers and tools' own configurations. */
function isEntry(path: string, named: Set<string>): boolean {
  if (named.has(path) || isConfig(path) || isLambda(path) || path.endsWith('.worker.ts')) return true
  return path.endsWith('.test.ts') || folderOf(path) === 'bench'
}

function namedInScripts(tree: Tree): Set<string> {
  const manifest = tree.get('package.json')
  const named = manifest ? (JSON.parse(manifest.text) as { scripts?: Record<string, string> }).scripts : {}
  return new Set(Object.values(named ?? {}).flatMap((script) => script.match(/[\w./-]+\.tsx?\b/g) ?? []))
}

function reached(tree: Tree): Set<string> {
  const named = namedInScripts(tree)
  const found = new Set(scripts(tree).flatMap(({ path }) => (isEntry(path, named) ? [path] : [])))
  // A set grows while it is walked, which walks the whole way.
  for (const path of found) {
    const file = tree.get(path)
    for (const one of file?.imports ?? []) {
      const target = file ? targetOf(file, one) : null
      if (target !== null && tree.has(target)) found.add(target)
    }
  }
  return found
}

export const reachRules: Rule[] = [
  {
    name: 'every file is used',
    check: (tree) => {
      const used = reached(tree)
      return scripts(tree).flatMap(({ path }) => (used.has(path) ? [] : [`${path}: nothing imports it`]))
    },
    broken: [
      {
        'package.json': '{"scripts":{"start":"node tools/serve.ts"}}',
        'tools/serve.ts': '',
        'api/a.ts': "import './b.ts'\n",
        'api/b.ts': "import './a.ts'\n",
      },
      'api/a.ts: nothing imports it',
    ],
    kept: {
      'package.json': '{"scripts":{"start":"node --flag tools/serve.ts"}}',
      'tools/serve.ts':
        "import type { A } from '../api/a.ts'\nnew Worker(new URL('./b.ts', import.meta.url))\n",
      'api/a.ts': "export type A = import('./c.ts').C\n",
      'api/c.ts': '',
      'tools/b.ts': '',
      'api/d.lambda.ts': '',
      'bench/e.ts': '',
      'test/f.test.ts': '',
      'vite.config.ts': '',
    },
  },
  {
    name: 'the lockfile names no registry',
    check: (tree) => {
      const found = tree.get('package-lock.json')?.text.match(/"resolved"|https?:\/\/registry\.[^"]*/g) ?? []
      return found
        .slice(0, 3)
        .map((what) => `package-lock.json: ${what}: install with omit-lockfile-registry-resolved`)
    },
    broken: [
      { 'package-lock.json': '{"packages":{"a":{"resolved":"https://example.org/a.tgz"}}}' },
      '"resolved"',
    ],
    kept: {
      'package-lock.json': '{"packages":{"a":{"version":"1.0.0","funding":{"url":"https://example.org"}}}}',
    },
  },
]

/** The source tree as house rules read it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blank } from './blank.ts'

export type Import = { specifier: string; line: number; type_only: boolean; names: string[] }

export type SourceFile = {
  path: string
  text: string
  /** Without comments. */
  code: string
  /** Without comments, and without the insides of strings and patterns. */
  bare: string
  imports: Import[]
}

/** Every text file by its path; TypeScript is looked into. */
export type Tree = Map<string, SourceFile>

const NOT_OURS = new Set(['node_modules', '.git', 'data', 'dist', 'coverage', 'cdk.out'])
const TEXT = /\.(?:ts|tsx|js|mjs|md|json|ya?ml|html|css|sh)$|^\.ci\/|^\.npmrc$/

export function readTree(root: string): Tree {
  return treeOf(
    Object.fromEntries(pathsUnder(root, '').map((path) => [path, readFileSync(join(root, path), 'utf8')])),
  )
}

function pathsUnder(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (NOT_OURS.has(entry.name)) return []
    if (entry.isDirectory()) return pathsUnder(root, path)
    return entry.isFile() && TEXT.test(path) ? [path] : []
  })
}

export function treeOf(texts: Record<string, string>): Tree {
  return new Map(Object.entries(texts).map(([path, text]) => [path, sourceFile(path, text)]))
}

function sourceFile(path: string, text: string): SourceFile {
  const { code, bare } = isScript(path) ? blank(text) : { code: text, bare: text }
  return { path, text, code, bare, imports: isScript(path) ? importsOf(code) : [] }
}

export function isScript(path: string): boolean {
  return /\.tsx?$/.test(path)
}

export function scripts(tree: Tree): SourceFile[] {
  return [...tree.values()].filter(({ path }) => isScript(path))
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/** `import x from 'y'`, `export … from 'y'`, `import 'y'`. */
const STATIC =
  /^[ \t]*(?:import|export)\b([^'"`;()]*?)\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]/gm
/** `import('y')`, and a worker's `new URL('y', import.meta.url)`. */
const DYNAMIC = /\bimport\s*\(\s*['"]([^'"]+)['"]|\bnew URL\(\s*['"](\.{1,2}\/[^'"]+)['"]/g

function importsOf(code: string): Import[] {
  const fixed = [...code.matchAll(STATIC)].map((match) => {
    const clause = (match[1] ?? '').trim()
    const type_only = /^type\b/.test(clause)
    return {
      specifier: match[2] ?? match[3] ?? '',
      line: lineAt(code, match.index),
      type_only,
      names: valueNames(clause),
    }
  })
  const dynamic = [...code.matchAll(DYNAMIC)].map((match) => {
    const specifier = match[1] ?? match[2] ?? ''
    return { specifier, line: lineAt(code, match.index), type_only: false, names: ['*'] }
  })
  return [...fixed, ...dynamic]
}

/** What an import clause brings in that is not a type, by the name it has where it comes from. */
function valueNames(clause: string): string[] {
  if (/^type\b/.test(clause)) return []
  const braces = /\{([^}]*)\}/.exec(clause)
  const named = (braces?.[1] ?? '').split(',').map((name) => name.trim())
  const rest = clause.replace(/\{[^}]*\}/, '').replace(/[\s,]/g, '')
  const whole = rest === '' ? [] : ['*']
  return [
    ...whole,
    ...named
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => name.split(/\s+as\s+/)[0] ?? ''),
  ]
}

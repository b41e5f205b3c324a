/** What a house rule is: a check over the tree, and the proof that it can fail and can stay quiet. */
import type { SourceFile, Tree } from './tree.ts'
import { lineAt, scripts } from './tree.ts'

export type Rule = {
  name: string
  /** One line for each place where it is broken. */
  check: (tree: Tree) => string[]
  /** A tree that breaks it, and a piece of what it then says. */
  broken: [Record<string, string>, string]
  /** A tree that looks as if it broke the rule and does not. */
  kept: Record<string, string>
}

/** A pattern that must not be found, in the texts chosen by `of`. */
export function nowhere(
  pattern: RegExp,
  says: string,
  choose: (file: SourceFile) => boolean = () => true,
  of: (file: SourceFile) => string = ({ bare }) => bare,
): Rule['check'] {
  return (tree) =>
    scripts(tree)
      .filter(choose)
      .flatMap((file) => findings(file, of(file), pattern, says))
}

export function findings(file: SourceFile, text: string, pattern: RegExp, says: string): string[] {
  return [...text.matchAll(new RegExp(pattern, 'gm'))].map(
    ({ 0: found, index }) => `${file.path}:${lineAt(text, index)}: ${found.trim()}: ${says}`,
  )
}

/** The top-level folder of a path, '' for a file at the root. */
export function folderOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : ''
}

export function isIn(...folders: string[]): (file: SourceFile) => boolean {
  return ({ path }) => folders.includes(folderOf(path))
}

export function isTest(path: string): boolean {
  return folderOf(path) === 'test'
}

export function isConfig(path: string): boolean {
  return path.endsWith('.config.ts')
}

export function isLambda(path: string): boolean {
  return path.endsWith('.lambda.ts')
}

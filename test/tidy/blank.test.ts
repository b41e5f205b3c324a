// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are sources, templates and all
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blank } from './blank.ts'
import { readTree, scripts, treeOf } from './tree.ts'

describe('a blanked source', () => {
  it.each([
    ['a // b', 'a     ', 'a     '],
    ["a = 'b // c' // d", "a = 'b // c'     ", "a = '      '     "],
    ['a = "it\\"s" + b', 'a = "it\\"s" + b', 'a = "     " + b'],
    ['a /* b\nc */ d', 'a     \n     d', 'a     \n     d'],
    ['a = /[/"\']/ /* b */', 'a = /[/"\']/        ', 'a = /     /        '],
    ['a = b / c / d // e', 'a = b / c / d     ', 'a = b / c / d     '],
    ['a = `b ${c("d")} e` // f', 'a = `b ${c("d")} e`     ', 'a = `   {c(" ")}  `     '],
    ['a = `b ${`c ${d}`} e`', 'a = `b ${`c ${d}`} e`', 'a = `   {`   {d}`}  `'],
    ['a = { b: `c` }', 'a = { b: `c` }', 'a = { b: ` ` }'],
  ])('%j', (source, code, bare) => {
    expect(blank(source)).toEqual({ code, bare })
  })

  it('of every file of ours closes every bracket that it opens', () => {
    const count = (text: string, char: string) => text.split(char).length
    const tree = readTree(join(import.meta.dirname, '..', '..'))
    const odd = scripts(tree).filter(({ bare }) =>
      ['{}', '()', '[]'].some((pair) => count(bare, pair[0] ?? '') !== count(bare, pair[1] ?? '')),
    )
    expect(odd.map(({ path }) => path)).toEqual([])
  })
})

describe('the imports of a file', () => {
  it('are found however they are written, and not where they are only talked about', () => {
    const source = [
      "import a, { type B, c as d } from 'one'",
      "import type { E } from 'two'",
      "import {\n  f,\n  g,\n} from './three.ts'",
      "import './four.ts'",
      "export * from './five.ts'",
      "const h = await import('./six.ts')",
      "new Worker(new URL('./seven.worker.ts', import.meta.url))",
      "// import i from 'eight'",
      'const j = \'import k from "nine"\'',
    ].join('\n')
    const imports = treeOf({ 'a/b.ts': source })
      .get('a/b.ts')
      ?.imports.map(({ line: _, ...rest }) => rest)
    expect(imports).toEqual([
      { specifier: 'one', type_only: false, names: ['*', 'c'] },
      { specifier: 'two', type_only: true, names: [] },
      { specifier: './three.ts', type_only: false, names: ['f', 'g'] },
      { specifier: './four.ts', type_only: false, names: [] },
      { specifier: './five.ts', type_only: false, names: ['*'] },
      { specifier: './six.ts', type_only: false, names: ['*'] },
      { specifier: './seven.worker.ts', type_only: false, names: ['*'] },
    ])
  })
})

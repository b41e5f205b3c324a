/** What files are called, how long they are, and what they may be made of. */
import { findings, isConfig, isTest, nowhere, type Rule } from './rule.ts'
import { isScript, type SourceFile, scripts } from './tree.ts'

const MOST_LINES = 300
const MOST_TEST_LINES = 400
const MOST_FUNCTION_LINES = 80

/** Files that are longer, each with its reason. A reason that is no longer needed is a finding too. */
const LONG_FILES: Record<string, string> = {}

/** Charts made from detector models, and their tests, are as long as the models are. */
const IMPORTED = /^(?:statecharts|test)\/imported\//

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|lambda|worker|config|d|asl))*\.tsx?$/
const KEBAB_FOLDER = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
const VAGUE = /(?:^|[-./])(?:utils?|helpers?|misc|common)(?=[-./])/

/** Said in pieces, so that this file does not find itself. */
const UNFINISHED = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`)

/** Top-level folders of somebody's machine; the code must run in any. */
const MACHINE_PATH =
  /(?<![\w.~$}:/-])\/(?:home|Users|root|work|workspace|mnt|builds|var\/folders)\/[\w.-]+|\b[A-Z]:\\\\?\w+/

export const shapeRules: Rule[] = [
  {
    name: `a file has at most ${MOST_LINES} lines, a test ${MOST_TEST_LINES}`,
    check: (tree) => {
      const long = scripts(tree).filter(
        (file) =>
          !IMPORTED.test(file.path) && lines(file) > (isTest(file.path) ? MOST_TEST_LINES : MOST_LINES),
      )
      const stale = Object.keys(LONG_FILES).filter(
        (path) => tree.has(path) && !long.some((file) => file.path === path),
      )
      return [
        ...long.filter(({ path }) => !LONG_FILES[path]).map((file) => `${file.path}: ${lines(file)} lines`),
        ...stale.map((path) => `${path}: is allowed to be long, and is not`),
      ]
    },
    broken: [{ 'api/a.ts': 'a\n'.repeat(MOST_LINES + 1) }, '301 lines'],
    kept: {
      'api/a.ts': 'a\n'.repeat(MOST_LINES),
      'test/a.test.ts': 'a\n'.repeat(MOST_TEST_LINES),
      'statecharts/imported/a.ts': 'a\n'.repeat(MOST_LINES + 1),
    },
  },
  {
    name: `a function has at most ${MOST_FUNCTION_LINES} lines`,
    check: (tree) => scripts(tree).flatMap(longFunctions),
    broken: [{ 'api/a.ts': `export function a() {\n${'  b()\n'.repeat(79)}}\n` }, 'function of 81 lines'],
    kept: {
      'api/a.ts': `export function a(\n  b: () => void,\n): { c: 1 } | null {\n${'  b()\n'.repeat(76)}}\n`,
      'test/a.test.ts': `describe('a', () => {\n${"  it('b', () => {\n    c()\n  })\n".repeat(90)}})\n`,
    },
  },
  {
    name: 'no merge is left half done',
    check: (tree) =>
      [...tree.values()].flatMap(({ path, text }) =>
        /^(?:<{7}|>{7}) /m.test(text) ? [`${path}: both sides of a merge`] : [],
      ),
    broken: [{ 'README.md': `# a\n${'<'.repeat(7)} HEAD\nb\n` }, 'README.md: both sides'],
    kept: { 'README.md': '# a\n=======\nb << 7\n' },
  },
  {
    name: 'names are kebab-case',
    check: (tree) =>
      scripts(tree)
        .map(({ path }) => path)
        .filter((path) => !isKebab(path))
        .map((path) => `${path}: is not kebab-case`),
    broken: [{ 'api/deviceList.ts': '' }, 'is not kebab-case'],
    kept: { 'api/device-list.lambda.ts': '', 'vitest.config.ts': '', 'test/a/b-2.test.ts': '' },
  },
  {
    name: 'a file is named after what it holds',
    check: (tree) =>
      [...tree.keys()]
        .filter((path) => isScript(path) && VAGUE.test(path))
        .map((path) => `${path}: says nothing`),
    broken: [{ 'api/string-utils.ts': '' }, 'says nothing'],
    kept: { 'api/utilisation.ts': '', 'energy/commonplace.ts': '' },
  },
  {
    name: 'no default exports',
    check: nowhere(
      /^export default\b|\bas default\b/,
      'export it by its name',
      ({ path }) => !isConfig(path),
    ),
    broken: [{ 'api/a.ts': 'export default 5\n' }, 'export it by its name'],
    kept: { 'vite.config.ts': 'export default 5\n', 'api/a.ts': '// export default\nexport const a = 1\n' },
  },
  {
    name: 'no barrels',
    check: (tree) =>
      scripts(tree)
        .filter(({ bare }) => isBarrel(bare))
        .map(({ path }) => `${path}: only passes on; import from where it is`),
    broken: [
      { 'api/a.ts': "/** All. */\nexport * from './b.ts'\nexport { c } from './c.ts'\n" },
      'only passes on',
    ],
    kept: { 'api/a.ts': "export { c } from './c.ts'\nexport const d = 1\n", 'api/empty.ts': '' },
  },
  {
    name: 'nothing is left for later',
    check: (tree) =>
      [...tree.values()]
        .filter(({ path }) => isScript(path) || path.endsWith('.md'))
        .flatMap((file) => findings(file, file.text, UNFINISHED, 'do it, or write down why not')),
    broken: [{ 'api/a.ts': `// ${'TO'}${'DO'} later\n` }, 'do it'],
    kept: { 'api/a.ts': "export const todo = 'mastodon'\n" },
  },
  {
    name: 'no paths of anybody’s machine',
    check: (tree) =>
      [...tree.values()].flatMap((file) =>
        findings(file, file.text, MACHINE_PATH, 'name it from the project'),
      ),
    broken: [{ 'docs/a.md': `See ${'/ho'}${'me/anna'}/notes.\n` }, 'name it from the project'],
    kept: { 'api/a.ts': "app.get('/v1/home/x')\nconst a = './srv/x'\nconst b = 'https://x.org/home/a'\n" },
  },
]

function lines({ text }: SourceFile): number {
  return text.replace(/\n$/, '').split('\n').length
}

function isKebab(path: string): boolean {
  const parts = path.split('/')
  const file = parts.pop() ?? ''
  return KEBAB.test(file) && parts.every((part) => KEBAB_FOLDER.test(part))
}

function isBarrel(bare: string): boolean {
  const rest = bare.replace(
    /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+(['"])\s*\1;?$/gm,
    '',
  )
  return rest !== bare && rest.trim() === ''
}

const OPENS_FUNCTION = /^\s*(?:export )?(?:async )?(?:function\b|.*=> \{$|\w+\(.*\)(?:: .*)? \{$)/
const OPENS_BLOCK = /^\s*(?:if|for|while|switch|else|\})/

type Body = { start: number; end: number }

/** By the formatter's layout: a body ends where a brace closes at the indentation of its first line. */
function bodies(all: string[]): Body[] {
  return all.flatMap((line, start) => {
    if (!OPENS_FUNCTION.test(line) || OPENS_BLOCK.test(line)) return []
    const closes = new RegExp(`^${/^\s*/.exec(line)?.[0]}\\}(?![ \\w])`)
    const length = all.slice(start + 1).findIndex((later) => closes.test(later)) + 2
    return [{ start, end: start + length }]
  })
}

/** A function's own lines: those of the functions inside it are theirs. */
function longFunctions(file: SourceFile): string[] {
  const all = bodies(file.bare.split('\n'))
  return all.flatMap((body) => {
    const inside = all.filter(({ start, end }) => start > body.start && end <= body.end)
    const nested = new Set(
      inside.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)),
    )
    const own = body.end - body.start - nested.size
    if (own <= MOST_FUNCTION_LINES) return []
    return [
      `${file.path}:${body.start + 1}: function of ${own} lines, where ${MOST_FUNCTION_LINES} are allowed`,
    ]
  })
}

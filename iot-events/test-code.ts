/** The source of an imported chart's tests: for each rule a series at whose end it is taken, and what that led to. */
import type { Detector } from '../statecharts/detector.ts'
import { allowTemplates, chartName, importLine } from './chart-code.ts'
import { quote } from './expression-code.ts'
import { rulesOf, type Walked } from './walk.ts'

/** Where what is imported stands, as seen from the test. */
export type Places = { chart: string; statecharts: string; walk: string; vitest: string }

export function testCode(detector: Detector, walks: Map<string, Walked>, places: Places): string {
  const chart = chartName(detector.model)
  const cases = rulesOf(detector).map((rule) => {
    const walked = walks.get(rule)
    return walked
      ? `it(${quote(rule)}, () => {\n${caseCode(chart, walked)}\n})`
      : `it.todo(${quote(`${rule}: no series of messages was found that makes it hold`)})`
  })
  const imports = [
    importLine('{ describe, expect, it }', places.vitest),
    importLine('{ slowSteps }', `${places.statecharts}/step-machine.ts`),
    importLine(`{ ${walks.size > 0 ? 'resultOf, ' : ''}rulesOf }`, places.walk),
    importLine(`{ ${chart}, detector }`, places.chart),
  ].join('')
  const head = allowTemplates([detector.model, ...cases].join(''))
  return `${head}/** Tests of the imported chart ${chart}: what each rule of the model leads to, by the real \`advance\`. */
${imports}
describe(${quote(`the rules of ${detector.model}`)}, () => {
${cases.join('\n\n')}
})

describe('the chart', () => {
  it('has an edge for each rule', () => {
    const edges = JSON.stringify(${chart}.machine.config)
    for (const rule of rulesOf(detector)) expect(edges).toContain(JSON.stringify(rule))
  })

  it('runs from tables', () => {
    expect(slowSteps(${chart}.machine).refused).toBeNull()
  })
})
`
}

function caseCode(chart: string, { steps, ...end }: Walked): string {
  return `const after = resultOf(${chart}, ${literal(steps)})
expect(after).toMatchObject(${literal(end)})`
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'object' || value === null) return quote(value)
  const fields = Object.entries(value)
  return `{ ${fields.map(([key, inner]) => `${/^[A-Za-z_]\w*$/.test(key) ? key : quote(key)}: ${literal(inner)}`).join(', ')} }`
}

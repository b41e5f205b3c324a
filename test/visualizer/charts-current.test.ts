/** docs/charts is what the charts are, and its pictures can be read. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createMachine } from 'xstate'
import { shippedCharts } from '../../statecharts/device-charts.ts'
import { allChartFiles, allDrawings, DRAWINGS, runCharts } from '../../tools/charts-command.ts'
import { readChart } from '../../visualizer/read-machine.ts'
import { statelyOf } from '../../visualizer/stately.ts'
import { overlapsIn } from './overlaps.ts'

const FOLDER = 'docs/charts'

test('docs/charts is as the charts are: `npm run charts` writes it anew', async () => {
  const files = await allChartFiles()
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(files).sort())
  for (const [name, text] of Object.entries(files))
    expect(readFileSync(`${FOLDER}/${name}`, 'utf8'), name).toBe(text)
})

test('what the API tells of charts is as they are', async () => {
  expect(readFileSync(DRAWINGS, 'utf8')).toBe(await allDrawings())
})

test('the same chart is drawn with the same bytes', async () => {
  expect(await allChartFiles()).toEqual(await allChartFiles())
})

test.each(shippedCharts().map((chart) => [chart.id, chart] as const))(
  '%s: no box lies over another, and no words over a box or over other words, and no way through either',
  async (_, chart) => {
    const { things, over, crossed } = await overlapsIn(chart)
    expect(things).toBeGreaterThan(4)
    expect([over, crossed]).toEqual([[], []])
  },
)

test.each(shippedCharts().map((chart) => [chart.id, chart] as const))(
  '%s: what Stately imports is the same machine, state by state and edge by edge',
  (_, chart) => {
    const graph = readChart(chart)
    const machine = createMachine(statelyOf(graph) as Parameters<typeof createMachine>[0])
    const again = readChart({ ...chart, machine })
    expect(again.states.map(({ path, initial, timers }) => [path, initial, timers.map(String)])).toEqual(
      graph.states.map(({ path, initial, timers }) => [path, initial, timers.map(String)]),
    )
    const told = ({ edges }: typeof graph) =>
      edges
        .map(({ id, source, target, reenter, actions }) => [
          id,
          source,
          target,
          reenter,
          actions.map(({ name }) => name),
        ])
        .sort()
    expect(told(again)).toEqual(told(graph))
  },
)

test('every state and edge is in every notation', async () => {
  const files = await allChartFiles()
  for (const chart of shippedCharts()) {
    const { states, edges } = readChart(chart)
    const scxml = files[`${chart.id}.scxml`] as string
    expect(scxml.match(/<transition /g)).toHaveLength(edges.length)
    for (const { path } of states) if (path !== '') expect(scxml).toContain(`id="${path}"`)
    expect(files[`${chart.id}.mmd`]?.match(/ : /g)).toHaveLength(edges.length)
  }
})

test('a page holds all that it needs, and is under 500 KB', async () => {
  const pages = Object.entries(await allChartFiles()).filter(([name]) => name.endsWith('.html'))
  expect(pages).toHaveLength(shippedCharts().length)
  for (const [, text] of pages) {
    expect(text.length).toBeLessThan(500_000)
    expect(text).toContain("default-src 'none'")
    expect(text.match(/<(?:script|link|img|iframe)[^>]+(?:src|href)=/g)).toBeNull()
  }
})

test('flags that cannot be followed end with 2 and one line', async () => {
  const said: string[] = []
  const streams = { out: () => {}, err: (text: string) => void said.push(text) }
  expect(await runCharts(['--outt', 'x'], streams)).toBe(2)
  expect(said.join('')).toMatch(/^charts: unknown option '--outt'/)
  expect(await runCharts(['--out', 'package.json/x'], streams)).toBe(2)
  expect(said.at(-1)).toMatch(/^charts: package.json\/x cannot be written/)
})

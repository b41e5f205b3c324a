/** The page of an impact: one HTML file that needs nothing else, neither other files nor a network. */
import type { Totals } from '../processors/impact-compare.ts'
import {
  differenceText,
  foundText,
  hasImpact,
  hoursText,
  type ImpactReport,
} from '../processors/impact-report.ts'
import { count, kwhText, signed } from '../processors/replay-report.ts'
import { PAGE_POLICY, type PageParts } from '../visualizer/chart-page.ts'
import { escapeXml, tag } from '../visualizer/svg-text.ts'
import type { Example } from './impact-examples.ts'

/** Drawings of a chart; null on the side that has none. */
export type DrawnPair = { id: string; before: string | null; after: string | null }

/** More would make a page that nobody can open; the JSON has them all. */
const MOST_DEVICES = 200
const MOST_DIFFERENCES = 500

export function impactPage(
  report: ImpactReport,
  drawn: readonly DrawnPair[],
  examples: readonly Example[],
  { script, style }: PageParts,
): string {
  const { base } = report
  const title = `Impact of the working tree over ${base.revision}`
  const verdict = hasImpact(report) ? foundText(report.found) : 'Nothing differs'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">
<title>${escapeXml(title)}</title>
<style>
${style.trim()}
</style>
</head>
<body class="impact">
<header>
<h1>${escapeXml(title)} <small>${escapeXml(base.commit.slice(0, 12))}</small></h1>
<p id="verdict">${escapeXml(verdict)}</p>
</header>
<main>
${totalsSection(report)}
${drawn.map((pair) => chartSection(report, pair, examples)).join('\n')}
${devicesSection(report)}
${differencesSection(report)}
${madeOfSection(report)}
</main>
<script type="application/json" id="examples">${jsonText(examples)}</script>
<script>
${script.trim()}
</script>
</body>
</html>
`
}

/** JSON that no script element ends in. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}

function section(label: string, inside: string, more: Record<string, string> = {}): string {
  return tag('section', { class: 'card', 'aria-label': label, ...more }, inside)
}

function totalsSection({ before, after, range, records, devices, same }: ImpactReport): string {
  const number = (name: 'sessions' | 'cycles' | 'alarms') => [
    count(before[name]),
    count(after[name]),
    signedCount(after[name] - before[name]),
  ]
  const rows = [
    ['Sessions', ...number('sessions')],
    ['Cycles', ...number('cycles')],
    ['Alarms', ...number('alarms')],
    [
      'Energy',
      kwhText(before.energy_kwh),
      kwhText(after.energy_kwh),
      `${signed(after.energy_kwh - before.energy_kwh)} kWh`,
    ],
    ['Charging time', hoursText(before.charging_s), hoursText(after.charging_s), hoursApart(before, after)],
    [
      'Time in cycles',
      hoursText(before.cycle_s),
      hoursText(after.cycle_s),
      `${signed((after.cycle_s - before.cycle_s) / 3600)} h`,
    ],
  ]
  const said = `${count(records)} records of ${count(devices)} devices${rangeText(range)}. ${count(same)} sessions, cycles and alarms are the same.`
  return section(
    'In all',
    `<h2>In all</h2>${tag('p', {}, escapeXml(said))}${table(['', 'Before', 'After', 'Difference'], rows)}`,
  )
}

function rangeText({ from, to, device_id, location }: ImpactReport['range']): string {
  const day = (ms: number) => new Date(ms).toISOString().replace(/T00:00:00\.000Z$/, '')
  return [
    ...(from === null ? [] : [` from ${day(from)}`]),
    ...(to === null ? [] : [` to ${day(to)}`]),
    ...(device_id === null ? [] : [`, ${device_id} alone`]),
    ...(location === null ? [] : [` at ${location}`]),
  ].join('')
}

function hoursApart(before: Totals, after: Totals): string {
  if (before.charging_s === null || after.charging_s === null) return 'not told'
  return `${signed((after.charging_s - before.charging_s) / 3600)} h`
}

function signedCount(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value)
}

function table(head: string[], rows: string[][], className = 'numbers'): string {
  const cells = (kind: 'th' | 'td', texts: string[], scope: string | null) =>
    texts.map((text) => tag(kind, { scope }, escapeXml(text) || ' ')).join('')
  const body = rows.map(([name = '', ...texts]) =>
    tag('tr', {}, cells('th', [name], 'row') + cells('td', texts, null)),
  )
  const top = tag('thead', {}, tag('tr', {}, cells('th', head, 'col')))
  return tag(
    'div',
    { class: 'wide', tabindex: '0' },
    tag('table', { class: className }, top + tag('tbody', {}, body.join(''))),
  )
}

function chartSection(
  { charts, base }: ImpactReport,
  { id, before, after }: DrawnPair,
  examples: readonly Example[],
): string {
  const chart = charts.find((one) => one.id === id)
  const lines = (chart?.lines ?? []).map((line) => tag('li', { class: markOf(line) }, escapeXml(line)))
  const said = chart?.differs
    ? 'The chart differs.'
    : 'The chart is drawn the same in both; what it calls differs.'
  const panes = [
    pane(`Before: ${base.revision}, ${versionText(chart?.before)}`, before),
    pane(`After: the working tree, ${versionText(chart?.after)}`, after),
  ]
  const own = examples.filter((one) => one.chart === id)
  return section(
    id,
    `<h2>${escapeXml(id)}</h2><p>${said} <span class="added">added</span> <span class="removed">removed</span> <span class="changed">changed</span></p>
${lines.length > 0 ? tag('ul', { class: 'lines' }, lines.join('')) : ''}
<div class="bar" role="toolbar" aria-label="Zoom of ${escapeXml(id)}"><button type="button" class="zoom-in" aria-label="Zoom in">+</button><button type="button" class="zoom-out" aria-label="Zoom out">−</button><button type="button" class="zoom-all">Show all</button><span class="hint">Drag to move, wheel to zoom</span></div>
<div class="panes">${panes.join('\n')}</div>
${own.length > 0 ? STEPPING : ''}`,
    { 'data-chart': id },
  )
}

function markOf(line: string): string {
  return { '+': 'added', '-': 'removed', '~': 'changed' }[line[0] ?? ''] ?? ''
}

function versionText(version: number | null | undefined): string {
  return version === null || version === undefined ? 'no such chart' : `version ${version}`
}

function pane(caption: string, svg: string | null): string {
  const drawing =
    svg === null
      ? '<p class="none">No such chart</p>'
      : tag(
          'div',
          {
            class: 'drawing',
            tabindex: '0',
            role: 'region',
            'aria-label': `${caption}. Arrow keys move it, plus and minus zoom, 0 shows all.`,
          },
          svg.trim(),
        )
  return `<figure><figcaption>${escapeXml(caption)}</figcaption>${drawing}</figure>`
}

const STEPPING = `
<div class="stepping">
<h3>Examples</h3>
<div class="bar"><label>Example <select class="example"></select></label>
<button type="button" class="back">Back</button><button type="button" class="on">Next event</button><button type="button" class="apart">To the next difference</button></div>
<label>Place <output class="place-text"></output><input class="place" type="range" min="0" value="0"></label>
<p class="status" role="status" aria-live="polite"></p>
<div class="wide" tabindex="0"><table class="both"><thead><tr><th scope="col"> </th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody class="stood"></tbody></table></div>
<details><summary>Context</summary><div class="wide" tabindex="0"><table class="both"><thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody class="context"></tbody></table></div></details>
</div>`.trim()

function devicesSection({ differences }: ImpactReport): string {
  if (differences.length === 0) return ''
  const moved = differences.toSorted((a, b) => weight(b) - weight(a) || (a.device_id < b.device_id ? -1 : 1))
  const rows = moved
    .slice(0, MOST_DEVICES)
    .map(({ device_id, before, after, differences: all }) => [
      device_id,
      count(all.length),
      kwhText(before.energy_kwh),
      kwhText(after.energy_kwh),
      `${signed(after.energy_kwh - before.energy_kwh)} kWh`,
      hoursText(before.charging_s),
      hoursText(after.charging_s),
      hoursApart(before, after),
    ])
  const head = [
    'Device',
    'Differ',
    'Energy before',
    'After',
    'Difference',
    'Charging before',
    'After',
    'Difference',
  ]
  return section(
    'By device',
    `<h2>By device</h2>${table(head, rows)}${more(moved.length, MOST_DEVICES, 'devices')}`,
  )
}

function weight({ before, after }: ImpactReport['differences'][number]): number {
  return Math.abs(after.energy_kwh - before.energy_kwh)
}

function differencesSection({ differences }: ImpactReport): string {
  const all = differences.flatMap(({ device_id, differences }) =>
    differences.map((one) =>
      tag('li', {}, `<b>${escapeXml(device_id)}</b> ${escapeXml(differenceText(one))}`),
    ),
  )
  if (all.length === 0) return ''
  const shown = tag('ol', { class: 'differences' }, all.slice(0, MOST_DIFFERENCES).join('\n'))
  return section(
    'What differs',
    `<h2>What differs</h2><p>+ appears, - vanishes, &lt; splits, &gt; merges, ~ changes, ≠ is cut otherwise</p>${shown}${more(all.length, MOST_DIFFERENCES, 'differences')}`,
  )
}

function more(all: number, shown: number, what: string): string {
  return all <= shown ? '' : `<p>… and ${count(all - shown)} ${what} more: the JSON report has them all.</p>`
}

function madeOfSection({ changed_files, charts, hash }: ImpactReport): string {
  const same = charts.filter(({ differs }) => !differs).map(({ id }) => id)
  const said = [
    changed_files.length === 0
      ? 'Both are folded by the same code.'
      : `Of what folds, these files differ: ${changed_files.join(', ')}.`,
    ...(same.length > 0 ? [`Drawn the same in both: ${same.join(', ')}.`] : []),
    `Report ${hash}.`,
  ]
  return section('What was compared', `<h2>What was compared</h2><p>${escapeXml(said.join(' '))}</p>`)
}

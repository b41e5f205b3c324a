/** Pieces of SVG: escaped text, lines of words, lines with rounded corners. */
import type { Point } from './layout.ts'
import { FONTS, textWidth, type Weight } from './text-width.ts'
import { type Block, LINE_PX, ROW_GAP_PX, WORD_PX, type Word } from './words.ts'

const CORNER_PX = 7

/** Tabs and line ends too: as they stand, XML makes spaces of those in attributes. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** Attributes in the order given; what is null is left out. */
export function tag(name: string, attributes: Record<string, string | number | null>, inside = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ` ${key}="${escapeXml(String(value))}"`)
    .join('')
  return inside === '' ? `<${name}${written}/>` : `<${name}${written}>${inside}</${name}>`
}

/** One piece of text. Its width is said, so that a font of other widths is fitted and nothing overlaps. */
export function textTag(text: string, at: Point, size_px: number, weight: Weight, className: string): string {
  const textLength = tenth(textWidth(text, size_px, weight))
  return tag(
    'text',
    { x: at.x, y: at.y, class: className, textLength, lengthAdjust: 'spacingAndGlyphs' },
    escapeXml(text),
  )
}

/** The rows of a block with their upper left corner at `at`, each drawn into what `around` makes of it. */
export function blockTag(
  block: Block,
  at: Point,
  around: (edges: string[], inside: string) => string,
): string {
  let y = at.y
  return block.rows
    .map(({ edges, lines }) => {
      const texts = lines.map(({ words, indent_px, width_px }) => {
        y += LINE_PX
        return lineTag(words, { x: at.x + indent_px, y: y - 4 }, width_px)
      })
      y += ROW_GAP_PX
      return around(edges, texts.join(''))
    })
    .join('\n')
}

function lineTag(words: readonly Word[], at: Point, width_px: number): string {
  const spans = words.map(({ text, tone }) => `<tspan class="${tone}">${escapeXml(text)}</tspan>`)
  const { x, y } = at
  return tag('text', { x, y, textLength: tenth(width_px), lengthAdjust: 'spacingAndGlyphs' }, spans.join(' '))
}

/** A way through right angles, its corners rounded. */
export function pathOf(points: readonly Point[]): string {
  const [start, ...rest] = points
  if (!start) return ''
  const parts = rest.map((point, index) => {
    const before = points[index] as Point
    const after = points[index + 2]
    if (!after) return `L${point.x} ${point.y}`
    const radius = Math.min(CORNER_PX, distance(before, point) / 2, distance(point, after) / 2)
    const from = towards(point, before, radius)
    const to = towards(point, after, radius)
    return `L${from.x} ${from.y}Q${point.x} ${point.y} ${to.x} ${to.y}`
  })
  return `M${start.x} ${start.y}${parts.join('')}`
}

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1
  return {
    x: tenth(from.x + ((to.x - from.x) * by) / length),
    y: tenth(from.y + ((to.y - from.y) * by) / length),
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function tenth(n: number): number {
  return Math.round(n * 10) / 10
}

/** Light, dark as the reader's screen is, and light on paper. Colours are told apart by lightness too. */
export const STYLE = `
.chart{--paper:#fff;--ink:#1b2430;--dim:#5b6878;--line:#8492a3;--box:#fff;--inner:#f5f8fb;--edge:#4a5868;--guard:#8a4b08;
--decides:#0b6e4f;--added:#12833c;--removed:#c4253c;--changed:#a86400;--now:#0b62d6;--now-fill:#dcebff;
font-family:${FONTS};font-size:${WORD_PX}px}
@media (prefers-color-scheme:dark){.chart{--paper:#10161d;--ink:#e7edf4;--dim:#9cabbb;--line:#5d6d7e;--box:#18212b;
--inner:#131b23;--edge:#a9b8c7;--guard:#f0b46a;--decides:#5fd6a8;--added:#4cc774;--removed:#ff7d8d;--changed:#f0b13c;
--now:#6ab0ff;--now-fill:#12345c}}
@media print{.chart{--paper:#fff;--ink:#000;--dim:#444;--line:#666;--box:#fff;--inner:#fff;--edge:#222;--guard:#6b3900;
--decides:#00563b;--added:#0b6b2e;--removed:#a51428;--changed:#855000;--now:#0b62d6;--now-fill:#dcebff}}
.chart text{fill:var(--ink);white-space:pre}
.chart .paper{fill:var(--paper)}
.chart .box{fill:var(--box);stroke:var(--line);stroke-width:1.4}
.chart .outer{fill:var(--inner)}
.chart .rule{stroke:var(--line);stroke-width:1;opacity:.6}
.chart .name{font-size:14px;font-weight:700}
.chart .heading{font-size:20px;font-weight:700}
.chart .small,.chart .plain{fill:var(--dim)}
.chart .small{font-size:11px}
.chart .trigger,.chart .decides{font-weight:700}
.chart .decides{fill:var(--decides)}
.chart .guard{fill:var(--guard)}
.chart .way{fill:none;stroke:var(--edge);stroke-width:1.4}
.chart .tip{fill:var(--edge)}
.chart .point{fill:var(--edge)}
.chart .any{fill:var(--paper);stroke:var(--edge);stroke-width:1.2;stroke-dasharray:4 3}
.chart .added{--ink:var(--added);--line:var(--added);--edge:var(--added);--dim:var(--added);--guard:var(--added);--decides:var(--added)}
.chart .removed{--ink:var(--removed);--line:var(--removed);--edge:var(--removed);--dim:var(--removed);--guard:var(--removed);--decides:var(--removed)}
.chart .changed{--ink:var(--changed);--line:var(--changed);--edge:var(--changed);--dim:var(--changed);--guard:var(--changed);--decides:var(--changed)}
.chart .added>.box,.chart .removed>.box,.chart .changed>.box,.chart .added .way,.chart .removed .way,.chart .changed .way{stroke-width:2.6}
.chart .removed .way,.chart .removed>.box{stroke-dasharray:7 4}
`.trim()

/** What is written on a picture: an edge, or what a state does by itself, as words in tones, broken into lines. */
import { type GraphAction, type GraphEdge, paramsText, triggerText } from './graph.ts'
import { textWidth, type Weight } from './text-width.ts'

/** How a word is meant, and so how it is drawn. */
export type Tone = 'trigger' | 'plain' | 'guard' | 'action' | 'decides'
export type Word = { text: string; tone: Tone }
/** Words one after the other, with a space between each. */
export type Line = { words: Word[]; indent_px: number; width_px: number }

/** One thing that is said: one edge, or several that differ in their trigger only. */
export type Row = { edges: string[]; words: Word[] }
export type Block = { rows: { edges: string[]; lines: Line[] }[]; width_px: number; height_px: number }

export const WORD_PX = 12
export const LINE_PX = 16
export const ROW_GAP_PX = 5
const INDENT_PX = 10

/** Rows for these edges, in their order; edges that mean the same for another event share one. */
export function rowsOf(edges: readonly GraphEdge[]): Row[] {
  const bySense = Map.groupBy(edges, senseOf)
  return [...bySense.values()].map((same) => ({ edges: same.map(({ id }) => id), words: wordsOf(same) }))
}

function senseOf(edge: GraphEdge): string {
  const { target, guard, nth, of, actions, reenter, trigger } = edge
  const does = actions.map(({ name, params }) => [name, params])
  return JSON.stringify([trigger.kind, target, guard?.text, guard?.params, nth, of, does, reenter])
}

function wordsOf(same: GraphEdge[]): Word[] {
  const edge = same[0] as GraphEdge
  const { guard, nth, of, actions } = edge
  const words: Word[] = same.map(({ trigger }, index) => ({
    text: triggerText(trigger) + (index < same.length - 1 ? ',' : ''),
    tone: 'trigger',
  }))
  if (of > 1) words.push({ text: `${nth}.`, tone: 'plain' })
  if (guard) words.push({ text: `[${guardText(guard)}]`, tone: 'guard' })
  else if (of > 1 && nth === of) words.push({ text: '[else]', tone: 'guard' })
  if (staysOutside(edge)) words.push({ text: '(re-enters)', tone: 'plain' })
  if (actions.length > 0) words.push({ text: '/', tone: 'plain' }, ...actionWords(actions))
  return words
}

function staysOutside({ source, target, reenter }: GraphEdge): boolean {
  return source === target && reenter
}

function guardText({ name, params }: { name: string; params: Record<string, unknown> | null }): string {
  return params ? `${name}(${paramsText(params)})` : name
}

/** `entry / openLeg`. */
export function ownRow(what: string, actions: readonly GraphAction[]): Row {
  const words: Word[] = [
    { text: what, tone: 'plain' },
    { text: '/', tone: 'plain' },
  ]
  return { edges: [], words: [...words, ...actionWords(actions)] }
}

function actionWords(actions: readonly GraphAction[]): Word[] {
  return actions.map((action, index) => {
    const comma = index < actions.length - 1 ? ',' : ''
    const { text, tone } = actionWord(action)
    return { text: text + comma, tone }
  })
}

/** A decision by the event that it decides, everything else by its name. */
function actionWord({ name, params, kind, event, delay }: GraphAction): Word {
  const given = params ? `(${paramsText(params)})` : ''
  if (kind === 'emit') return { text: `▸${event ?? name}${given}`, tone: 'decides' }
  if (kind === 'raise') {
    const after = delay === null ? '' : ` after ${delay}`
    return { text: `raise ${event ?? name}${given}${after}`, tone: 'action' }
  }
  return { text: name + given, tone: 'action' }
}

/** Lines of at most `most_px`; a word that is longer by itself has a line of its own. */
export function blockOf(rows: readonly Row[], most_px: number): Block {
  const broken = rows.map(({ edges, words }) => ({ edges, lines: linesOf(words, most_px) }))
  const lines = broken.flatMap((row) => row.lines)
  return {
    rows: broken,
    width_px: Math.max(0, ...lines.map(({ indent_px, width_px }) => indent_px + width_px)),
    height_px: lines.length * LINE_PX + Math.max(0, rows.length - 1) * ROW_GAP_PX,
  }
}

function linesOf(words: readonly Word[], most_px: number): Line[] {
  const lines: Line[] = []
  for (const word of words) {
    const line = lines.at(-1)
    const more_px = wordWidth({ text: ` ${word.text}`, tone: word.tone })
    if (line && line.indent_px + line.width_px + more_px <= most_px) {
      line.words.push(word)
      line.width_px += more_px
    } else {
      lines.push({ words: [word], indent_px: lines.length === 0 ? 0 : INDENT_PX, width_px: wordWidth(word) })
    }
  }
  return lines
}

export function weightOf(tone: Tone): Weight {
  return tone === 'trigger' || tone === 'decides' ? 'bold' : 'regular'
}

function wordWidth({ text, tone }: Word): number {
  return textWidth(text, WORD_PX, weightOf(tone))
}

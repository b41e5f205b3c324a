/** A chart's page: one HTML file that needs nothing else, neither other files nor a network. */
import type { ChartGraph } from './graph.ts'
import { escapeXml, tag } from './svg-text.ts'

/** What all pages share: the program that steps charts, and how they look. */
export type PageParts = { script: string; style: string }

/** Nothing is loaded and nothing is sent, whatever a recorded event or a link says. */
export const PAGE_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'"

export function chartPage(graph: ChartGraph, svg: string, { script, style }: PageParts): string {
  const title = `${graph.id}, version ${graph.version}`
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
<body data-chart="${escapeXml(graph.id)}">
<header>
<h1>${escapeXml(graph.id)} <small>version ${graph.version}</small></h1>
<p id="status" role="status" aria-live="polite"></p>
<p id="flaw" role="alert"></p>
</header>
<main>
${DRAWING_HEAD}
<div id="drawing" tabindex="0" role="region" aria-label="Drawing of the chart. Arrow keys move it, plus and minus zoom, 0 shows all.">
${svg.trim()}
</div>
</section>
${PANEL}
</main>
<script>
${script.trim()}
</script>
</body>
</html>
`
}

const DRAWING_HEAD = [
  '<section class="picture" aria-label="Drawing">',
  '<div class="bar" role="toolbar" aria-label="Zoom">',
  tag('button', { type: 'button', id: 'zoom-in', 'aria-label': 'Zoom in' }, '+'),
  tag('button', { type: 'button', id: 'zoom-out', 'aria-label': 'Zoom out' }, '−'),
  tag('button', { type: 'button', id: 'zoom-all' }, 'Show all'),
  '<span class="hint">Drag to move, wheel to zoom, click an edge to take it</span>',
  '</div>',
].join('\n')

const PANEL = `
<section class="panel" aria-label="Step the chart">
<label id="instance-choice">Runs as <select id="instance"></select></label>
<h2 id="events-title">Events</h2>
<div id="events" role="group" aria-labelledby="events-title"></div>
<span id="kind-choice"><label for="kind">Facts of</label> <select id="kind"></select></span>
<label for="facts">Facts of the next event (JSON)</label>
<textarea id="facts" rows="9" spellcheck="false" autocomplete="off"></textarea>
<h2>Time</h2>
<form id="time" class="bar">
<label>Pass <input id="amount" type="number" min="0" step="any" value="10" required></label>
<select id="unit" aria-label="Unit">
<option value="1000">seconds</option><option value="60000" selected>minutes</option>
<option value="3600000">hours</option><option value="86400000">days</option>
</select>
<button type="submit">Let time pass</button>
<button type="button" id="next-timer">To the next timer</button>
</form>
<p>Now <time id="now"></time></p>
<h2>History</h2>
<div class="bar">
<button type="button" id="undo">Undo</button>
<button type="button" id="redo">Redo</button>
<button type="button" id="again">Start again</button>
<button type="button" id="share">Copy link</button>
</div>
<label for="place">Place in the history <output id="place-text"></output></label>
<input id="place" type="range" min="0" max="0" value="0">
<label for="file">Recorded events of a device (JSON of the API, or a line an event)</label>
<input id="file" type="file" accept=".json,.ndjson,.jsonl,application/json">
<p id="shared" role="status"></p>
</section>
<section class="told" aria-label="What the chart holds">
<div><h2>Timers</h2><table><thead><tr><th scope="col">Timer</th><th scope="col">Due</th><th scope="col">In</th></tr></thead><tbody id="timers"></tbody></table></div>
<div><h2>Decided</h2><ol id="decided" reversed></ol></div>
<div><h2>Steps</h2><ol id="steps" reversed></ol></div>
<div><h2>Context</h2><pre id="context" tabindex="0" aria-label="Context"></pre></div>
</section>`.trim()

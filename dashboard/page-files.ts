/** The files that make up the pages, for whoever serves them: at which path, from which file beside this one, as what. */
const SCRIPT = 'text/javascript; charset=utf-8'

export const PAGE_FILES: readonly { path: string; file: string; type: string }[] = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/page/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { path: '/page/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
  // Browsers ask for it by themselves on pages that name no icon, such as the API's answers.
  { path: '/favicon.ico', file: 'icon.svg', type: 'image/svg+xml' },
  { path: '/charts', file: 'fleet.html', type: 'text/html; charset=utf-8' },
  { path: '/page/fleet.css', file: 'fleet.css', type: 'text/css; charset=utf-8' },
  { path: '/page/fleet.js', file: 'fleet.js', type: SCRIPT },
  { path: '/page/fleet-drawing.js', file: 'fleet-drawing.js', type: SCRIPT },
  { path: '/page/fleet-tables.js', file: 'fleet-tables.js', type: SCRIPT },
  { path: '/page/zoom.js', file: 'chart-page/zoom.js', type: SCRIPT },
  { path: '/page/live.js', file: 'live.js', type: SCRIPT },
  { path: '/page/main.js', file: 'main.js', type: SCRIPT },
  { path: '/page/cards.js', file: 'cards.js', type: SCRIPT },
  { path: '/page/tables.js', file: 'tables.js', type: SCRIPT },
  { path: '/page/state-words.js', file: 'state-words.js', type: SCRIPT },
  { path: '/page/format.js', file: 'format.js', type: SCRIPT },
  { path: '/page/elements.js', file: 'elements.js', type: SCRIPT },
]

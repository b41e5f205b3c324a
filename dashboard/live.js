/** What every live page does: asks the API again and again, and says so when no answer comes. */

const INTERVAL_MS = 2_000
const TIMEOUT_MS = 10_000

/** @type {number | null} */
let answeredAt = null

/** What a request was answered with that is no answer. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail)
    this.status = status
  }
}

/** An answer of the API; a 503 of /health is one, and says what is wrong. @param {string} path */
export async function ask(path) {
  const response = await fetch(path, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  if (response.ok || path === '/health') return response.json()
  const { detail = `${path} answered ${response.status}` } = await response.json().catch(() => ({}))
  throw new Refused(response.status, detail)
}

/** Refreshes for as long as somebody looks. @param {() => Promise<{ status?: string }>} refresh resolves with how the server is */
export async function live(refresh) {
  if (!document.hidden) await refresh().then(showAnswered).catch(showLost)
  setTimeout(live, INTERVAL_MS, refresh)
}

function showAnswered({ status = 'ok' } = {}) {
  answeredAt = Date.now()
  if (status === 'ok') showConnection('live', 'Live')
  else showConnection('lost', 'New messages are refused: the log takes in nothing')
}

/** Written only when it changes: it is read out each time. */
function showConnection(state, text) {
  const shown = document.getElementById('connection')
  if (shown.textContent !== text) shown.textContent = text
  shown.dataset.connection = state
}

function showLost() {
  const since = answeredAt === null ? '' : `, as of ${new Date(answeredAt).toLocaleTimeString()}`
  showConnection('lost', `No answer from the server${since}`)
}

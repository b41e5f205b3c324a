/** A page that tells how to change the project, as steps that can be taken: new files, lines to add, requests to make. */

export type PageStep =
  | { kind: 'file'; path: string; text: string }
  | { kind: 'add'; path: string; after: string; text: string }
  | { kind: 'request'; url: string; body: string | null }

const BLOCK = /^(.*)\n\n```(ts|sh)\n([\s\S]*?)```$/gm
const NEW_FILE = /^New file `([^`]+)`:$/
const ADDED = /^In `([^`]+)`, after `([^`]+)`:$/
const CURL = /^curl .*?'(http:[^']+)'(?: -d '([^']*)')?$/

/** In the order of the page. */
export function stepsOf(page: string): PageStep[] {
  return [...page.matchAll(BLOCK)].flatMap(([, says = '', language, text = '']): PageStep[] => {
    if (language === 'sh') return text.split('\n').flatMap(requestIn)
    const file = NEW_FILE.exec(says)
    if (file) return [{ kind: 'file', path: file[1] as string, text }]
    const added = ADDED.exec(says)
    if (added) return [{ kind: 'add', path: added[1] as string, after: added[2] as string, text }]
    throw new Error(`the page does not say where this goes: ${says}`)
  })
}

function requestIn(line: string): PageStep[] {
  const curl = CURL.exec(line)
  return curl ? [{ kind: 'request', url: curl[1] as string, body: curl[2] ?? null }] : []
}

/** The text with what is added behind its first line that reads so. */
export function added(text: string, { path, after, text: what }: Extract<PageStep, { kind: 'add' }>): string {
  const lines = text.split('\n')
  const place = lines.indexOf(after)
  if (place < 0) throw new Error(`${path} has no line: ${after}`)
  lines.splice(place + 1, 0, what.replace(/\n$/, ''))
  return lines.join('\n')
}

/** An error of code that is loaded, for a person. Imports nothing, so that it can be told whatever else does not load. */

/** In one line, with the file and the line where the error tells them. */
export function reasonOf(error: unknown, root: string): string {
  const { message = String(error), stack = '' } = error as Partial<Error>
  const at = stack.replaceAll('file://', '').match(/(\/[^\s()]+\.ts:\d+)/)?.[1]
  const place = at?.startsWith(root) ? `${at.slice(root.length + 1)}: ` : ''
  const lines = message
    .replaceAll(`${root}/`, '')
    .split('\n')
    .map((line) => line.trim())
  return place + (lines.find((line) => line !== '') ?? 'it does not say why')
}

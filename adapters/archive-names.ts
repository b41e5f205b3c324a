/** What a name in the archive must be, wherever it lies. */

/** @throws RangeError for a name that no function of ours makes: it could lead out of the folder. */
export function assertName(name: string): void {
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new RangeError(`${JSON.stringify(name)} is no name in the archive`)
}

/** @throws RangeError where neither is there. */
export function assertMoved(there: boolean, from: string, to: string): void {
  if (!there) throw new RangeError(`neither ${from} nor ${to} is in the archive`)
}

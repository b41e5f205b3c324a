/** The sources of this project as they are at a revision of its git repository, in a folder of their own. */
import { execFile } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'

/** One line for a person: what was given is no revision, or there is no repository. */
export class NoRevision extends Error {}

export type CheckedOut = { commit: string; folder: string; remove(): void }

const run = promisify(execFile)

/**
 * Writes what `revision` holds of the project at `root` to a temporary folder, whose packages are those that are installed
 * here. The repository is only read, and the folder goes
 * with the process at the latest. @throws NoRevision
 */
export async function checkOut(root: string, revision: string): Promise<CheckedOut> {
  const commit = await commitOf(root, revision)
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pilotline-revision-')))
  const remove = () => {
    process.off('exit', remove)
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', remove)
  try {
    const tar = join(folder, 'sources.tar')
    // Of a project in a folder of its repository, that folder.
    await git(root, ['archive', '--format=tar', '-o', tar, commit])
    await run('tar', ['-xf', tar, '-C', folder])
    rmSync(tar)
    symlinkSync(packagesOf(root), join(folder, 'node_modules'), 'junction')
    return { commit, folder, remove }
  } catch (error) {
    remove()
    throw error
  }
}

async function commitOf(root: string, revision: string): Promise<string> {
  try {
    await git(root, ['rev-parse', '--git-dir'])
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    const reason = missing ? 'git is not installed' : `${root} is in no git repository`
    throw new NoRevision(`there is no revision ${JSON.stringify(revision)}: ${reason}`, { cause: error })
  }
  try {
    const asked = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]
    return (await git(root, asked)).trim()
  } catch (error) {
    const shallow = (await git(root, ['rev-parse', '--is-shallow-repository'])).trim() === 'true'
    const hint = shallow ? '; the clone is shallow: git fetch --unshallow brings the others' : ''
    throw new NoRevision(`there is no revision ${JSON.stringify(revision)} in this repository${hint}`, {
      cause: error,
    })
  }
}

async function git(cwd: string, args: string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd, maxBuffer: 64 * 1024 * 1024 })
  return stdout
}

/** Where the packages lie that the project at `root` imports. */
function packagesOf(root: string): string {
  const found = createRequire(join(root, 'package.json')).resolve('xstate')
  const at = found.lastIndexOf(`${sep}node_modules${sep}`)
  return join(found.slice(0, at), 'node_modules')
}

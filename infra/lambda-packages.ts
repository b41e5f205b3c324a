/**
 * Packages with machine code, for the machine that functions run on, which is seldom this one. npm itself brings what the
 * lockfile names, and refuses whatever has another hash; it lies in `dist` from then on.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const PACKAGES = join(ROOT, 'dist', 'packages')

/** Lambda on arm64, by Amazon Linux 2023. */
const MACHINE = ['--os=linux', '--cpu=arm64', '--libc=glibc']

type Locked = { version: string; integrity: string }

/** The folder of a package of the lockfile. @throws where npm cannot bring it */
export function lambdaPackage(name: string): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>
  }
  const path = `node_modules/${name}`
  const locked = lock.packages[path]
  if (!locked) throw new Error(`${name} is not in package-lock.json`)
  const folder = join(PACKAGES, `${name.replace('/', '+')}-${locked.version}`)
  if (!existsSync(folder)) bring(name, { path, locked, folder })
  return folder
}

function bring(name: string, of: { path: string; locked: Locked; folder: string }): void {
  mkdirSync(PACKAGES, { recursive: true })
  const project = mkdtempSync(join(PACKAGES, 'unfinished-'))
  try {
    // Only an optional package may be one for another machine.
    const own = { name: 'lambda', version: '1.0.0', optionalDependencies: { [name]: of.locked.version } }
    const lock = { ...own, lockfileVersion: 3, packages: { '': own, [of.path]: of.locked } }
    writeFileSync(join(project, 'package.json'), JSON.stringify(own))
    writeFileSync(join(project, 'package-lock.json'), JSON.stringify(lock))
    const args = ['ci', ...MACHINE, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const { status, stderr, error } = spawnSync('npm', args, { cwd: project, encoding: 'utf8' })
    if (status !== 0 || !existsSync(join(project, of.path)))
      throw new Error(`npm could not bring ${name} for Lambda: ${error?.message ?? stderr.trim()}`)
    renameInto(join(project, of.path), of.folder)
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
}

/** Two that bring the same at once bring the same. */
function renameInto(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}

/** How far a replay has come, in a file that a power cut leaves whole: the next one goes on there. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { hashOf } from '../events/hash.ts'
import { type Places, SourceRefused } from '../processors/replay-source.ts'
import type { ReplayOptions } from './replay-options.ts'

export type Checkpoint = { from: Places; keep(places: Places): void; finish(): void }

type Kept = { replay: string; places: Places; done: boolean }

const KEPT_EVERY_MS = 1_000

/** @throws SourceRefused where the file is of another replay, or none. */
export function openCheckpoint(options: ReplayOptions): Checkpoint {
  const { checkpoint: path } = options
  if (path === null) return { from: {}, keep: () => {}, finish: () => {} }
  const replay = nameOf(options)
  let places = read(path, replay)
  let kept_ms = Number.NEGATIVE_INFINITY
  const write = (done: boolean) => writeWhole(path, { replay, places, done })
  return {
    from: { ...places },
    keep: (now) => {
      places = { ...now }
      if (performance.now() - kept_ms < KEPT_EVERY_MS) return
      write(false)
      kept_ms = performance.now()
    },
    finish: () => write(true),
  }
}

function nameOf({ mode, source, range, into, data }: ReplayOptions): string {
  return hashOf([JSON.stringify({ mode, source, range, into, data })])
}

function read(path: string, replay: string): Places {
  if (!existsSync(path)) return {}
  let kept: Partial<Kept> = {}
  try {
    kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept>
  } catch {}
  if (typeof kept?.places !== 'object' || kept.places === null)
    throw new SourceRefused(`${path} is no checkpoint of a replay`)
  if (kept.replay !== replay) throw new SourceRefused(`${path} is the checkpoint of another replay`)
  return kept.places
}

function writeWhole(path: string, kept: Kept): void {
  const file = openSync(`${path}.new`, 'w')
  writeSync(file, `${JSON.stringify(kept)}\n`)
  fsyncSync(file)
  closeSync(file)
  renameSync(`${path}.new`, path)
}

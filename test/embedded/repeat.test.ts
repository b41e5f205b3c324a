import { afterEach, describe, expect, it } from 'vitest'
import { type Repeating, repeat } from '../../embedded/repeat.ts'
import { soon } from '../soon.ts'
import { createKeptLogger } from './gated-log.ts'

let running: Repeating | undefined
afterEach(() => running?.stop())

function start(task: () => Promise<unknown>) {
  const logger = createKeptLogger()
  const fatal: Error[] = []
  running = repeat({ name: 'sweep', every_ms: 1, task, logger, onFatal: (error) => void fatal.push(error) })
  return { logger, fatal }
}

describe('what is repeated', () => {
  it('comes round again, also after a failure', async () => {
    let runs = 0
    const { logger, fatal } = start(async () => {
      runs++
      if (runs === 1) throw new Error('disk I/O error')
    })
    await soon(() => expect(runs).toBeGreaterThan(2))
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'the sweep failed, it comes round again' }])
    expect(fatal).toEqual([])
  })

  it('never runs twice at a time', async () => {
    let under_way = 0
    let most = 0
    let runs = 0
    start(async () => {
      under_way++
      most = Math.max(most, under_way)
      await new Promise((resolve) => setTimeout(resolve, 5))
      under_way--
      runs++
    })
    await soon(() => expect(runs).toBeGreaterThan(2))
    expect(most).toBe(1)
  })

  it('a bug of ours is fatal', async () => {
    const bug = new TypeError('x is undefined')
    const { fatal } = start(async () => {
      throw bug
    })
    await soon(() => expect(fatal[0]).toBe(bug))
  })

  it('has ended when stop resolves', async () => {
    let ended = false
    let begun = false
    start(async () => {
      begun = true
      await new Promise((resolve) => setTimeout(resolve, 20))
      ended = true
    })
    await soon(() => expect(begun).toBe(true))
    await running?.stop()
    expect(ended).toBe(true)
  })
})

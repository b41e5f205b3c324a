import { describe, expect, it } from 'vitest'
import { createSparingLogger } from '../../embedded/sparing-logger.ts'
import { soon } from '../soon.ts'
import { createKeptLogger } from './gated-log.ts'

describe('a flood of one message', () => {
  it('leaves ten lines, and then how many more there were', async () => {
    const kept = createKeptLogger()
    const logger = createSparingLogger(kept, 10)
    for (let n = 0; n < 25; n++) logger.warn('quarantined', { position: n })
    expect(kept.lines.map(({ fields }) => fields.position)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    await soon(() => expect(kept.lines).toHaveLength(11))
    expect(kept.lines[10]).toEqual({
      level: 'warn',
      message: 'quarantined',
      fields: { more_of_the_same: 15 },
    })
  })

  it('does not silence another message', () => {
    const kept = createKeptLogger()
    const logger = createSparingLogger(kept)
    for (let n = 0; n < 25; n++) logger.warn('quarantined')
    logger.error('the disk is gone')
    expect(kept.lines.at(-1)).toMatchObject({ level: 'error', message: 'the disk is gone' })
  })

  it('few lines pass as they are, and nothing is said after them', async () => {
    const kept = createKeptLogger()
    const logger = createSparingLogger(kept, 1)
    for (let n = 0; n < 10; n++) logger.info('started', { n })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(kept.lines).toHaveLength(10)
  })
})

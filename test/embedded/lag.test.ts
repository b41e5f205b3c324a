import { describe, expect, it } from 'vitest'
import { createLagMeter } from '../../embedded/lag.ts'

function meter(backlog = 0) {
  const processed = 1_000
  let now = 0
  const lag = createLagMeter(() => now, { appended: processed + backlog, processed })
  const wait = (wait_ms: number) => {
    now += wait_ms
  }
  let done = processed
  const process = (records: number) => {
    done += records
    lag.processedTo(done)
  }
  return { lag, wait, process }
}

describe('the lag', () => {
  it('is none before anything has come, and none when all is done', () => {
    const { lag, wait, process } = meter()
    expect([lag.records(), lag.seconds()]).toEqual([0, 0])
    lag.appended(5)
    process(5)
    wait(10_000)
    expect([lag.records(), lag.seconds()]).toEqual([0, 0])
  })

  it('is as old as the oldest record that waits', () => {
    const { lag, wait, process } = meter()
    lag.appended(10)
    wait(1_000)
    lag.appended(10)
    wait(1_000)
    expect([lag.records(), lag.seconds()]).toEqual([20, 2])
    process(9)
    expect([lag.records(), lag.seconds()]).toEqual([11, 2])
    process(1)
    expect([lag.records(), lag.seconds()]).toEqual([10, 1])
  })

  it('counts the backlog that the start found', () => {
    const { lag, wait, process } = meter(7)
    wait(3_000)
    expect([lag.records(), lag.seconds()]).toEqual([7, 3])
    process(7)
    expect([lag.records(), lag.seconds()]).toEqual([0, 0])
  })

  it('a mark is passed when everything appended before it is done', () => {
    const { lag, process } = meter(2)
    lag.appended(3)
    const mark = lag.mark()
    lag.appended(4)
    process(4)
    expect(lag.hasProcessed(mark)).toBe(false)
    process(1)
    expect(lag.hasProcessed(mark)).toBe(true)
  })
})

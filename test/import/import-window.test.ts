import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createWindow } from '../../processors/import-window.ts'

describe('a window of arrivals', () => {
  it('lets so many be on their way at once, and then waits for all of them', async () => {
    const window = createWindow(3)
    const arrivals = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    const [first, second, third, fourth] = arrivals as [PromiseWithResolvers<void>, ...typeof arrivals]
    await window.add(first.promise)
    await window.add(second?.promise ?? Promise.reject())
    let went_on = false
    const full = window.add(third?.promise ?? Promise.reject()).then(() => {
      went_on = true
    })
    first.resolve()
    second?.resolve()
    await sleep(1)
    expect(went_on).toBe(false)
    third?.resolve()
    await full
    await window.add(fourth?.promise ?? Promise.reject())
    fourth?.resolve()
    await window.drain()
  })

  it('tells of one that was refused when it is next waited for, however long that takes', async () => {
    const window = createWindow()
    await window.add(Promise.reject(new Error('full')))
    await sleep(1)
    await expect(window.drain()).rejects.toThrow('full')
  })
})

import { expect, test } from 'vitest'
import { campaign } from './campaign.ts'
import { FAULTS } from './faults.ts'

/** Some seconds of machines, where a minute is allowed; the last to be found needs about a hundred. */
const MACHINES = 1_500

test.each(Object.keys(FAULTS))('the campaign finds it when %s', (name) => {
  const { found } = campaign(1, ({ machines }) => machines < MACHINES, FAULTS[name])
  expect(found).not.toBeNull()
})

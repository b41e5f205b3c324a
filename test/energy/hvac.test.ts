import { describe, expect, test } from 'vitest'
import { cycleEnergy } from '../../energy/hvac.ts'

describe('energy of a cycle (DESIGN §6, EVSE and thermostat data model)', () => {
  const ratings = { rated_power_heating_kw: 9, rated_power_cooling_kw: 3.5 }

  test('is the rated power of its mode × its hours', () => {
    expect(cycleEnergy('cooling', 0.5, ratings)).toEqual({ energy_consumed_kwh: 1.75, energy_missing: null })
    expect(cycleEnergy('heating', 0.5, ratings)).toEqual({ energy_consumed_kwh: 4.5, energy_missing: null })
    expect(cycleEnergy('cooling', 1 / 3, ratings).energy_consumed_kwh).toBe(1.166667)
  })

  test('is null without the rating of its mode, which is named', () => {
    expect(cycleEnergy('heating', 1, { rated_power_cooling_kw: 3.5 })).toEqual({
      energy_consumed_kwh: null,
      energy_missing: 'rated_power_heating_kw',
    })
    expect(cycleEnergy('cooling', 1, { rated_power_cooling_kw: undefined })).toEqual({
      energy_consumed_kwh: null,
      energy_missing: 'rated_power_cooling_kw',
    })
  })

  test('is 0, not missing, where the rating is 0', () => {
    expect(cycleEnergy('heating', 1, { rated_power_heating_kw: 0 })).toEqual({
      energy_consumed_kwh: 0,
      energy_missing: null,
    })
  })
})

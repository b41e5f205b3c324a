/** Worlds that broke a law once, cut small: each with the rule that it needs. */
import { describe, expect, test } from 'vitest'
import { type World, whatIsWrong, worldOf } from './world.ts'

const FOUND: Record<string, World> = {
  'a name that an attempt which died has left, and whose session nobody came to, is withdrawn': {
    seed: 1434,
    first: 0,
    devices: ['dev-1'],
    arrivals: { duplicates: 0, published_again: 0, reach: 0 },
    faults: { atomic: false, mishaps: 0.5, zombies: 0, reshards: 0, sweeps: 0, backlog: 0, batch: 20 },
    said: [
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1793577923799,
        '{"device_id":"dev-1","device_type":"evse","timestamp":324799,"pilot_state":"B","current_draw":0,"energy_delivered_kwh":0,"session_id":"s-1","event_type":"session_start"}',
      ],
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1793578823799,
        '{"device_id":"dev-1","device_type":"evse","timestamp":1793578823799,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":0,"session_id":"s-1","event_type":"session_end"}',
      ],
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1793578823799,
        '{"device_id":"dev-1","device_type":"evse","timestamp":0,"pilot_state":"C","current_draw":16,"energy_delivered_kwh":0.9948,"session_id":"","event_type":"state_change"}',
      ],
      [
        'internal',
        'pilotline/until/pair%3Agarage%3Amain',
        1793578823799,
        '{"device_id":"pair:garage:main","until":1793578823799}',
      ],
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1793578823800,
        '{"device_id":"dev-1","device_type":"evse","timestamp":0,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":0.9948,"session_id":"","event_type":"telemetry"}',
      ],
      ['internal', 'pilotline/until/dev-1', 1793578823800, '{"device_id":"dev-1","until":1793578823800}'],
    ],
  },
  'an alarm that began before the stretch of a repair and was raised in it is withdrawn when it is not raised any more':
    {
      seed: 4598,
      first: 0,
      devices: ['dev-1', 'a/b', '__proto__'],
      arrivals: { duplicates: 0, published_again: 0, reach: 40 },
      faults: { atomic: true, mishaps: 0, zombies: 0, reshards: 0, sweeps: 0, backlog: 0, batch: 20 },
      said: [
        [
          'internal',
          'pilotline/config/dev-1',
          1793580934662,
          '{"device_id":"dev-1","effective_from":1793580934662,"written_at":1793580934662,"config":{"device_type":"thermostat","location":"garage","rated_power_cooling_kw":3,"interlock_circuit":"main"}}',
        ],
        [
          'mqtt',
          'ev/thermostat/dev-1/telemetry',
          1793580934662,
          '{"device_id":"dev-1","device_type":"thermostat","timestamp":1793580934662,"event_type":"state_change","heating_call":true,"cooling_call":false}',
        ],
        [
          'mqtt',
          'ev/evse/a%2Fb/telemetry',
          1793653752322,
          '{"device_id":"a/b","device_type":"evse","timestamp":1793653752322,"pilot_state":"C","current_draw":16,"energy_delivered_kwh":0.6164,"session_id":"s-2","event_type":"telemetry"}',
        ],
        [
          'mqtt',
          'ev/evse/a%2Fb/telemetry',
          1793653754322,
          '{"device_id":"a/b","device_type":"evse","timestamp":1793653754322,"pilot_state":"C","current_draw":16,"session_id":"s-2","event_type":"session_end"}',
        ],
        [
          'mqtt',
          'ev/evse/a%2Fb/telemetry',
          1793653754322,
          '{"device_id":"a/b","device_type":"evse","timestamp":1793653754322,"pilot_state":"D","current_draw":0,"energy_delivered_kwh":1.0718,"session_id":"","event_type":"session_end"}',
        ],
        [
          'internal',
          'pilotline/config/a%2Fb',
          1793653754322,
          '{"device_id":"a/b","effective_from":1793394554322,"written_at":1793653754322,"config":{"device_type":"evse","location":"garage","rated_power_kw":7.4,"interlock_circuit":"main"}}',
        ],
        [
          'mqtt',
          'ev/thermostat/dev-1/telemetry',
          1794273996662,
          '{"device_id":"dev-1","device_type":"thermostat","timestamp":1794273996662,"event_type":"state_change","heating_call":false,"cooling_call":false}',
        ],
      ],
    },
  'a word to a pair that a boot moved and a configuration withdrew stays withdrawn, whoever tells it again': {
    seed: 2032,
    first: 0,
    devices: ['dev-1', 'a/b'],
    arrivals: { duplicates: 0, published_again: 0, reach: 0 },
    faults: { atomic: false, mishaps: 0.5, zombies: 0.3, reshards: 0, sweeps: 0, backlog: 0, batch: 20 },
    said: [
      [
        'internal',
        'pilotline/config/a%2Fb',
        1793580622927,
        '{"device_id":"a/b","effective_from":1793321422927,"written_at":1793580622927,"config":{"device_type":"evse","location":"garage","interlock_circuit":"main"}}',
      ],
      [
        'mqtt',
        'ev/evse/a%2Fb/telemetry',
        1793580682927,
        '{"device_id":"a/b","device_type":"evse","timestamp":3083527,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":0,"session_id":"","event_type":"session_end","location":"garage"}',
      ],
      [
        'mqtt',
        'ev/evse/a%2Fb/telemetry',
        1794982044928,
        '{"device_id":"a/b","device_type":"evse","timestamp":1404445928,"pilot_state":"E","current_draw":0,"energy_delivered_kwh":1.2396,"session_id":"s-1","event_type":"state_change","location":"garage"}',
      ],
      [
        'mqtt',
        'ev/evse/a%2Fb/telemetry',
        1794982044929,
        '{"device_id":"a/b","device_type":"evse","timestamp":1404442929,"pilot_state":"C","current_draw":16,"energy_delivered_kwh":1.46,"session_id":"","event_type":"session_end"}',
      ],
      [
        'mqtt',
        'ev/evse/a%2Fb/telemetry',
        1794982044930,
        '{"device_id":"a/b","device_type":"evse","timestamp":1404442930,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":1.46,"session_id":"","event_type":"session_start"}',
      ],
      [
        'mqtt',
        'ev/evse/a%2Fb/telemetry',
        1795000044930,
        '{"device_id":"a/b","device_type":"evse","timestamp":1422445930,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":1.46,"session_id":"","event_type":"session_end"}',
      ],
      [
        'internal',
        'pilotline/config/a%2Fb',
        1795000044930,
        '{"device_id":"a/b","effective_from":1794740844930,"written_at":1795000044930,"config":{"device_type":"evse","location":"yard","rated_power_kw":7.4}}',
      ],
    ],
  },
  'a pair may have heard a word first that was withdrawn later': {
    seed: 164,
    first: 0,
    devices: ['dev-1', 'a/b', '__proto__'],
    arrivals: { duplicates: 0, published_again: 0, reach: 40 },
    faults: { atomic: true, mishaps: 0, zombies: 0, reshards: 0, sweeps: 0, backlog: 0, batch: 20 },
    said: [
      [
        'internal',
        'pilotline/config/dev-1',
        1793578037540,
        '{"device_id":"dev-1","effective_from":1793318837540,"written_at":1793578037540,"config":{"device_type":"evse","location":"garage","rated_power_kw":7.4,"interlock_circuit":"main"}}',
      ],
      [
        'internal',
        'pilotline/config/dev-1',
        1793596037540,
        '{"device_id":"dev-1","effective_from":1793595977540,"written_at":1793596037540,"config":{"device_type":"evse","location":"yard","interlock_circuit":"main"}}',
      ],
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1793596037540,
        '{"device_id":"dev-1","device_type":"evse","timestamp":1793596037540,"pilot_state":"F","current_draw":0,"energy_delivered_kwh":0,"session_id":"s-1","event_type":"state_change"}',
      ],
      [
        'internal',
        'pilotline/config/dev-1',
        1794305299541,
        '{"device_id":"dev-1","effective_from":1794046099541,"written_at":1794305299541,"config":{"device_type":"evse","location":"garage","rated_power_kw":7.4,"report_interval_s":900,"interlock_circuit":"main"}}',
      ],
      [
        'mqtt',
        'ev/evse/dev-1/telemetry',
        1794305299541,
        '{"device_id":"dev-1","device_type":"evse","timestamp":1794305299541,"pilot_state":"C","current_draw":16,"energy_delivered_kwh":5.8812,"session_id":"","event_type":"session_end"}',
      ],
    ],
  },
  'a session that silence had closed, and that is not continued after all, lies where it lay at its end': {
    seed: 6188,
    first: 0,
    devices: ['dev-1', 'a/b', '__proto__'],
    arrivals: { duplicates: 0, published_again: 0, reach: 40 },
    faults: { atomic: true, mishaps: 0, zombies: 0, reshards: 0, sweeps: 0, backlog: 0, batch: 20 },
    said: [
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795687314201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1794909710201,"pilot_state":"C","current_draw":16,"session_id":"s-0","event_type":"session_start"}',
      ],
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795687314201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1795687310201,"pilot_state":"B","current_draw":0,"energy_delivered_kwh":1.5278,"session_id":"","event_type":"session_start"}',
      ],
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795687314201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1795687312201,"pilot_state":"C","current_draw":16,"energy_delivered_kwh":2.5138,"session_id":"","event_type":"telemetry","location":"garage"}',
      ],
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795687314201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1795687312201,"pilot_state":"B","current_draw":0,"energy_delivered_kwh":2.5138,"session_id":"s-0","event_type":"session_start"}',
      ],
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795687314201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1795687307201,"current_draw":0,"energy_delivered_kwh":2.5138,"session_id":"","event_type":"telemetry"}',
      ],
      [
        'mqtt',
        'ev/evse/__proto__/telemetry',
        1795706214201,
        '{"device_id":"__proto__","device_type":"evse","timestamp":1795706214201,"pilot_state":"A","current_draw":0,"energy_delivered_kwh":2.5138,"session_id":"","event_type":"session_start"}',
      ],
    ],
  },
}

describe('a world that broke a law once keeps it', () => {
  test.each(Object.entries(FOUND))('%s', async (_, world) => {
    // Other chances for the same records: what goes wrong falls elsewhere.
    for (let seed = world.seed; seed < world.seed + 20; seed++)
      expect(await whatIsWrong({ ...world, seed }), `seed ${seed}`).toBeNull()
  })

  test.each([393, 1205, 2286, 2628, 2953, 9887])('seed %i', async (seed) => {
    expect(await whatIsWrong(worldOf(seed))).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { routeTopic, TOPIC_FILTERS, telemetryTopic } from '../../events/topics.ts'
import { basicIngestTopic, ingestRules } from '../../infra/ingest-rule-list.ts'
import { FLAT_EVSE } from '../events/messages.ts'
import { NOW, payloadOf, putsOf, RULES, recordOf } from './published.ts'
import { matchesFilter, publishToRules } from './rule-engine.ts'

const TOPICS = [
  telemetryTopic('evse', 'ev-1'),
  telemetryTopic('evse', '../../x'),
  telemetryTopic('thermostat', 'a/b'),
  'ev/evse//telemetry',
  'sidewalk/',
  'sidewalk/uplink',
  'sidewalk/ev/evse/x/telemetry',
]

describe('the rules', () => {
  it('are one for each topic filter, under names that AWS takes', () => {
    expect(RULES.map(({ topic_filter }) => topic_filter)).toEqual([...TOPIC_FILTERS])
    for (const { name } of RULES) expect(name).toMatch(/^\w{1,128}$/)
    expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length)
  })

  it('differ between two stages of one account', () => {
    const names = [...ingestRules('pilotline-small-'), ...ingestRules('pilotline-prod-')].map(
      ({ name }) => name,
    )
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(TOPICS)('take a message on %s exactly once', (topic) => {
    expect(putsOf(FLAT_EVSE, topic).length).toBe(1)
  })

  it.each([
    'sidewalk',
    'ev/evse/a/b/telemetry',
    'ev/meter/m-1/telemetry',
    'ev/evse/a/downlink',
    'pilotline/config/a',
  ])('stay quiet on %s', (topic) => {
    expect(putsOf(FLAT_EVSE, topic)).toEqual([])
  })

  it('take every topic that the parser knows for a device’s', () => {
    for (const topic of TOPICS)
      if (routeTopic(topic).kind !== 'unknown')
        expect(TOPIC_FILTERS.some((filter) => matchesFilter(filter, topic))).toBe(true)
  })
})

describe('a Basic Ingest message', () => {
  it.each(TOPICS)('is read as the same message on %s', (topic) => {
    const [plain] = putsOf(FLAT_EVSE, topic)
    const direct = basicIngestTopic(plain?.rule ?? '', topic)
    expect(publishToRules(RULES, { topic: direct, payload: payloadOf(FLAT_EVSE), now: NOW })).toEqual([plain])
  })

  it('cannot pass for the system’s own, whatever topic follows the rule’s name', () => {
    const rule = RULES[1]?.name ?? ''
    const [put] = putsOf('{}', basicIngestTopic(rule, 'pilotline/config/ev-1'))
    expect(recordOf(put)).toMatchObject({ topic: 'pilotline/config/ev-1', source: 'mqtt' })
  })

  it('to a rule that there is not goes nowhere', () => {
    expect(putsOf(FLAT_EVSE, basicIngestTopic('another', 'ev/evse/x/telemetry'))).toEqual([])
  })
})

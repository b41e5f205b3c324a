import { expect, test } from 'vitest'
import { BadEnvironment, readEnvironment, requireEnvironment } from '../../adapters/environment.ts'

test('what is set is read with its type, what is not set or empty is absent', () => {
  const source = {
    PILOTLINE_DATA: 'data/here',
    PILOTLINE_MQTT_PORT: '2883',
    PILOTLINE_HTTP_PORT: '',
    OTHER: 'x',
  }
  expect(readEnvironment(source)).toEqual({ data_dir: 'data/here', mqtt_port: 2883 })
  expect(readEnvironment({})).toEqual({})
})

test('every missing variable is named in one error', () => {
  const ask = () => requireEnvironment(['data_dir', 'mqtt_port'], { PILOTLINE_HTTP_PORT: '80' })
  expect(ask).toThrow(BadEnvironment)
  expect(ask).toThrow('PILOTLINE_DATA is not set; PILOTLINE_MQTT_PORT is not set')
  const { data_dir } = requireEnvironment(['data_dir'], { PILOTLINE_DATA: 'here' })
  expect(data_dir).toBe('here')
})

test('a value that breaks its rule is named with the value and the rule', () => {
  for (const port of ['http', '65536', '-1', '1e3', ' 80'])
    expect(() => readEnvironment({ PILOTLINE_MQTT_PORT: port })).toThrow(
      `PILOTLINE_MQTT_PORT: ${JSON.stringify(port)} is no port (0 to 65535)`,
    )
})

test('an address has a scheme and a host, and nothing behind them', () => {
  const read = (said: string) => readEnvironment({ PILOTLINE_IOT_ENDPOINT: said }).iot_endpoint
  expect(read('https://data-ats.iot.eu-central-1.amazonaws.com')).toBe(
    'https://data-ats.iot.eu-central-1.amazonaws.com',
  )
  expect(read('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080')
  for (const said of ['data-ats.iot', 'ftp://x', 'https://x/y', 'https://'])
    expect(() => read(said)).toThrow(`PILOTLINE_IOT_ENDPOINT: ${JSON.stringify(said)} is no address such as`)
})

import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BadFlags, parseServeOptions } from '../../tools/serve-options.ts'

const parse = (line: string) => parseServeOptions(line === '' ? [] : line.split(' '))

describe('npm start without flags', () => {
  it('runs the fleet, in a folder of its own, on this machine only', () => {
    expect(parse('')).toEqual({
      fleet: { chargers: 20, thermostats: 10 },
      mqtt_port: 1883,
      http_port: 8080,
      bind: '127.0.0.1',
      host_names: [],
      data: resolve('data/demo'),
    })
  })
})

describe('flags', () => {
  it('for real devices', () => {
    expect(
      parse(
        '--no-fleet --mqtt 2883 --http 9090 --data /srv/p --bind 0.0.0.0 --host-name a.example --host-name b',
      ),
    ).toEqual({
      fleet: null,
      mqtt_port: 2883,
      http_port: 9090,
      bind: '0.0.0.0',
      host_names: ['a.example', 'b'],
      data: '/srv/p',
    })
    expect(parse('--no-fleet').data).toBe(resolve('data/pilotline'))
  })

  it('simulated and real data never share a folder', () => {
    expect(parse('--data /srv/p').data).toBe('/srv/p/demo')
    expect(parse('--no-fleet --data /srv/p').data).toBe('/srv/p')
  })

  it('for the fleet', () => {
    expect(parse('--chargers 100 --thermostats 0').fleet).toEqual({ chargers: 100, thermostats: 0 })
  })
})

describe('flags that cannot be followed are refused in one line', () => {
  it.each([
    '--nonsense',
    'extra',
    '--mqtt',
    '--mqtt abc',
    '--mqtt 65536',
    '--mqtt -1',
    '--mqtt 1.5',
    '--mqtt 1e3',
    '--http 0x50',
    '--chargers many',
    '--chargers -5',
    '--no-fleet --chargers 5',
    '--mqtt 5000 --http 5000',
    '--host-name http://a',
    '--host-name a:80',
    '--no-fleet=yes',
  ])('%s', (line) => {
    let refused: unknown
    try {
      parse(line)
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(BadFlags)
    expect((refused as BadFlags).message).toMatch(/^[^\n]+$/)
  })

  it('two free ports are two', () => {
    expect(parse('--mqtt 0 --http 0')).toMatchObject({ mqtt_port: 0, http_port: 0 })
  })
})

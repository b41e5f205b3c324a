import { describe, expect, it } from 'vitest'
import { SESSION_FIELDS } from '../../processors/import-fields.ts'
import { bindMapping, parseMapping } from '../../processors/import-mapping.ts'

const REQUIRED = ['device_id=id', 'started_at=from', 'ended_at=to']

function bind(maps: string[], header: string[], sets: string[] = []) {
  return bindMapping(SESSION_FIELDS, parseMapping(SESSION_FIELDS, maps, sets), header)
}

function parsing(maps: string[], sets: string[] = []) {
  return () => parseMapping(SESSION_FIELDS, maps, sets)
}

describe('a mapping', () => {
  it('names the column of each field, in one entry or in several', () => {
    const one = bind(['device_id=id,started_at=from,ended_at=to'], ['to', 'id', 'from', 'more'])
    expect(one).toEqual([
      { field: 'device_id', indexes: [1], unit: null },
      { field: 'started_at', indexes: [2], unit: null },
      { field: 'ended_at', indexes: [0], unit: null },
    ])
    expect(bind(REQUIRED, ['to', 'id', 'from', 'more'])).toEqual(one)
  })

  it('takes a value that every row has in place of a column', () => {
    const sources = bind(['started_at=from,ended_at=to'], ['from', 'to'], ['device_id=garage, left'])
    expect(sources[0]).toEqual({ field: 'device_id', value: 'garage, left' })
  })

  it('takes a unit behind the column’s name', () => {
    const sources = bind([...REQUIRED, 'energy_kwh=e:Wh'], ['id', 'from', 'to', 'e'])
    expect(sources.at(-1)).toEqual({ field: 'energy_kwh', indexes: [3], unit: 'Wh' })
  })

  it('leaves a colon alone that is part of a column’s name', () => {
    const sources = bind([...REQUIRED, 'energy_kwh=e:Wh'], ['id', 'from', 'to', 'e', 'e:Wh'])
    expect(sources.at(-1)).toEqual({ field: 'energy_kwh', indexes: [4], unit: null })
    const both = bind([...REQUIRED, 'energy_kwh=a:b:Wh'], ['id', 'from', 'to', 'a:b'])
    expect(both.at(-1)).toEqual({ field: 'energy_kwh', indexes: [3], unit: 'Wh' })
  })

  it('takes a column with commas in quotes, and an equals sign in a column’s name', () => {
    const maps = [...REQUIRED, '"energy_kwh=Energy, total",location=a=b']
    const sources = bind(maps, ['id', 'from', 'to', 'Energy, total', 'a=b'])
    expect(sources.slice(-2)).toEqual([
      { field: 'energy_kwh', indexes: [3], unit: null },
      { field: 'location', indexes: [4], unit: null },
    ])
  })

  it.each([
    [
      'a field that there is not',
      ['devise_id=id'],
      [],
      /^--map: "devise_id" is no field; there are device_id,/,
    ],
    ['an inherited name for a field', ['constructor=id'], [], /"constructor" is no field/],
    ['a field given twice', [...REQUIRED, 'ended_at=x'], [], /^--map: ended_at is given twice/],
    ['a field mapped and set', REQUIRED, ['device_id=x'], /^--set: device_id is given twice/],
    ['an entry without a column', [...REQUIRED, 'energy_kwh='], [], /"energy_kwh=" is not field=column/],
    ['an entry without an equals sign', ['device_id'], [], /"device_id" is not field=column/],
    ['a value without a field', REQUIRED, ['=x'], /"=x" is not field=value/],
    ['a required field left out', ['device_id=id'], [], /^--map: started_at, ended_at must be mapped/],
    ['a quote that is not closed', ['"device_id=id'], [], /opens a quote and does not close it/],
  ])('is refused for %s', (_, maps, sets, message) => {
    expect(parsing(maps, sets)).toThrow(message)
  })

  it('shows columns that are no text without their control characters', () => {
    const binding = () =>
      bind(['device_id=id', 'started_at=a', 'ended_at=b', 'energy_kwh=c'], ['\u001b[2J', 'z'])
    expect(binding).toThrow('no column "id"; its columns are "\\u001b[2J", z')
  })

  it.each([
    [
      'a column that the file has not',
      [...REQUIRED, 'energy_kwh=kwh'],
      /no column "kwh"; its columns are id, from,/,
    ],
    ['a unit that there is not', [...REQUIRED, 'energy_kwh=e:MJ'], /unit "MJ" of "e:MJ" is none of kWh, Wh/],
    ['a unit of text', [...REQUIRED, 'location=e:Wh'], /unit "Wh" of "e:Wh" is not for a column of text/],
    ['a column that is there twice', [...REQUIRED, 'energy_kwh=x'], /more than one column "x"/],
  ])('is refused for %s', (_, maps, message) => {
    expect(() => bind(maps, ['id', 'from', 'to', 'e', 'x', 'x'])).toThrow(message)
  })
})

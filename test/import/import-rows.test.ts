import { describe, expect, it } from 'vitest'
import { BadImport } from '../../processors/import-report.ts'
import { type Row, readRows } from '../../processors/import-rows.ts'
import { rowsOf } from './import-world.ts'

async function gather(rows: AsyncIterable<Row>): Promise<Row[]> {
  const gathered: Row[] = []
  for await (const row of rows) gathered.push(row)
  return gathered
}

function read(csv: string, delimiter?: string): Promise<Row[]> {
  return gather(rowsOf(csv, delimiter))
}

describe('the rows of a CSV file', () => {
  it('carry the line they begin on, past empty lines, empty rows and cells of several lines', async () => {
    expect(await read('a,b\r\n\r\n1,2\r\n , \r\n"x\r\ny",4\r\n"x\ny",5\r\n6,7')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 3, cells: ['1', '2'] },
      { line: 5, cells: ['x\r\ny', '4'] },
      { line: 7, cells: ['x\ny', '5'] },
      { line: 9, cells: ['6', '7'] },
    ])
  })

  it('are read without a byte order mark and without blanks around cells', async () => {
    expect(await read('\ufeffa, b\n 1 ,2\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1', '2'] },
    ])
  })

  it('keep a quote inside a cell, and go on behind it', async () => {
    expect(await read('a,b\nz"q,1\n "say ""hi""" ,3\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['z"q', '1'] },
      { line: 3, cells: ['say "hi"', '3'] },
    ])
  })

  it('are cut at the delimiter that is named', async () => {
    expect((await read('a;b\n1,5;2\n', ';'))[1]).toEqual({ line: 2, cells: ['1,5', '2'] })
  })

  it('end with the file where a quote is never closed: what is behind it cannot be told apart', async () => {
    await expect(read('a,b\n1,2\n"3,4\n5,6\n')).rejects.toThrow(
      new BadImport('the file is no CSV after line 2: a quote is opened and never closed'),
    )
  })

  it('end with the file where text follows a closing quote, for the same reason', async () => {
    await expect(read('a,b\n"1"x,2\n5,6\n')).rejects.toThrow(
      new BadImport('the file is no CSV after line 1: text follows a closing quote'),
    )
  })

  it('are not gathered without end: one above 128 K is no row', async () => {
    await expect(read(`a,b\n1,2\n"${'x\n'.repeat(200_000)}`)).rejects.toThrow(
      /no CSV after line 2: a row has more/,
    )
  })

  it('are none in an empty file', async () => {
    expect(await read('')).toEqual([])
    expect(await read('\n\n')).toEqual([])
  })

  it('pass on what goes wrong with the bytes', async () => {
    async function* broken() {
      yield new TextEncoder().encode('a,b\n1,2\n')
      throw new BadImport('the disk is gone')
    }
    await expect(gather(readRows(broken(), ','))).rejects.toThrow('the disk is gone')
  })
})

import { describe, expect, test } from 'vitest'
import { readCsv } from '../../../cli/import/read-csv.ts'
import { lineBytesMax } from '../../../cli/import/read-lines.ts'
import type { SourceRecord } from '../../../cli/import/source-record.ts'
import { chunksOf, collect } from './support.ts'

async function read(
  text: Buffer | string,
  { delimiter = ',', chunkLength = 5 } = {},
): Promise<SourceRecord[]> {
  return await collect(readCsv(chunksOf(text, chunkLength), delimiter, (bytes) => bytes))
}

const fieldsOf = ({ content }: SourceRecord): unknown =>
  content.kind === 'fields' ? content.fields : content.kind

describe('reading CSV', () => {
  test('quotes, line breaks inside of them, blank lines, and where each row begins', async () => {
    const records = await read('\uFEFFid,text\r\n1,"a ""b"", c"\r\n\r\n2,"two\nlines"\r\n3,é😀')
    expect(records.map(fieldsOf)).toEqual([
      { id: '1', text: 'a "b", c' },
      { id: '2', text: 'two\nlines' },
      { id: '3', text: 'é😀' },
    ])
    expect(records.map(({ line, row }) => [line, row])).toEqual([
      [2, 1],
      [4, 2],
      [6, 3],
    ])
    expect(records[1]?.content).toMatchObject({ text: '2,"two\nlines"' })
  })

  test('a number keeps every digit, since a cell is a string', async () => {
    const [record] = await read('n,m\n12345678901234567890,1.10\n')
    expect(record && fieldsOf(record)).toEqual({ n: '12345678901234567890', m: '1.10' })
  })

  test('a row with more or fewer fields than the header is refused with its line; the others are not', async () => {
    const records = await read('a,b\n1,2\n3\n4,5,6\n7,8\n')
    expect(records.map(fieldsOf)).toEqual([{ a: '1', b: '2' }, 'broken', 'broken', { a: '7', b: '8' }])
    expect(records[1]).toMatchObject({
      line: 3,
      content: { code: 'CSV_RAGGED', detail: 'The row has 1 fields, the header has 2.', text: '3' },
    })
    expect(records[2]).toMatchObject({
      line: 4,
      content: { detail: 'The row has 3 fields, the header has 2.' },
    })
  })

  test('another delimiter', async () => {
    expect((await read('a;b\n1,5;2\n', { delimiter: ';' })).map(fieldsOf)).toEqual([{ a: '1,5', b: '2' }])
  })

  test.each([
    ['a quote inside a cell', 'a,b\n1,2\n3,x"y\n', 'CSV_BROKEN', /line 3/u],
    ['a quote that is not closed', 'a,b\n1,2\n"3,4\n5,6\n', 'CSV_BROKEN', /line 4/u],
    ['a column that is named twice', 'a,b,a\n1,2,3\n', 'CSV_HEADER', /"a" twice/u],
    ['an endless row', `a\n"${'x'.repeat(lineBytesMax + 10)}\n`, 'CSV_BROKEN', /longer than/u],
    ['Latin-1', Buffer.from('a,b\n1,2\n3,caf\u00e9\n5,6\n', 'latin1'), 'NOT_UTF8', /Line 3 /u],
    ['Latin-1 at the end', Buffer.from('a,b\n1,caf\u00e9', 'latin1'), 'NOT_UTF8', /Line 2 /u],
  ])('%s ends the reading with its line', async (_name, text, code, message) => {
    const chunkLength = text.length > 1_000 ? 500_000 : 5
    await expect(read(text, { chunkLength })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  test('a file of a header alone, or of nothing, has no rows', async () => {
    expect(await read('a,b\n')).toEqual([])
    expect(await read('')).toEqual([])
  })

  test('__proto__ is a column as any other', async () => {
    const [record] = await read('__proto__,b\n1,2\n')
    expect(JSON.stringify(record && fieldsOf(record))).toBe('{"__proto__":"1","b":"2"}')
  })
})

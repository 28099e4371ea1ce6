import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCsv } from '../../../cli/import/read-csv.ts'
import { LINE_BYTES_MAX } from '../../../cli/import/read-lines.ts'
import type { SourceRecord } from '../../../cli/import/entries.ts'
import { chunksOf, collect } from './support.ts'

async function read(
  text: Buffer | string,
  { delimiter = ',', chunkLength = 5 } = {},
): Promise<SourceRecord[]> {
  return await collect(readCsv(chunksOf(text, chunkLength), { ...plain, delimiter }))
}

const plain = { delimiter: ',', consumedBytes: (bytes: number) => bytes, note: () => undefined }

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
    ['a quote inside a cell', 'a,b\n1,2\n3,x"y\n', 'CSV_BROKEN', /Line 3 has a quote inside/u],
    ['a quote inside a cell of the header', '\uFEFFa,b"\n1,2\n', 'CSV_BROKEN', /Line 1 has a quote inside/u],
    ['a quote that is not closed', 'a,b\n1,2\n"3,4\n5,6\n', 'CSV_BROKEN', /opens in line 3 is not closed/u],
    [
      'one that is not closed in the first line',
      '\uFEFF"a,b\n1,2\n',
      'CSV_BROKEN',
      /opens in line 1 is not closed/u,
    ],
    [
      'one that opens in the middle of a row, after rows with line breaks in quotes',
      'a,b\r\n"x\r\ny","z\r\n"\r\n\r\n1,"3\r\n4\r\n5""\r\n',
      'CSV_BROKEN',
      /opens in line 6 is not closed/u,
    ],
    [
      'a field that goes on after its quote',
      'a,b\r\n"x\r\ny",1\r\n2,"3" 4\r\n',
      'CSV_BROKEN',
      /Line 4 has a field that goes on/u,
    ],
    [
      'a quote that the next one closes',
      'a,b\n1,"2\n3,4\n5,"6"\n',
      'CSV_BROKEN',
      /opens in line 2 is closed in line 4/u,
    ],
    ['a column that is named twice', 'a,b,a\n1,2,3\n', 'CSV_HEADER', /"a" twice/u],
    ['an endless line', `a\n"${'x'.repeat(LINE_BYTES_MAX + 10)}\n`, 'CSV_BROKEN', /longer than/u],
    [
      'an endless row',
      `a\n1\n"${'xxxxxxxxx\n'.repeat(LINE_BYTES_MAX / 10 + 10)}`,
      'CSV_BROKEN',
      /longer than .* opens in line 3 is not closed/u,
    ],
    ['Latin-1', Buffer.from('a,b\n1,2\n3,caf\u00e9\n5,6\n', 'latin1'), 'NOT_UTF8', /Line 3 /u],
    ['Latin-1 at the end', Buffer.from('a,b\n1,caf\u00e9', 'latin1'), 'NOT_UTF8', /Line 2 /u],
  ])('%s ends the reading with its line', async (_name, text, code, message) => {
    const chunkLength = text.length > 1_000 ? 500_000 : 5
    await expect(read(text, { chunkLength })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  test('the line of every row is the one an editor shows, whatever the line breaks, in quotes and around', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', ',', '"', '\r\n', '\n', '\r', ' '), { maxLength: 5 })
    const quoted = text.map((parts) => `"${parts.join('').replaceAll('"', '""')}"`)
    const field = fc.oneof(quoted, fc.constantFrom('x', '1.5', 'ü'))
    const row = fc.tuple(fc.array(field, { minLength: 1, maxLength: 3 }), fc.nat(2))
    const file = fc.record({
      rows: fc.array(row, { maxLength: 6 }),
      breaks: fc.constantFrom('\n', '\r\n'),
      mark: fc.constantFrom('', '\uFEFF', 'sep=,'),
      chunkLength: fc.integer({ min: 1, max: 30 }),
      endsWithBreak: fc.boolean(),
    })
    // As editors split lines; independent of what is tested.
    const linesIn = (part: string): number => part.split(/\r\n|\n|\r/u).length - 1
    await fc.assert(
      fc.asyncProperty(file, async ({ rows, breaks, mark, chunkLength, endsWithBreak }) => {
        let whole = `${mark}${mark === 'sep=,' ? breaks : ''}a,b,c${breaks}`
        const expected: number[] = []
        for (const [fields, blankLines] of rows) {
          whole += breaks.repeat(blankLines)
          expected.push(linesIn(whole) + 1)
          whole += `${fields.join(',')}${breaks}`
        }
        if (!endsWithBreak) whole = whole.slice(0, -breaks.length)
        const records = await read(whole, { chunkLength })
        expect(records.map(({ line }) => line)).toEqual(expected)
        expect(records.at(-1)?.end.bytes ?? 0).toBe(rows.length === 0 ? 0 : Buffer.byteLength(whole))
      }),
      { numRuns: 400 },
    )
  })

  test('a ragged row after line breaks in quotes is told with its line', async () => {
    const records = await read('a,b\r\n"1\r\n2\r\n3",4\r\n\r\n5\r\n6,7\r\n')
    expect(records.map(({ line, content }) => [line, content.kind])).toEqual([
      [2, 'fields'],
      [6, 'broken'],
      [7, 'fields'],
    ])
  })

  test('a file of old Macs has rows, too, and their lines', async () => {
    const records = await read('a,b\r1,2\r\r3\r', { chunkLength: 3 })
    expect(records.map(({ line, content }) => [line, content.kind])).toEqual([
      [2, 'fields'],
      [4, 'broken'],
    ])
  })

  test('line breaks of both kinds in one file end a row each', async () => {
    expect((await read('a,b\n1,2\r\n3,"x\r\ny"\r\n5,6\n')).map(fieldsOf)).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: 'x\r\ny' },
      { a: '5', b: '6' },
    ])
  })

  test.each([1, 7, 1_000])('what stands before a fault is read, in chunks of %i', async (chunkLength) => {
    const rows = Array.from({ length: 300 }, (_, index) => `${index},x\n`).join('')
    const faults: [Buffer, string][] = [
      [Buffer.from('300,"x\n'), 'CSV_BROKEN'],
      [Buffer.from('300,x"\n'), 'CSV_BROKEN'],
      [Buffer.from('300,\u00e9\n', 'latin1'), 'NOT_UTF8'],
    ]
    for (const [fault, code] of faults) {
      const seen: SourceRecord[] = []
      const reading = async (): Promise<void> => {
        const chunks = chunksOf(Buffer.concat([Buffer.from(`a,b\n${rows}`), fault]), chunkLength)
        for await (const block of readCsv(chunks, plain)) seen.push(...block)
      }
      await expect(reading()).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/[Ll]ine 302/u) as string,
      })
      expect(seen).toHaveLength(300)
    }
  })

  test.each([1, 7, 1_000])(
    'what came before the input failed is read, in chunks of %i',
    async (chunkLength) => {
      async function* failing(): AsyncGenerator<Buffer> {
        yield* chunksOf('a,b\n1,"2\n3"\n4,5\n6,"cut\n', chunkLength)
        throw new Error('the disk is gone')
      }
      const seen: unknown[] = []
      const reading = async (): Promise<void> => {
        for await (const block of readCsv(failing(), plain)) seen.push(...block.map(fieldsOf))
      }
      await expect(reading()).rejects.toThrow('the disk is gone')
      expect(seen).toEqual([
        { a: '1', b: '2\n3' },
        { a: '4', b: '5' },
      ])
    },
  )

  test.each([
    ['sep=;\n', ';'],
    ['sep=;\r\n', ';'],
    ['\uFEFFsep=;\r\n', ';'],
    ['"sep=;"\n', ';'],
    ['SEP=|\n', '|'],
    ['sep=\t\r\n', '\t'],
    ['sep=§\n', '§'],
    ['sep=,\n', ','],
  ])('the first line %j of a spreadsheet names the separator, and is no header', async (first, separator) => {
    const records = await read(`${first}a${separator}b\n1${separator}2\n3\n`, { chunkLength: 3 })
    expect(records.map(fieldsOf)).toEqual([{ a: '1', b: '2' }, 'broken'])
    expect(records.map(({ line }) => line)).toEqual([3, 4])
  })

  test.each(['sep=', 'sep=;;', 'sep', 'separator=;'])('%j is a header as any other', async (first) => {
    expect((await read(`${first}\n1\n`)).map(fieldsOf)).toEqual([{ [first]: '1' }])
  })

  test.each([
    ['a;b;c\n1;2;3\n', /1 column: "a;b;c".*--delimiter ";"/u],
    ['a\tb\n', /--delimiter tab/u],
    ['x;y,z\n', /2 columns: "x;y", "z".*--delimiter ";"/u],
    ['a|b\n', /--delimiter "\|"/u],
    ['a,b\n', /--delimiter ","/u, ';'],
  ])('the header %j makes people think of the delimiter', async (text, hint, delimiter = ',') => {
    const notes: string[] = []
    await collect(readCsv(chunksOf(text, 5), { ...plain, delimiter, note: (line) => notes.push(line) }))
    expect(notes).toEqual([expect.stringMatching(hint)])
  })

  test.each(['a,b\n', 'a,b|c\n', 'one\n', 'a b,c.d\n', '"x, y",z\n'])(
    'the header %j does not',
    async (text) => {
      const notes: string[] = []
      await collect(readCsv(chunksOf(text, 5), { ...plain, note: (line) => notes.push(line) }))
      expect(notes).toEqual([])
    },
  )

  test('a file of a header alone, or of nothing, has no rows', async () => {
    expect(await read('a,b\n')).toEqual([])
    expect(await read('')).toEqual([])
  })

  test('__proto__ is a column as any other', async () => {
    const [record] = await read('__proto__,b\n1,2\n')
    expect(JSON.stringify(record && fieldsOf(record))).toBe('{"__proto__":"1","b":"2"}')
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fileStart, LINE_BYTES_MAX, readLines } from '../../../cli/import/read-lines.ts'
import { sourceText } from '../../../cli/import/entries.ts'
import type { SourceRecord } from '../../../cli/import/entries.ts'
import { chunksOf, collect } from './support.ts'

const sameBytes = (bytes: number): number => bytes

async function read(text: Buffer | string, chunkLength = 7): Promise<SourceRecord[]> {
  return await collect(readLines(chunksOf(text, chunkLength), fileStart, sameBytes))
}

const texts = (records: readonly SourceRecord[]): string[] =>
  records.map(({ content }) => sourceText(content))

describe('reading NDJSON', () => {
  test('lines are counted as editors do, records without the blank ones', async () => {
    const records = await read('{"a":1}\n\n  \t\r\n{"b":2}\r\n{"c":3}')
    expect(texts(records)).toEqual(['{"a":1}', '{"b":2}\r', '{"c":3}'])
    expect(records.map(({ line, row }) => [line, row])).toEqual([
      [1, 1],
      [4, 2],
      [5, 3],
    ])
    expect(records.map(({ end }) => end.bytes)).toEqual([8, 23, 30])
  })

  test('however the bytes arrive, the lines are the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/gu, '')),
          { maxLength: 12 },
        ),
        fc.integer({ min: 1, max: 20 }),
        async (lines, chunkLength) => {
          const expected = lines.filter((line) => /[^ \t]/u.test(line))
          expect(texts(await read(lines.join('\n'), chunkLength))).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('reading goes on after any record, with the same numbers', async () => {
    const text = 'one\n\ntwo\nthree\r\nfour'
    const all = await read(text)
    for (const [index, { row, end }] of all.entries()) {
      const rest = Buffer.from(text).subarray(end.bytes)
      const records = await collect(readLines(chunksOf(rest, 3), { row, ...end }, sameBytes))
      expect(records).toEqual(all.slice(index + 1))
    }
  })

  test('a byte order mark is no part of the first line', async () => {
    const [record] = await read('\uFEFF{"a":1}\n')
    expect(record?.content).toEqual({ kind: 'line', bytes: Buffer.from('{"a":1}') })
    expect(record?.end.bytes).toBe(11)
  })

  test.each([
    ['a NUL', '\0'],
    ['many NULs', '\0'.repeat(4_096)],
    ['a vertical tab', '\v'],
    ['a form feed', '\f'],
    ['a space that does not break', '\u00a0'],
    ['a byte order mark in the middle', '\uFEFF'],
  ])('%s is no blank line: only spaces, tabs and carriage returns are', async (_name, odd) => {
    for (const text of [`1\n${odd}\n2`, `1\n2\n${odd}`, `1\n2${odd}\n3`])
      expect(texts(await read(text))).toEqual(text.split('\n'))
  })

  test('a blank line may be of any length; a long one with content at its end is a record', async () => {
    const blank = ' '.repeat(LINE_BYTES_MAX + 10)
    const records = await read(`1\n${' '.repeat(70)}\n${blank}\n${blank}x\n2\n${blank}`, 1_000_000)
    expect(records.map(({ line, row, content }) => [line, row, content.kind])).toEqual([
      [1, 1, 'line'],
      [4, 2, 'broken'],
      [5, 3, 'line'],
    ])
  })

  test('a line that is not UTF-8 is refused, those around it are not', async () => {
    const bytes = Buffer.concat([
      Buffer.from('one\n'),
      Buffer.from('caf\u00e9\n', 'latin1'),
      Buffer.from('three\n'),
    ])
    const records = await read(bytes)
    expect(records.map(({ content }) => content.kind)).toEqual(['line', 'broken', 'line'])
    expect(records[1]).toMatchObject({ line: 2, content: { code: 'NOT_UTF8' } })
  })

  test('a line beyond the limit is refused, and not kept', async () => {
    const long = 'x'.repeat(LINE_BYTES_MAX + 1)
    const records = await read(`one\n${long}\nthree\n`, 1_000_000)
    expect(records.map(({ content }) => content.kind)).toEqual(['line', 'broken', 'line'])
    const broken = records[1]?.content
    expect(broken).toMatchObject({ code: 'EVENT_TOO_LARGE' })
    expect(broken?.kind === 'broken' && broken.text.length).toBeLessThan(1_000)
    expect(records[2]?.end.bytes).toBe(long.length + 11)
  })
})

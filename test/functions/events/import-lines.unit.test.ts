import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitLines } from '../../../functions/events/import-lines.ts'
import { encodeLine } from '../../../cli/import/prepare.ts'
import { fileStart, readLines } from '../../../cli/import/read-lines.ts'
import { chunksOf, collect } from '../../cli/import/support.ts'

const BYTES_MAX = 64
const limits = { lineBytesMax: BYTES_MAX, linesMax: 1_000 }

async function lineNumbers(text: Buffer | string, chunkLength = 7): Promise<number[]> {
  const numbers: number[] = []
  for await (const { number } of splitLines(chunksOf(text, chunkLength), limits)) numbers.push(number)
  return numbers
}

test.each([
  ['one NUL', '\0'],
  ['more NULs than a line may have bytes', '\0'.repeat(BYTES_MAX + 1)],
  ['an event and NULs', '{}\0\0'],
  ['a vertical tab', '\v'],
  ['a form feed', '\f'],
  ['a space that does not break', '\u00a0'],
])('a line with %s has an outcome wherever it stands', async (_name, odd) => {
  expect(await lineNumbers(`{}\n${odd}\n{}\n`)).toEqual([1, 2, 3])
  expect(await lineNumbers(`{}\n${odd}\n`)).toEqual([1, 2])
  expect(await lineNumbers(`{}\n${odd}`)).toEqual([1, 2])
})

test('spaces, tabs and carriage returns are a blank line at any length, and counted', async () => {
  const long = ' \t\r'.repeat(BYTES_MAX)
  expect(
    await lineNumbers(`\n{}\r\n \n${' '.repeat(BYTES_MAX - 1)}\n${long}\n{}\n${long}x\n${long}`),
  ).toEqual([2, 6, 7])
})

test('command and server agree on the lines, whatever bytes a file holds', async () => {
  const byte = fc.constantFrom(0x00, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x20, 0x7b, 0x7d, 0x1a, 0x7f)
  const file = fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes))
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 9 }), async (text, chunkLength) => {
      const records = await collect(readLines(chunksOf(text, chunkLength), fileStart, (bytes) => bytes))
      expect(records.map(({ line }) => line)).toEqual(await lineNumbers(text, chunkLength))
      const sent = records.map(({ content }) =>
        content.kind === 'line' ? encodeLine(content.bytes, 'acme') : Buffer.from('?'),
      )
      const body = Buffer.concat(sent.flatMap((line) => [line, Buffer.from('\n')]))
      expect(await lineNumbers(body, chunkLength)).toEqual(records.map((_, index) => index + 1))
    }),
    { numRuns: 500 },
  )
})

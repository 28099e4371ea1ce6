import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LineCutter } from '../../../shared/json/index.ts'
import type { CutLine } from '../../../shared/json/index.ts'

const LINE_BYTES_MAX = 300

function cut(text: string, chunkBytes: number): CutLine[] {
  const cutter = new LineCutter(LINE_BYTES_MAX)
  const bytes = Buffer.from(text)
  const lines: CutLine[] = []
  for (let from = 0; from < bytes.length; from += chunkBytes)
    lines.push(...cutter.cut(bytes.subarray(from, from + chunkBytes)))
  const last = cutter.last()
  return last ? [...lines, last] : lines
}

describe('cutting NDJSON into lines', () => {
  test('however the bytes arrive, the lines are those between the line feeds, numbered from 1', () => {
    const line = fc.string({ unit: fc.constantFrom(' ', '\t', '\r', 'x', '{', 'ü'), maxLength: 40 })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (lines, chunkBytes) => {
        const expected = lines.at(-1) === '' ? lines.slice(0, -1) : lines
        const found = cut(lines.join('\n'), chunkBytes)
        expect(found.map(({ bytes }) => bytes.toString())).toEqual(expected)
        expect(found.map(({ number }) => number)).toEqual(expected.map((_, index) => index + 1))
        expect(found.map(({ lengthBytes }) => lengthBytes)).toEqual(
          expected.map((text) => Buffer.byteLength(text)),
        )
      }),
    )
  })

  test.each([1, 7, 256, 300, 301, 1_000])('a line that is too long is told, by %d bytes a chunk', (bytes) => {
    const whole = 'y'.repeat(LINE_BYTES_MAX)
    const lines = cut(`${whole}\n${whole}z\nnext`, bytes)
    expect(lines.map(({ isTooLong }) => isTooLong)).toEqual([false, true, false])
    expect(lines.map(({ lengthBytes }) => lengthBytes)).toEqual([300, 301, 4])
    expect(lines[0]?.bytes.toString()).toBe(whole)
    expect(lines[1]?.bytes.toString()).toBe('y'.repeat(256))
    expect(lines[2]?.bytes.toString()).toBe('next')
  })

  test.each([1, 7, 256, 300, 301, 1_000])(
    'whether anything but spaces was dropped of it is told, by %d bytes a chunk',
    (bytes) => {
      const long = ' '.repeat(LINE_BYTES_MAX + 50)
      const isRestBlank = (text: string): boolean | undefined => cut(text, bytes)[0]?.isRestBlank
      expect(isRestBlank(`${long}\n`)).toBe(true)
      expect(isRestBlank(`x${long}`)).toBe(true)
      expect(isRestBlank(`${long}x\n`)).toBe(false)
      expect(isRestBlank(`${' '.repeat(270)}x${long}`)).toBe(false)
    },
  )

  test('of a line that is too long its beginning alone stays in memory', () => {
    const cutter = new LineCutter(LINE_BYTES_MAX)
    const chunk = Buffer.alloc(1_000, 'x')
    cutter.cut(chunk)
    const kept = cutter.last()?.bytes
    expect(kept?.buffer === chunk.buffer).toBe(false)
    expect(kept?.length).toBe(256)
  })
})

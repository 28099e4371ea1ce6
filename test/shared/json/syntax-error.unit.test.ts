import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseExactJson } from '../../../shared/json/index.ts'
import { findSyntaxError } from '../../../shared/json/syntax-error.ts'
import { refusalOf } from './support.ts'

function malformed(text: string): { code: unknown; line: unknown; column: unknown; detail: string } {
  const error = refusalOf(() => parseExactJson(text))
  if (error === undefined) throw new Error('not refused')
  const { line, column } = error.extensions
  return { code: error.code, line, column, detail: error.detail }
}

describe('a text that is not JSON', () => {
  it.each([
    ['', 1, 1, 'the text ends where a value'],
    ['{"a":}', 1, 6, 'a value is expected'],
    ['{"a":1,}', 1, 8, 'a member name'],
    ['{"a" 1}', 1, 6, '":" is expected'],
    ['[1,2', 1, 5, 'the text ends where "," or "]"'],
    ['{"a":1', 1, 7, 'the text ends where "," or "}"'],
    ['[1}', 1, 3, '"," or "]"'],
    ['"abc', 1, 5, 'inside a string'],
    ['["\\x"]', 1, 3, 'escape'],
    ['["\\u00g0"]', 1, 3, 'escape'],
    ['["a\nb"]', 1, 4, 'control character'],
    ['[1] x', 1, 5, 'nothing is expected'],
    ['{\n  "a": 1,\r\n  b: 2\n}', 3, 3, 'a member name'],
    ['[01]', 1, 2, 'a value'],
    ['[.5]', 1, 2, 'a value'],
    ['[+1]', 1, 2, 'a value'],
    ['NaN', 1, 1, 'a value'],
    ["{'a':1}", 1, 2, 'a member name'],
    ['[1e400,]', 1, 8, 'a value'],
  ])('%j is refused at line %i, column %i', (text, line, column, message) => {
    const fault = malformed(text)
    expect(fault).toMatchObject({ code: 'MALFORMED_JSON', line, column })
    expect(fault.detail).toContain(message)
  })

  it('never repeats the text', () => {
    expect(malformed(`{"password":"hunter2" "next":1}`).detail).not.toMatch(/hunter2|password|next/)
  })

  it('agrees with JSON.parse on what is JSON, for texts near to JSON', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      '.',
      'e',
      '0',
      'true',
      'null',
      ' ',
      '\n',
      'x',
    )
    const nearJson = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(nearJson, fc.json(), fc.string()), (text) => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        expect(findSyntaxError(text) === undefined).toBe(isJson)
      }),
      { numRuns: 3000 },
    )
  })
})

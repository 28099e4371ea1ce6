import { describe, expect, it } from 'vitest'
import { DEFAULT_DEPTH_MAX, isRawJson, parseExactJson } from '../../../shared/json/index.ts'
import { refusalOf } from './support.ts'

function refusal(text: string, maxDepth = DEFAULT_DEPTH_MAX) {
  const error = refusalOf(() => parseExactJson(text, { maxDepth }))
  if (error === undefined) throw new Error(`not refused: ${text.slice(0, 100)}`)
  return error
}

const written = (text: string): string => JSON.stringify(parseExactJson(text))

describe('numbers', () => {
  it.each([
    ['1E5', '100000'],
    ['1.10', '1.1'],
    ['1e-7', '1e-7'],
    ['-0', '0'],
    ['-0.0e0', '0'],
    ['0e400', '0'],
    ['1e22', '1e+22'],
    ['5e-324', '5e-324'],
    ['1.7976931348623157e308', '1.7976931348623157e+308'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['100000000000000000000', '100000000000000000000'],
    ['0.00000000000000000001', '1e-20'],
    ['9007199254740992', '9007199254740992'],
  ])('keeps %s as a plain number', (text, expected) => {
    const value = parseExactJson(text)
    expect(typeof value).toBe('number')
    expect(JSON.stringify(value)).toBe(expected)
  })

  it.each(['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808'])(
    'keeps the integer %s as raw JSON with its digits',
    (text) => {
      const value = parseExactJson(`{"a":[${text}]}`) as { a: unknown[] }
      expect(isRawJson(value.a[0])).toBe(true)
      expect(JSON.stringify(value)).toBe(`{"a":[${text}]}`)
    },
  )

  it.each([
    '12345678901234567890',
    '9223372036854775808',
    '-9223372036854775809',
    '9007199254740993.0',
    '0.12345678901234567890',
    '1e400',
    '-1e400',
    '1e-400',
    '4.9e-324',
    '1e99999999999999999999999999999',
  ])('refuses %s with its pointer', (text) => {
    const error = refusal(`{"data":{"a/b":[1,{"~":${text}}]},"later":2}`)
    expect(error.code).toBe('NUMBER_NOT_EXACT')
    expect(error.errors).toEqual([{ pointer: '/data/a~1b/1/~0', message: `${text} would lose value` }])
    expect(error.detail).toContain(text)
  })

  it('tells every number that is lost, up to 20, each by its own pointer', () => {
    const few = refusal('[1e400,2,{"x,\\"{[":1,"b":12345678901234567890},"1e400"]')
    expect(few.errors.map(({ pointer }) => pointer)).toEqual(['/0', '/2/b'])
    expect(refusal(`[${Array.from({ length: 100 }, () => '1e400').join(',')}]`).errors).toHaveLength(20)
  })

  it('shortens a number of megabytes', () => {
    const error = refusal(`[0.${'0'.repeat(1_000_000)}1]`)
    expect(error.code).toBe('NUMBER_NOT_EXACT')
    expect(error.detail.length).toBeLessThan(300)
  })

  it('judges no digits inside of strings', () => {
    const text = '{"a":"12345678901234567890, 1e400","1e400":"[1e400]","b\\\\":"\\",1e400"}'
    expect(written(text)).toBe(text)
  })
})

describe('strings', () => {
  it.each([
    ['{"a":["x\\u0000"]}', '/a/0', 'the string holds the character U+0000'],
    ['{"a":{"k\\u0000":1}}', '/a', 'the name of a member here holds the character U+0000'],
    ['["\\ud800"]', '/0', 'a lone surrogate'],
    ['["\\uDC00\\ud800"]', '/0', 'a lone surrogate'],
    ['{"\\udfff":{"b":"\\u0000"}}', '', 'a lone surrogate'],
    [`["${String.fromCharCode(0xd800)}"]`, '/0', 'a lone surrogate'],
  ])('refuses %s', (text, pointer, message) => {
    const error = refusal(text)
    expect(error.code).toBe('INVALID_TEXT')
    expect(error.errors[0]?.pointer).toBe(pointer)
    expect(error.errors[0]?.message).toContain(message)
  })

  it('writes a pointer through a bad name without the bad character', () => {
    expect(refusal('{"\\u0000":{"b":"\\u0000"}}').errors[1]?.pointer).toBe('/\uFFFD/b')
  })

  it.each(['["\\\\u0000"]', '["\\ud83d\\ude00"]', '["😀"]', '["\\u001f"]', '["\\\\ud800"]'])(
    'accepts %s',
    (text) => {
      expect(parseExactJson(text)).toEqual(JSON.parse(text))
    },
  )

  it('keeps __proto__ an ordinary member and pollutes nothing', () => {
    for (const text of ['{"__proto__":{"polluted":1}}', '{"__proto__":{"polluted":9007199254740993}}']) {
      const value = parseExactJson(text) as Record<string, unknown>
      expect(Object.hasOwn(value, '__proto__')).toBe(true)
      expect(value['polluted']).toBeUndefined()
      expect(JSON.stringify(value)).toBe(text)
    }
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })
})

describe('depth', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

  it('accepts 100 levels and refuses 101, of arrays and objects', () => {
    expect(written(nested(100))).toBe(nested(100))
    expect(refusal(nested(101)).code).toBe('JSON_TOO_DEEP')
    expect(refusal(`${'{"a":'.repeat(101)}1${'}'.repeat(101)}`).code).toBe('JSON_TOO_DEEP')
    expect(refusal('[[1]]', 1).code).toBe('JSON_TOO_DEEP')
    expect(parseExactJson('1', { maxDepth: 0 })).toBe(1)
  })

  it('counts no brackets inside of strings and no neighbours', () => {
    expect(parseExactJson(JSON.stringify(['['.repeat(500), '{\\"{'.repeat(200)]))).toHaveLength(2)
    expect(parseExactJson(`[${'[],'.repeat(500)}{}]`)).toHaveLength(501)
  })

  it('refuses megabytes of brackets before building anything', () => {
    expect(refusal('['.repeat(4_000_000)).code).toBe('JSON_TOO_DEEP')
  })
})

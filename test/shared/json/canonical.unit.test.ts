import { describe, expect, it } from 'vitest'
import {
  canonicalJson,
  canonicalPieces,
  decodeUtf8,
  jsonPointer,
  parseExactJson,
} from '../../../shared/json/index.ts'

describe('canonicalJson', () => {
  it('sorts members by code unit and keeps the order of arrays', () => {
    expect(canonicalJson({ b: [2, 1], a: { é: 1, z: null, Z: true }, 10: 0, 9: 0 })).toBe(
      '{"10":0,"9":0,"a":{"Z":true,"z":null,"é":1},"b":[2,1]}',
    )
  })

  it('writes one number in one way and keeps integers beyond a double', () => {
    expect(canonicalJson(parseExactJson('[1.10, 11e-1, 1e2, -0, 9007199254740993]'))).toBe(
      '[1.1,1.1,100,0,9007199254740993]',
    )
  })

  it('tells "1" from 1 and an absent member from null', () => {
    expect(canonicalJson({ a: '1' })).not.toBe(canonicalJson({ a: 1 }))
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
    expect(canonicalJson({ a: null, b: 1 })).toBe('{"a":null,"b":1}')
  })

  it('writes an own member called __proto__', () => {
    expect(canonicalJson(parseExactJson('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}')
  })

  it.each([
    [10n],
    [new Date(0)],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [undefined],
    [() => 1],
    [[undefined]],
  ])('refuses %s, which is not JSON', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError)
  })
})

describe('canonicalPieces', () => {
  it('writes the same text in pieces that stay short', () => {
    const deep = parseExactJson(`${'[{"b":1,"a":'.repeat(30)}9007199254740993${'}]'.repeat(30)}`)
    const value = {
      z: Array.from({ length: 50_000 }, (_, index) => ({ [`k${index}`]: index, a: ['ü', null, true] })),
      a: deep,
      left: undefined,
    }
    const pieces = [...canonicalPieces(value)]
    expect(pieces.join('')).toBe(canonicalJson(value))
    expect(pieces.length).toBeGreaterThan(20)
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(70_000)
    expect([...canonicalPieces(7)]).toEqual(['7'])
  })
})

describe('decodeUtf8', () => {
  const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

  it('decodes, and drops one byte order mark', () => {
    expect(decodeUtf8(new TextEncoder().encode('{"ä":"😀"}'))).toBe('{"ä":"😀"}')
    expect(decodeUtf8(bytes(0xef, 0xbb, 0xbf, 0x31))).toBe('1')
  })

  it.each([
    ['a lone continuation byte', bytes(0x80)],
    ['an overlong slash', bytes(0xc0, 0xaf)],
    ['a surrogate', bytes(0xed, 0xa0, 0x80)],
    ['a cut sequence', bytes(0xe2, 0x82)],
    ['UTF-16', bytes(0xff, 0xfe, 0x31, 0x00)],
  ])('refuses %s', (_name, input) => {
    expect(() => decodeUtf8(input)).toThrow(expect.objectContaining({ code: 'MALFORMED_JSON' }))
  })

  it('works again after a refusal', () => {
    expect(() => decodeUtf8(bytes(0xe2, 0x82))).toThrow('UTF-8')
    expect(decodeUtf8(bytes(0x31))).toBe('1')
  })
})

describe('jsonPointer', () => {
  it('escapes as RFC 6901 says and cuts what is too long', () => {
    expect(jsonPointer([])).toBe('')
    expect(jsonPointer(['a/b', 0, 'm~n', ''])).toBe('/a~1b/0/m~0n/')
    expect(jsonPointer(['x'.repeat(1000), 'y'])).toHaveLength(301)
  })
})

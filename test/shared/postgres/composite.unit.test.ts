import { describe, expect, it } from 'vitest'
import { compositeFields } from '../../../shared/postgres/composite.ts'

describe('compositeFields', () => {
  it.each([
    ['(appended,{3},,00000001)', ['appended', '{3}', null, '00000001']],
    ['(a,"{1,2}",b)', ['a', '{1,2}', 'b']],
    ['(a,)', ['a', null]],
    ['(,)', [null, null]],
    ['("",b)', ['', 'b']],
    [String.raw`("{""type"": ""a\\\\b, (c)""}",x)`, [String.raw`{"type": "a\\b, (c)"}`, 'x']],
    ['("""")', ['"']],
    ['("a","b")', ['a', 'b']],
  ])('%s', (text, fields) => {
    expect(compositeFields(text)).toEqual(fields)
  })

  it.each(['', '{1,2}', '(a', '("a)'])('refuses %j', (text) => {
    expect(() => compositeFields(text)).toThrow(SyntaxError)
  })
})

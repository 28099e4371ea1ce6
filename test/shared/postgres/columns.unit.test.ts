import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  arrayOf,
  bigint,
  boolean,
  columns,
  composite,
  float,
  integer,
  json,
  noColumns,
  oneOf,
  orElse,
  orNull,
  text,
  timestamp,
} from '../../../shared/postgres/index.ts'
import type { ColumnType, RowOf } from '../../../shared/postgres/index.ts'

const answer = (names: readonly string[], ...rows: (string | null)[][]) => ({
  fields: names.map((name) => ({ name })),
  rows,
})

const one = (type: ColumnType<unknown>, printed: string | null): unknown =>
  columns({ value: type }).read('one', answer(['value'], [printed]))[0]?.value

const causeOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : 'no cause'
  }
  return 'no error'
}

describe('a column list', () => {
  const list = columns({ tenantId: text, version: integer, lastXid: orNull(bigint) })

  it('reads columns by their names, wherever they stand, and leaves out what it does not know', () => {
    expect(list.read('s', answer(['tenant_id', 'version', 'last_xid'], ['a', '1', null]))).toEqual([
      { tenantId: 'a', version: 1, lastXid: null },
    ])
    const rows = [
      ['new', '7', 'b', '2'],
      ['new', '8', 'c', '3'],
    ]
    expect(list.read('s', answer(['added', 'last_xid', 'tenant_id', 'version'], ...rows))).toEqual([
      { tenantId: 'b', version: 2, lastXid: 7n },
      { tenantId: 'c', version: 3, lastXid: 8n },
    ])
    // And again in the first order: what it has learnt of one answer is not taken for another.
    expect(list.read('s', answer(['tenant_id', 'version', 'last_xid'], ['d', '4', '9']))).toEqual([
      { tenantId: 'd', version: 4, lastXid: 9n },
    ])
  })

  it('gives rows that are no part of each other', () => {
    const [first, second] = list.read(
      's',
      answer(['tenant_id', 'version', 'last_xid'], ['a', '1', '1'], ['b', '2', null]),
    )
    expect(first).toEqual({ tenantId: 'a', version: 1, lastXid: 1n })
    expect(second).toEqual({ tenantId: 'b', version: 2, lastXid: null })
  })

  it('writes itself as a select list', () => {
    expect(list.of('t')).toBe('t.tenant_id, t.version, t.last_xid')
  })

  it('has rows of the types that it names', () => {
    expectTypeOf<RowOf<typeof list>>().toEqualTypeOf<{
      readonly tenantId: string
      readonly version: number
      readonly lastXid: bigint | null
    }>()
  })

  it('of nothing reads nothing', () => {
    expect(noColumns.read('s', answer(['a'], ['1'], ['2']))).toEqual([{}, {}])
  })

  it('refuses an answer without one of its columns, also one without rows', () => {
    const read = () => list.read('select_heads', answer(['tenant_id', 'version']))
    expect(read).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    expect(causeOf(read)).toBe(
      'The answer to the statement "select_heads" has no column "last_xid". Where the database and this program are of different versions, run the migrations of this one.',
    )
  })

  it.each([
    ['null', 'it is null', ['a', null, '1']],
    [
      'a number that would be rounded',
      '9007199254740993 is no integer that a number can hold',
      ['a', '9007199254740993', '1'],
    ],
    ['no number', 'Cannot convert x to a BigInt', ['a', '1', 'x']],
  ])('refuses %s where it expects none, and says where', (_, why, row) => {
    const read = () => list.read('select_heads', answer(['tenant_id', 'version', 'last_xid'], row))
    expect(read).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
    expect(causeOf(read)).toContain(why)
    expect(causeOf(read)).toContain(row[1] === '1' ? '"last_xid"' : '"version"')
    expect(causeOf(read)).toContain('"select_heads"')
  })
})

describe('a column', () => {
  it.each<[string, ColumnType<unknown>, string | null, unknown]>([
    ['text', text, '', ''],
    ['bigint', bigint, '-9223372036854775808', -9_223_372_036_854_775_808n],
    ['integer', integer, '9007199254740991', 9_007_199_254_740_991],
    ['float', float, '1.5e-7', 1.5e-7],
    ['boolean', boolean, 't', true],
    ['boolean', boolean, 'f', false],
    ['timestamp', timestamp, '2026-11-21 14:35:38.123456+00', '2026-11-21T14:35:38.123456Z'],
    ['json', json<unknown>(), '{"a":[1]}', { a: [1] }],
    ['oneOf', oneOf('a', 'b'), 'b', 'b'],
    ['orNull', orNull(integer), null, null],
    ['orNull', orNull(integer), '3', 3],
    ['orElse', orElse(text, 'none'), null, 'none'],
    ['arrayOf', arrayOf(integer), '{1,2}', [1, 2]],
    ['arrayOf', arrayOf(text), '{appended,alone}', ['appended', 'alone']],
    ['arrayOf', arrayOf(text), '{}', []],
    ['arrayOf', arrayOf(orElse(integer, 0)), '{1,NULL}', [1, 0]],
    ['composite', composite({ a: integer, b: orNull(text) }), '(1,)', { a: 1, b: null }],
    ['composite with a field more', composite({ a: integer }), '(1,new)', { a: 1 }],
  ])('of %s', (_, type, printed, value) => {
    expect(one(type, printed)).toEqual(value)
  })

  it.each<[string, ColumnType<unknown>, string]>([
    ['a boolean', boolean, 'true'],
    ['a word that is not among them', oneOf('a', 'b'), 'c'],
    ['a fraction for an integer', integer, '1.5'],
    ['JSON that ends early', json<unknown>(), '{"a":'],
    ['an array with a null', arrayOf(integer), '{1,NULL}'],
    ['a composite value with a field less', composite({ a: integer, b: text }), '(1)'],
  ])('refuses %s', (_, type, printed) => {
    expect(() => one(type, printed)).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})

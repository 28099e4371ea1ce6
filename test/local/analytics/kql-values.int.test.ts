import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { rowsOf } from './judged-query.ts'
import { fillThings, idsOfThings } from './things-table.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let engine: Engine
let url: string

beforeAll(async () => {
  engine = await startEngine()
  ;({ url } = engine)
  await engine.drop('Things')
  await fillThings(url)
})

afterAll(() => engine?.close())

describe('where', () => {
  test.each([
    ['Size between (1 .. 2)', 'a b'],
    ['Size !between (1 .. 2)', String.raw`c e\f`],
    ['Weight between (1.5 .. 2.5)', 'a b'],
    ['At between (datetime(2026-01-01) .. datetime(2026-01-01 11:45))', 'a b'],
    ['At between (datetime(2026-01-01) .. 1d)', 'a b'],
    ["Kind in~ ('RED', 'Blue')", 'a b c'],
    ["Kind !in~ ('RED')", String.raw`c d e\f`],
    ["Kind in (dynamic(['red', 'blue']))", 'a b c'],
    ["Id in ((Things | where Kind == 'red' | project Id))", 'a b'],
    ["Id !in (Things | where Kind == 'red')", String.raw`c d e\f`],
    ['Bag.n in (7, 8)', 'a b'],
    ["Kind has_any ('sky', 'RED')", 'a b d'],
    ["Kind has_any (dynamic(['sky', 'red']))", 'a b d'],
    ["Kind has_all ('light', 'SKY')", 'd'],
    ["Kind has_cs 'Red'", ''],
    ["Kind has_cs 'red'", 'a b'],
    ["Kind hasprefix 'SK'", 'd'],
    ["Kind hassuffix 'ue'", 'c d'],
    ["Kind contains_cs 'Lig'", ''],
    ["Kind !contains_cs 'lig'", String.raw`a b c e\f`],
    ["Kind startswith_cs 'bl'", 'c'],
    ["Kind endswith_cs 'SKY'", ''],
    ["Bag.deep.x has 'q'", 'a'],
    ['Size == long(null)', ''],
    ['Size != long(null)', String.raw`a b c e\f`],
    ['not(Size == long(null))', String.raw`a b c e\f`],
    ['Bag.n + 1 == 8', 'a'],
  ])('%s', async (condition, expected) => {
    expect(await idsOfThings(url, condition)).toBe(expected)
    // Judged on its own: idsOfThings asks the same query.
    await rowsOf(url, `Things | where ${condition} | count`)
  })
})

describe('null', () => {
  test('two nulls are neither equal nor different, as in the document', async () => {
    const query = `datatable(val:int)[5, int(null)]
      | extend IsBiggerThan3 = val > 3, IsBiggerThan3OrNull = val > 3 or isnull(val),
          IsEqualToNull = val == int(null), IsNotEqualToNull = val != int(null)`
    expect(await rowsOf(url, query)).toEqual([
      [5, true, true, false, true],
      [null, null, true, null, null],
    ])
  })
})

describe('dynamic', () => {
  test('parse_json reads JSON, keeps other text as a string, and gives members', async () => {
    const query = `let d = '{"a":123, "b":"{\\\\"c\\\\":456}", "list":[10, {"x":1.50}]}';
      print parse_json(d).a, parse_json(tostring(parse_json(d).b)).c, todynamic(d).list[1].x,
        parse_json(d)['list'][-1], parse_json('no json'), parse_json(''), parse_json(d).none.more`
    expect(await rowsOf(url, query)).toEqual([[123, 456, 1.5, { x: 1.5 }, 'no json', null, null]])
  })

  test('a member by the value of a column', async () => {
    const query = `datatable(key:string, at:long) ['a', 0, "it's \\"q\\"", -1]
      | extend bag = dynamic({"a": 1, "it's \\"q\\"": 2}), list = dynamic([10, 20, 30])
      | project bag[key], list[at], list[toint(at)]`
    expect(await rowsOf(url, query)).toEqual([
      [1, 10, 10],
      [2, 30, 30],
    ])
  })

  test.each([
    ['array_length(dynamic([1, 2, 3, "four"]))', 4],
    ["array_length(parse_json('{}'))", null],
    ["bag_keys(dynamic({'a': 1, 'b': {'c': 2}}))", ['a', 'b']],
    ["bag_pack('a', 1, 'b', 'x', 'c', dynamic([1]), 'd', 1h)", { a: 1, b: 'x', c: [1], d: '01:00:00' }],
    ["pack_array(1, 'x', 2.0, true)", [1, 'x', 2, true]],
    ['set_has_element(dynamic([1, "x"]), "x")', true],
    ['set_has_element(dynamic([1, "x"]), 2)', false],
    ["gettype(parse_json('[1]'))", 'array'],
    ["gettype(parse_json('{}'))", 'dictionary'],
    ["gettype(parse_json('1'))", 'int'],
    ['gettype(1s)', 'timespan'],
  ])('%s', async (expression, expected) => {
    expect(await rowsOf(url, `print x = ${expression}`)).toEqual([[expected]])
  })
})

describe('mv-expand', () => {
  const table = `datatable(a:int, b:dynamic, c:dynamic)
    [1, dynamic({"prop1": "a", "prop2": "b"}), dynamic([5, 4, 3])]`

  test.each([
    [
      'mv-expand c',
      [
        [1, { prop1: 'a', prop2: 'b' }, 5],
        [1, { prop1: 'a', prop2: 'b' }, 4],
        [1, { prop1: 'a', prop2: 'b' }, 3],
      ],
    ],
    [
      'mv-expand b, c',
      [
        [1, { prop1: 'a' }, 5],
        [1, { prop2: 'b' }, 4],
        [1, null, 3],
      ],
    ],
    [
      'project a, b | mv-expand kind=array b',
      [
        [1, ['prop1', 'a']],
        [1, ['prop2', 'b']],
      ],
    ],
    [
      'project a, b | mv-expand bagexpansion=array b | extend key = b[0]',
      [
        [1, ['prop1', 'a'], 'prop1'],
        [1, ['prop2', 'b'], 'prop2'],
      ],
    ],
    [
      'project a, c | mv-expand with_itemindex=i x = c to typeof(long) limit 2',
      [
        [1, [5, 4, 3], 5, 0],
        [1, [5, 4, 3], 4, 1],
      ],
    ],
    ['project c | mv-expand c to typeof(string)', [[''], [''], ['']]],
    ['project c | mv-expand c to typeof(int) | summarize sum(c)', [[12]]],
  ])('%s', async (steps, expected) => {
    expect(await rowsOf(url, `${table} | ${steps}`)).toEqual(expected)
  })

  test('a null gives one row, an empty array none, a single value one', async () => {
    const query = `datatable(k:long, d:dynamic) [1, dynamic(null), 2, dynamic([]), 3, dynamic('x'), 4, dynamic([null])]
      | mv-expand d`
    expect(await rowsOf(url, query)).toEqual([
      [1, null],
      [3, 'x'],
      [4, null],
    ])
  })

  test('keeps the order of the rows, and the elements in theirs', async () => {
    const query = `datatable(k:long, d:dynamic) [1, dynamic([1, 2]), 2, dynamic([3, 4])]
      | sort by k desc | mv-expand d to typeof(long) | project d`
    expect((await rowsOf(url, query)).flat()).toEqual([3, 4, 1, 2])
  })
})

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { ask } from './harness.ts'
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
    ["Kind == 'red'", 'a b'],
    ["Kind != 'red'", String.raw`c d e\f`],
    ["Kind =~ 'RED'", 'a b'],
    ["Kind !~ 'RED'", String.raw`c d e\f`],
    ['Size < 2', String.raw`a e\f`],
    ['Size <= 2', String.raw`a b e\f`],
    ['Size > 2', 'c'],
    ['Size >= 2', 'b c'],
    ['Size != 2', String.raw`a c d e\f`],
    ['Size == -5', String.raw`e\f`],
    ['Weight > 1 and Size > 1', 'b'],
    ['Weight == 4', 'd'],
    ["Kind in ('red', 'blue')", 'a b c'],
    ["Kind !in ('red', 'blue')", String.raw`d e\f`],
    ['Size in (1, 3)', 'a c'],
    ['Size !in (1, 3)', String.raw`b d e\f`],
    ["Kind has 'blue'", 'c d'],
    ["Kind has 'LIGHT'", 'd'],
    ["Kind has 'lig'", ''],
    ["Kind !has 'blue'", String.raw`a b e\f`],
    ["Kind contains 'lig'", 'd'],
    ["Kind startswith 'RE'", 'a b'],
    ["Kind endswith 'SKY'", 'd'],
    ['isnull(Size)', 'd'],
    ['isnotnull(Size) and not(Ok)', String.raw`b e\f`],
    ['isempty(Kind)', String.raw`e\f`],
    ['isnotempty(Kind) and isnull(Bag)', 'd'],
    ["Kind == 'red' and Size == 1 or Kind == 'blue'", 'a c'],
    ["Kind == 'red' and (Size == 1 or Kind == 'blue')", 'a'],
    ["not(Kind == 'red')", String.raw`c d e\f`],
    ['not(Size == 2)', String.raw`a c d e\f`],
    ['Ok', 'a c'],
    ['Ok == false', String.raw`b e\f`],
    ['At > datetime(2026-01-01T11:00:00Z)', 'b c'],
    ['At == datetime(2026-01-02T10:00:00.0000001)', 'c'],
    ['At < ago(1s)', String.raw`a b c e\f`],
    ['Bag.n == 7', 'a'],
    ['tolong(Bag.n) == 9007199254740993', 'c'],
    ['tostring(Bag.s) == \'say "hi"\'', 'b'],
    [`Bag['s'] == "it's"`, 'a'],
    ["Bag.deep.x[1] == 'q'", 'a'],
    ["tostring(Bag.deep.x[-1]) == 'q'", 'a'],
    ["Bag == 'text'", String.raw`e\f`],
    ['Size + 1 == 2', 'a'],
    ['Size % 2 == 0', 'b'],
    ['-Size == 5', String.raw`e\f`],
    ['Size * 2.0 - 1 == 5', 'c'],
  ])('%s', async (condition, expected) => {
    expect(await idsOfThings(url, condition)).toBe(expected)
  })

  test.each([
    [`Id == 'e\\\\f'`, String.raw`e\f`],
    [`Id == @'e\\f'`, String.raw`e\f`],
    [`Id == h'e\\\\f'`, String.raw`e\f`],
    [`Id == h@"e\\f"`, String.raw`e\f`],
    [`Id == 'e' @"\\f"`, String.raw`e\f`],
    [`Id == '\\u0061'`, 'a'],
    [`tostring(Bag.s) == 'it\\'s'`, 'a'],
    [`tostring(Bag.s) == @'it''s'`, 'a'],
    [`tostring(Bag.s) == @"say ""hi"""`, 'b'],
    ['Id == ```a```', 'a'],
    ["Id == 'a' // a comment", 'a'],
  ])('strings: %s', async (condition, expected) => {
    expect(await idsOfThings(url, `${condition}\n`)).toBe(expected)
  })

  test('values reach the engine as values, never as text of a statement', async () => {
    expect(await idsOfThings(url, `Id == "' OR 1=1 --"`)).toBe('')
    expect(await idsOfThings(url, `Bag['s'] == ") OR (1=1"`)).toBe('')
  })
})

describe('other operators', () => {
  test('count', async () => {
    expect(await ask(url, "Things | where Kind == 'red' | count")).toEqual([{ Count: 2 }])
  })

  test('summarize with names, and the names Kusto gives', async () => {
    const query = `Things | where isnotempty(Kind)
      | summarize count(), Sizes = dcount(Size), min(Size), max(Size), sum(Size), avg(Weight), countif(Ok) by Kind
      | order by Kind asc`
    expect(await ask(url, query)).toEqual([
      {
        Kind: 'blue',
        count_: 1,
        Sizes: 1,
        min_Size: 3,
        max_Size: 3,
        sum_Size: 3,
        avg_Weight: null,
        countif_Ok: 1,
      },
      {
        Kind: 'light-blue sky',
        count_: 1,
        Sizes: 0,
        min_Size: null,
        max_Size: null,
        sum_Size: 0,
        avg_Weight: 4,
        countif_Ok: 0,
      },
      {
        Kind: 'red',
        count_: 2,
        Sizes: 2,
        min_Size: 1,
        max_Size: 2,
        sum_Size: 3,
        avg_Weight: 2,
        countif_Ok: 1,
      },
    ])
  })

  test('summarize over no row gives one row without keys and none with keys', async () => {
    expect(await ask(url, "Things | where Id == 'none' | summarize count(), max(Size)")).toEqual([
      { count_: 0, max_Size: null },
    ])
    expect(await ask(url, "Things | where Id == 'none' | summarize count() by Kind")).toEqual([])
  })

  test('summarize by several keys and by expressions', async () => {
    const byTime = await ask(
      url,
      'Things | where Size > 0 | summarize n = count() by Day = bin(At, 1d), Ok | order by Day asc, Ok asc',
    )
    expect(byTime).toEqual([
      { Day: new Date('2026-01-01T00:00:00Z'), Ok: false, n: 1 },
      { Day: new Date('2026-01-01T00:00:00Z'), Ok: true, n: 1 },
      { Day: new Date('2026-01-02T00:00:00Z'), Ok: true, n: 1 },
    ])
    const byMember = await ask(
      url,
      'Things | where isnotnull(Bag.n) | summarize count() by tostring(Bag.n) | order by Bag_n asc | take 1',
    )
    expect(byMember).toEqual([{ Bag_n: '7', count_: 1 }])
  })

  test('project with new columns', async () => {
    const found = await ask(
      url,
      "Things | where Id == 'a' | project Id, Twice = Size * 2, tostring(Bag.s), Bag.n, Later = At + 30m",
    )
    expect(found).toEqual([
      { Id: 'a', Twice: 2, Bag_s: "it's", Bag_n: 7, Later: new Date('2026-01-01T11:00:00Z') },
    ])
  })

  test('extend adds columns and replaces one of the same name in its place', async () => {
    const found = await ask(
      url,
      "Things | where Id == 'a' | project Id, Size | extend Size = Size + 10, Big = Size > 5",
    )
    expect(found.map((row) => Object.entries(row))).toEqual([
      [
        ['Id', 'a'],
        ['Size', 11],
        ['Big', false],
      ],
    ])
  })

  test('order by keeps its order through take, where, project and extend', async () => {
    const query = 'Things | order by Size desc | where Size < 3 | extend X = 1 | project Id, Size | take 2'
    expect((await ask(url, query)).map((row) => row['Size'])).toEqual([2, 1])
    expect((await ask(url, 'Things | sort by Size | project Size')).map((row) => row['Size'])).toEqual([
      3,
      2,
      1,
      -5,
      null,
    ])
    expect((await ask(url, 'Things | order by Size asc | project Size')).map((row) => row['Size'])).toEqual([
      null,
      -5,
      1,
      2,
      3,
    ])
    expect(
      (await ask(url, 'Things | order by Size asc nulls last | take 1 | project Size')).map(
        (row) => row['Size'],
      ),
    ).toEqual([-5])
  })

  test('take and limit', async () => {
    expect(await ask(url, 'Things | take 2')).toHaveLength(2)
    expect(await ask(url, 'Things | limit 0')).toEqual([])
    expect(
      (await ask(url, 'Things | order by Id asc | take 3 | order by Id desc | take 1')).map(
        (row) => row['Id'],
      ),
    ).toEqual(['c'])
  })

  test('distinct', async () => {
    const found = await ask(url, 'Things | distinct Kind, Ok | order by Kind asc, Ok asc')
    expect(found.map((row) => row['Kind'])).toEqual(['', 'blue', 'light-blue sky', 'red', 'red'])
    expect(await ask(url, 'Things | project Kind | distinct *')).toHaveLength(4)
  })

  test('a table alone', async () => {
    expect(await ask(url, "['Things']")).toHaveLength(5)
  })
})

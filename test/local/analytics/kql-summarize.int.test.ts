import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startEngine } from './engine.ts'
import type { Engine } from './engine.ts'
import { answerOf, rowsOf } from './judged-query.ts'
import { fillThings } from './things-table.ts'

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

describe('percentile', () => {
  test.each([
    ['percentile(x, 0)', 15],
    ['percentile(x, 5)', 15],
    ['percentile(x, 30)', 20],
    ['percentile(x, 40)', 20],
    ['percentile(x, 50)', 35],
    ['percentile(x, 99.9)', 50],
    ['percentile(x, 100)', 50],
  ])('%s of 15, 20, 35, 40, 50 is the nearest rank, %d', async (call, expected) => {
    // The example of the page on the nearest rank that Kusto's document refers to.
    const query = `datatable(x:long) [40, 15, 50, 35, 20, long(null)] | summarize ${call}`
    expect(await rowsOf(url, query)).toEqual([[expected]])
  })

  test('of all types, several at once, by group, and of nothing', async () => {
    const all = `Things | summarize percentiles(Weight, 50, 100), percentile(At, 50), latest = percentile(Size, 100)`
    expect(await rowsOf(url, all)).toEqual([[1.5, 4, '2026-01-01T10:30:00Z', 3]])
    const groups = 'Things | summarize percentile(Size, 50) by Kind | where Kind == "red"'
    expect(await rowsOf(url, groups)).toEqual([['red', 1]])
    expect(await rowsOf(url, 'Things | where Size > 9 | summarize percentile(Size, 50)')).toEqual([[null]])
  })
})

describe('arg_max and arg_min', () => {
  test('give the columns of the row, nulls handled as in the document', async () => {
    const query = `datatable(Fruit: string, Color: string, Version: int) [
      "Apple", "Red", 1, "Apple", "Green", int(null), "Banana", "Yellow", int(null),
      "Banana", "Green", int(null), "Pear", "Brown", 1, "Pear", "Green", 2]
      | summarize arg_max(Version, *) by Fruit | sort by Fruit asc`
    expect(await rowsOf(url, query)).toEqual([
      ['Apple', 1, 'Red'],
      ['Banana', null, 'Yellow'],
      ['Pear', 2, 'Green'],
    ])
  })

  test('name their columns as Kusto does', async () => {
    expect(await rowsOf(url, 'Things | summarize arg_max(Size, Id), arg_min(Size, Id, Bag.n)')).toEqual([
      [3, 'c', -5, String.raw`e\f`, null],
    ])
    expect(await rowsOf(url, 'Things | summarize Most = arg_max(Size + 1, tolower(Kind), Id)')).toEqual([
      [4, 'blue', 'c'],
    ])
    const byDay = `Things | where Size > 0 | project Id, Size, At | summarize arg_max(Size, *) by bin(At, 1d)
      | sort by At asc | project Id, At1`
    expect(await rowsOf(url, byDay)).toEqual([
      ['b', '2026-01-01T11:45:00Z'],
      ['c', '2026-01-02T10:00:00.0000001Z'],
    ])
  })

  test('give one row of nulls where there is no row', async () => {
    expect(await rowsOf(url, 'Things | where Size > 9 | summarize arg_max(Size, Id)')).toEqual([[null, '']])
  })
})

describe('other aggregations', () => {
  test('with a condition', async () => {
    const query = `Things | summarize countif(Size > 1), sumif(Size, Ok), avgif(Weight, Size > 0),
      maxif(Size, Kind == 'red'), minif(Kind, Size > 0), dcountif(Kind, isnotnull(Size)), make_list_if(Size, Ok)`
    expect(await rowsOf(url, query)).toEqual([[2, 4, 2, 2, 'blue', 3, [1, 3]]])
  })

  test('on times', async () => {
    const query = `datatable(t:datetime, s:timespan) [
      datetime(2026-01-01), 1h, datetime(2026-01-03), 2h, datetime(null), timespan(null)]
      | summarize avg(t), avg(s), sum(s) | extend avg_s / 1m, sum_s / 1m | project-away avg_s, sum_s`
    expect((await answerOf(url, query)).rows).toEqual([['2026-01-02T00:00:00Z', 90, 180]])
  })

  test('make_list keeps the order, make_set each value once; both leave nulls out', async () => {
    const query = `Things | sort by Size desc | summarize make_list(Size), make_list(Id, 2), make_set(Kind),
      make_set(bag_pack('ok', Ok))`
    const [row] = await rowsOf(url, query)
    expect(row?.slice(0, 2)).toEqual([
      [3, 2, 1, -5],
      ['c', 'b'],
    ])
    expect(row?.[2]).toEqual(['blue', 'red', '', 'light-blue sky'])
    expect(row?.[3]).toEqual([{ ok: true }, { ok: false }, { ok: null }])
    const types = `print t = datetime(2026-01-01 10:00), s = 1.5h, r = real(2), b = true, g = guid(${'0'.repeat(32)})
      | summarize make_list(t), make_list(s), make_list(r), make_list(b), make_list(g)`
    expect(await rowsOf(url, types)).toEqual([
      [['2026-01-01T10:00:00.0000000Z'], ['01:30:00'], [2], [true], ['00000000-0000-0000-0000-000000000000']],
    ])
    expect(await rowsOf(url, 'Things | where Size > 9 | summarize make_list(Id), make_set(Id)')).toEqual([
      [[], []],
    ])
  })

  test('take_any gives a value that is there, and columns of one row', async () => {
    const query =
      'datatable(k:long, v:string) [1, "", 1, "x", 2, ""] | summarize take_any(v) by k | sort by k asc'
    expect(await rowsOf(url, query)).toEqual([
      [1, 'x'],
      [2, ''],
    ])
    expect(await rowsOf(url, "Things | where Id == 'b' | project Id, Size | summarize take_any(*)")).toEqual([
      ['b', 2],
    ])
  })

  test('inside expressions', async () => {
    const query = `Things | summarize round(avg(Weight), 1), 100.0 * countif(Ok) / count(),
      Spread = max(Size) - min(Size), round(percentile(Weight, 50))`
    expect(await rowsOf(url, query)).toEqual([[1.8, 40, 8, 2]])
  })
})

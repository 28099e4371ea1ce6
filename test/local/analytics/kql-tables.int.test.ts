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

/** The tables of the pages about `join` in Microsoft's documents. */
const XY = `let X = datatable(Key:string, Value1:long) ['a',1, 'b',2, 'b',3, 'c',4];
let Y = datatable(Key:string, Value2:long) ['b',10, 'c',20, 'c',30, 'd',40];
`

describe('join', () => {
  test.each([
    ['X | join Y on Key', 'b 2 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=innerunique Y on Key', 'b 2 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=inner Y on Key', 'b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=inner hint.strategy=shuffle (Y) on Key', 'b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=leftouter Y on Key', 'a 1  null, b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=rightouter Y on Key', ' null d 40, b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=fullouter Y on Key', ' null d 40, a 1  null, b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=leftsemi Y on Key', 'b 2, b 3, c 4'],
    ['X | join kind=leftanti Y on Key', 'a 1'],
    ['X | join kind=anti Y on Key', 'a 1'],
    ['X | join kind=rightsemi Y on Key', 'b 10, c 20, c 30'],
    ['X | join kind=rightanti Y on Key', 'd 40'],
    ['X | join kind=inner Y on $left.Key == $right.Key', 'b 2 b 10, b 3 b 10, c 4 c 20, c 4 c 30'],
    ['X | join kind=inner (Y | where Value2 > 20 | extend Value1 = 4) on Key, Value1', 'c 4 c 30 4'],
    [
      'X | join kind=inner (Y | extend V = Value2 / 5) on $left.Key == $right.Key and $left.Value1 == $right.V',
      'b 2 b 10 2, c 4 c 20 4',
    ],
    ['X | lookup Y on Key', 'a 1 null, b 2 10, b 3 10, c 4 20, c 4 30'],
    ['X | lookup kind=inner Y on Key', 'b 2 10, b 3 10, c 4 20, c 4 30'],
  ])('%s', async (query, expected) => {
    const rows = await rowsOf(url, `${XY}${query}`)
    const found = rows.map((row) => row.map((value) => String(value)).join(' '))
    expect(found.toSorted().join(', ')).toBe(expected)
  })

  test('gives a column of the right side a name that neither side has', async () => {
    const inner = 'Things | project Id | join kind=inner (Things | project Id, Id1 = Size) on Id'
    expect(await rowsOf(url, `${inner} | where Id == 'a' | project Id, Id1, Id2`)).toEqual([['a', 1, 'a']])
    expect(await rowsOf(url, `${inner} | count`)).toEqual([[5]])
  })

  test('matches no null with another null', async () => {
    const nulls = 'let N = datatable(K:long) [long(null), 1];\n'
    expect(await rowsOf(url, `${nulls}N | join kind=inner N on K`)).toEqual([[1, 1]])
    expect(await rowsOf(url, `${nulls}N | join kind=leftanti N on K`)).toEqual([[null]])
  })

  test('loses no order of a later step, and takes a query with steps of its own', async () => {
    const query = `Things | where isnotnull(Size)
      | join kind=inner (Things | summarize Most = max(Size) by Kind | top 1 by Most) on Kind
      | sort by Size asc | project Id, Most`
    expect(await rowsOf(url, query)).toEqual([['c', 3]])
  })
})

describe('union', () => {
  test('outer has all columns; one that comes with two types has both', async () => {
    const parts = '(print a = 1, b = "x"), (print a = "one", c = true)'
    expect(await rowsOf(url, `union ${parts} | sort by c asc`)).toEqual([
      [1, '', 'x', null],
      [null, 'one', '', true],
    ])
    expect(await rowsOf(url, 'Things | union Things | count')).toEqual([[10]])
  })

  test('inner has the columns that all have', async () => {
    // The parser gives the columns of outer for both kinds; the document says what inner gives.
    expect(await answerOf(url, 'union kind=inner (print a = 1, b = 2), (print b = 3, c = 4)')).toEqual({
      columns: ['b:long'],
      rows: [[2], [3]],
    })
  })

  test('avoids a name that is there, as in the document', async () => {
    const query = `union (print x = 1), (print x = toint(2)), (print x_long = 3)`
    const { columns, rows } = await answerOf(url, `${query} | sort by x_long asc, x_int asc`)
    expect(columns).toEqual(['x_long1:long', 'x_int:int', 'x_long:long'])
    expect(rows).toEqual([
      [1, null, null],
      [null, 2, null],
      [null, null, 3],
    ])
  })

  test('withsource tells the table, also behind steps', async () => {
    const query = `let Reds = Things | where Kind == 'red';
      union withsource=Table Reds, (Things | where Size > 2) | project Table, Id | sort by Id asc`
    expect(await rowsOf(url, query)).toEqual([
      ['Reds', 'a'],
      ['Reds', 'b'],
      ['Things', 'c'],
    ])
  })
})

describe('let', () => {
  test('names values and tables, each used in the next', async () => {
    const query = `let least = 1; let most = least + 1; let kinds = dynamic(['red', 'blue']);
      let Chosen = Things | where Size between (least .. most); let Ids = Chosen | project Id;
      Things | where Id in (Ids) and Kind in (kinds) | project Id | sort by Id asc | take most`
    expect(await rowsOf(url, query)).toEqual([['a'], ['b']])
  })

  test('names another table by its name, and hides the one of its own name', async () => {
    expect(await rowsOf(url, 'let T = Things; T | count')).toEqual([[5]])
    expect(await rowsOf(url, "let Things = Things | where Kind == 'red'; Things | count")).toEqual([[2]])
  })

  test('keeps the order of its table', async () => {
    expect(await rowsOf(url, 'let T = Things | sort by Size desc; T | project Id | take 2')).toEqual([
      ['c'],
      ['b'],
    ])
  })

  test('takes a value from a query by toscalar(), and a table from materialize()', async () => {
    const query = `let most = toscalar(Things | summarize max(Size)); let T = materialize(Things | where Ok);
      T | where Size == most | project Id, All = toscalar(Things | count)`
    expect(await rowsOf(url, query)).toEqual([['c', 5]])
  })
})

describe('sources without a table', () => {
  test('print names its columns by their places', async () => {
    expect(await rowsOf(url, 'print 0 + 1 + 2, x = "Wow!", strcat("a", 1)')).toEqual([[3, 'Wow!', 'a1']])
    expect(await rowsOf(url, 'print x = 1 | extend y = x + 1')).toEqual([[1, 2]])
  })

  test('range has both ends', async () => {
    expect(await rowsOf(url, 'range x from 1 to 7 step 3')).toEqual([[1], [4], [7]])
    expect(await rowsOf(url, 'range x from 3 to 1 step -1')).toEqual([[3], [2], [1]])
    expect(await rowsOf(url, 'range x from 2 to 1 step 1')).toEqual([])
    const days = 'range d from datetime(2026-01-30) to datetime(2026-02-01) step 1d'
    expect((await rowsOf(url, days)).map(([day]) => String(day).slice(0, 10))).toEqual([
      '2026-01-30',
      '2026-01-31',
      '2026-02-01',
    ])
  })

  test('datatable takes values of all types, and none', async () => {
    const query = `datatable(a:string, b:long, c:dynamic, d:datetime, e:bool)
      ['x', -1, dynamic({'k': ["v", 1.50]}), datetime(2026-01-01), true]`
    expect(await rowsOf(url, query)).toEqual([['x', -1, { k: ['v', 1.5] }, '2026-01-01T00:00:00Z', true]])
    expect(await rowsOf(url, 'datatable(a:string) [] | count')).toEqual([[0]])
  })
})

describe('columns', () => {
  test.each([
    ['top 2 by Size', [['c'], ['b']]],
    ['top 2 by Size asc', [['d'], [String.raw`e\f`]]],
    ['top 2 by Size asc nulls last', [[String.raw`e\f`], ['a']]],
    ['top 1 by Size desc nulls first', [['d']]],
    ['top 2 by Size + strlen(Id) desc', [['c'], ['b']]],
  ])('%s', async (step, expected) => {
    expect(await rowsOf(url, `Things | ${step} | project Id`)).toEqual(expected)
  })

  test('project-away, -keep, -rename and -reorder', async () => {
    const one = "Things | where Id == 'a'"
    expect(await rowsOf(url, `${one} | project-away Bag, W*, At, *k`)).toEqual([['a', 'red', 1]])
    expect(await rowsOf(url, `${one} | project-keep Size, I*`)).toEqual([['a', 1]])
    expect(await rowsOf(url, `${one} | project-keep Id, Size | project-rename Key = Id`)).toEqual([['a', 1]])
    expect(await rowsOf(url, `${one} | project-keep Id, Kind, Size | project-reorder Size, K*`)).toEqual([
      [1, 'red', 'a'],
    ])
  })

  test('extend replaces a column whose name the expression gives', async () => {
    const query = "Things | where Id == 'a' | project Id, Size | extend tostring(Size), Size * 1.5, Id"
    expect(await rowsOf(url, query)).toEqual([['a', '1', 1.5]])
  })

  test('getschema', async () => {
    expect(await rowsOf(url, 'Things | getschema | where ColumnName in ("Size", "Ok")')).toEqual([
      ['Size', 2, 'System.Int64', 'long'],
      ['Ok', 5, 'System.SByte', 'bool'],
    ])
  })

  test('names of columns are those that Kusto gives', async () => {
    const query = `Things | take 0
      | project Size + 1, bin(At, 1d), At, strlen(Id), tostring(Bag.s), Bag['s'], Bag[Id], gettype(Bag), -Size`
    expect(await rowsOf(url, query)).toEqual([])
  })
})

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { judgeQuery } from '../../support/kql-judge.ts'
import { call, DATABASE_NAME, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'
import { judgedTables } from './judged-query.ts'
import { fillThings } from './things-table.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let harness: Harness
let url: string

beforeAll(async () => {
  harness = await startHarness()
  url = harness.analytics.url
  await fillThings(url)
})

afterAll(async () => {
  await harness.close()
})

async function refusal(query: string): Promise<Record<string, unknown>> {
  const answer = await call(url, '/v2/rest/query', {
    method: 'POST',
    body: JSON.stringify({ db: DATABASE_NAME, csl: query }),
  })
  expect([query, answer.status]).toEqual([query, 400])
  const body = (await answer.json()) as { error: Record<string, unknown> }
  expect(body.error['@permanent']).toBe(true)
  return body.error
}

const COLUMNS = 'Columns here: Id, Kind, Size, Weight, At, Ok, Bag.'

describe('what is KQL and not supported is refused by name, with what is supported', () => {
  test.each([
    ['Things | make-series count() on At step 1d', "the operator 'make-series'"],
    ['Things | render timechart', "the operator 'render'. It changes no row"],
    ["Things | parse Id with 'a' X", "the operator 'parse'"],
    ['Things | sample 1', "the operator 'sample'"],
    ["search 'red'", "'search'"],
    ['let f = (x:long) { x + 1 }; print f(1)', "functions in 'let' (f)"],
    ['let v = view () { Things }; v', "functions in 'let' (v)"],
    ["Things | where Id matches regex 'a'", "the operator 'matches'"],
    ["Things | extend x = extract('a', 0, Id)", "the function 'extract()' here"],
    ['Things | summarize stdev(Size)', "the aggregation 'stdev()'"],
    ['Things | summarize make_bag(Bag)', "the aggregation 'make_bag()'"],
    ['union isfuzzy=true Things', "'isfuzzy=true'"],
    ['union Thing*', "'Thing*...' as a source"],
    ['Things | where Id in (Bag.list)', "a dynamic array from a column in 'in'"],
    ['Things | summarize (a, b) = percentiles(Size, 5, 50)', 'several names in parentheses'],
    ['Things | summarize arg_max(Size, Key = Id)', 'names for parameters of a function'],
    ['print decimal(1) + decimal(2)', "'+' on decimal"],
  ])('%s', async (query, named) => {
    expect([query, judgeQuery(query, judgedTables).problems]).toEqual([query, []])
    const error = await refusal(query)
    expect(error['code']).toBe('BadRequest_NotSupported')
    expect(error['@message']).toContain(`does not support ${named}`)
    expect(error['@message']).toContain('Supported: ')
  })

  test("a query of another database, which Microsoft's parser cannot know", async () => {
    expect((await refusal("database('x').Things"))['@message']).toContain("'database(...' as a source")
  })
})

describe('a mistake is told with what would be right', () => {
  test.each([
    ['Nowhere', "table expression named 'Nowhere'. Tables and views here: Events, EventsRaw, Things."],
    ['things | count', "named 'things'. Did you mean 'Things'? Tables and views here: "],
    ['let Mine = Things; Miner | count', "Did you mean 'Mine'? Tables and views here: Mine, Events, "],
    ['Things | where Nothing == 1', `named 'Nothing'. ${COLUMNS}`],
    ['Things | where size == 1', `named 'size'. Did you mean 'Size'? ${COLUMNS}`],
    ['Things | project Id | sort by Kin', "named 'Kin'. Columns here: Id."],
    ['let least = 1; Things | where Size > leest', "Did you mean 'least'?"],
    ['Things | project-away Kint', "Did you mean 'Kind'?"],
    ['Things | join Things on Idd', `named 'Idd' on the left side of the join.`],
    ['Things | join (Things | project X = Id) on Id', 'on the right side of the join. Columns here: X.'],
    ['Things | extend x = strcatt(Id, Kind)', "'strcatt()' here. Did you mean 'strcat'"],
    ['Things | summarize countiff(Ok)', "'countiff()'. Did you mean 'countif' or 'dcountif' or 'count'"],
    ['Things | wher Ok', "the operator 'wher'. Did you mean 'where'?"],
    ['Things | extend x = sum(Size)', "'sum()' here"],
  ])('%s', async (query, message) => {
    expect([query, judgeQuery(query, judgedTables).problems]).not.toEqual([query, []])
    expect((await refusal(query))['@message']).toContain(message)
  })

  test.each([
    ['Things | where Id', 'A condition is a bool'],
    ['Things | where Bag.n', 'tobool() makes one of it'],
    ['Things | where Size has "1"', "'has' takes strings, not long"],
    ["Things | where Id == 'a", 'is not closed'],
    ['Things | where (Id == "a"', "expected ')'"],
    ['Things | project Id, Id = Kind', "'Id' already exists"],
    ['Things | project-rename Kind = Id', "'Kind' already exists"],
    ['Things | take many', "take needs a number of rows; 'many' is none"],
    ['Things | top 2 by Size, Id', 'top takes one expression. For several: sort by A, B | take N.'],
    ['Things Things', 'unexpected'],
    ['Things | sort by Bag', 'Cannot order by a dynamic'],
    ['Things | distinct Bag', 'distinct takes no column of type dynamic (Bag)'],
    ['Things | summarize count() by Bag.n', "cannot group by 'Bag_n', which is of type dynamic"],
    ['Things | summarize Kind', "The column 'Kind' stands outside of an aggregation"],
    ['Things | summarize count() + Size', 'Put it into one, as in max(Size)'],
    ['Things | summarize max(Bag)', 'max() takes no dynamic'],
    ['Things | mv-expand Size', 'mv-expand takes a dynamic, not a long'],
    ['Things | join Things on $right.Id == $left.Id', "'$left.A == $right.B', the left side first"],
    ['Things | join Things on $left.Id == $right.Size', '$left.Id is string, $right.Size is long'],
    ['Things | extend strlen()', 'strlen() takes 1 parameter(s), not 0'],
  ])('%s, as the parser of Microsoft says, too', async (query, message) => {
    expect([query, judgeQuery(query, judgedTables).problems]).not.toEqual([query, []])
    expect((await refusal(query))['@message']).toContain(message)
  })

  test.each([
    // The parser lets these pass, and the service refuses them.
    ['Things | where Id == 1', 'Cannot compare values of types string and long'],
    ['Things | where Id.x == 1', 'parse_json() makes a dynamic of a string'],
    ['Things | summarize percentile(Size, 101)', 'a number from 0 to 100'],
    ['datatable(a:long, b:long) [1, 2, 3]', 'a row is not full'],
    ["print datetime_diff('days', now(), now())", 'takes one of year, quarter, month'],
    ['Things | join Things on Bag', 'join takes no key of type dynamic'],
    ["print format_datetime(now(), 'yyyy Q')", "cannot read the format 'yyyy Q'"],
    ['Things | join kind=outer Things on Id', "the join kind 'outer'"],
  ])('%s', async (query, message) => {
    expect((await refusal(query))['@message']).toContain(message)
  })
})

describe('limits', () => {
  test.each([
    [`Things | where ${'('.repeat(200)}Ok${')'.repeat(200)}`, 'nested too deeply'],
    [`${'('.repeat(200)}Things${')'.repeat(200)}`, 'nested too deeply'],
    [`Things ${'| take 1 '.repeat(60)}`, 'at most 50 steps'],
    [
      `${Array.from({ length: 60 }, (_, index) => `let a${index} = 1; `).join('')}print 1`,
      "at most 50 'let'",
    ],
    [
      `${Array.from({ length: 6 }, (_, index) => `let T${index} = Things${' | take 1'.repeat(40)}; `).join('')}T1`,
      'at most 200 steps',
    ],
    [
      `let a0 = 1; ${Array.from({ length: 40 }, (_, index) => `let a${index + 1} = a${index} + a${index}; `).join('')}print a40`,
      'too long',
    ],
    [`print ${'bin('.repeat(90)}1${', 1)'.repeat(90)}`, 'too long'],
    [`datatable(a:long) [${'1,'.repeat(10_001)}]`, 'at most 10000 values'],
  ])('%#: refused with the limit', async (query, message) => {
    expect((await refusal(query))['@message']).toContain(message)
  })

  test('range ends with an error above its rows', async () => {
    const answer = await call(url, '/v2/rest/query', {
      method: 'POST',
      body: JSON.stringify({ db: DATABASE_NAME, csl: 'range x from 1 to 1000000000 step 1 | count' }),
    })
    expect(await answer.text()).toContain('range gives at most 1000000 rows here.')
  })
})

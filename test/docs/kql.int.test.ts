import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, call, DATABASE_NAME, event, ndjson, startHarness } from '../local/analytics/harness.ts'
import type { Harness } from '../local/analytics/harness.ts'
import { judgeQuery } from '../support/kql-judge.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'local-run.md'), 'utf8')

let harness: Harness

beforeAll(async () => {
  harness = await startHarness()
})

afterAll(async () => {
  await harness.close()
})

/** What the stand-in says that it supports, where it refuses a query. */
async function supportedBy(query: string): Promise<string[]> {
  const body = JSON.stringify({ db: DATABASE_NAME, csl: query })
  const answer = await call(harness.analytics.url, '/v2/rest/query', { method: 'POST', body })
  const [, list = ''] = /Supported: ([^"\\]*)\./u.exec(await answer.text()) ?? []
  return list.split(', ').map((name) => name.replace(/\(\)$/u, ''))
}

/** The names in the rows of the table that begin so. */
function documented(...rows: readonly string[]): string[] {
  return rows.flatMap((row) => {
    const [, cell] = new RegExp(`^\\| ${row} \\| (.*) \\|$`, 'mu').exec(page) ?? []
    expect([row, cell]).toEqual([row, expect.any(String)])
    const [names = ''] = (cell ?? '').split(';')
    return [...names.matchAll(/`([^`]+)`/gu)].map(([, name = '']) => name)
  })
}

describe('docs/local-run.md', () => {
  it('lists what the analytics side supports, and no more', async () => {
    const lists: readonly (readonly [query: string, rows: readonly string[]])[] = [
      ['Events | nonsense', ['Operators']],
      ['Events | join kind=nonsense Events on EventId', ['Kinds of `join`']],
      ["Events | where EventId matches regex 'a'", ['Comparisons']],
      ['Events | summarize nonsense()', ['Aggregations']],
      [
        'print nonsense()',
        [
          'Conversions',
          'Functions on any value',
          'On numbers',
          'On times',
          'On strings',
          'On arrays and bags',
        ],
      ],
    ]
    for (const [query, rows] of lists)
      expect(documented(...rows).toSorted()).toEqual((await supportedBy(query)).toSorted())
  })

  it('has queries that are KQL, and that are answered', async () => {
    const { url } = harness.analytics
    const records = [1, 2, 12].map((position) =>
      event(position, { RecordedAt: new Date().toISOString(), OccurredAt: '2026-03-01T10:00:00Z' }),
    )
    const { raw } = ndjson(records)
    await ask(url, `.ingest inline into table EventsRaw with (format='json') <|\n${raw.toString()}`)
    const [schema] = await ask(url, '.show table Events cslschema')
    const tables = { Events: `(${String(schema?.['Schema'])})` }
    const queries = [...page.matchAll(/```kql\n([\s\S]*?)```/gu)].map(([, query = '']) => query)
    expect(queries.length).toBeGreaterThan(2)
    for (const query of queries) {
      expect([query, judgeQuery(query, tables).problems]).toEqual([query, []])
      expect([query, (await ask(url, query)).length]).toEqual([query, expect.any(Number)])
    }
    const last = await ask(url, queries.at(-1) ?? '')
    expect(new Set(last.map((row) => row['Number']))).toEqual(new Set([1, 12]))
  })
})

import { Client, ClientRequestProperties, KustoConnectionStringBuilder } from 'azure-kusto-data'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { call, DATABASE_NAME, startHarness } from './harness.ts'
import type { Harness } from './harness.ts'
import { fillThings, idsOfThings } from './things-table.ts'

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

describe('query parameters', () => {
  test('take their values from the request or their defaults', async () => {
    const query = `declare query_parameters(kind:string, least:long = 2, at:datetime = datetime(2026-01-01));
      Things | where Kind == kind and Size >= least and At > at`
    expect(await idsOfThings(url, query, { kind: 'red' })).toBe('b')
    expect(await idsOfThings(url, query, { kind: 'red', least: 1 })).toBe('a b')
    expect(await idsOfThings(url, query, { kind: 'red', least: '1', at: 'datetime(2026-01-01T11:00)' })).toBe(
      'b',
    )
    expect(await idsOfThings(url, query, { kind: "' or true" })).toBe('')
  })

  test('are refused when one has no value, or one of another type', async () => {
    const query = 'declare query_parameters(least:long); Things | where Size >= least'
    await expect(idsOfThings(url, query)).rejects.toMatchObject({ response: { status: 400 } })
    await expect(idsOfThings(url, query, { least: 'many' })).rejects.toMatchObject({
      response: { status: 400 },
    })
  })
})

describe('the wire', () => {
  test('v1 and v2 carry the same rows, and the data SDK reads both', async () => {
    const client = new Client(new KustoConnectionStringBuilder(url))
    const query = "Things | where Id == 'c'"
    const v2 = (await client.executeQuery(DATABASE_NAME, query)).primaryResults[0]
    const v1 = (await client.executeQueryV1(DATABASE_NAME, query)).primaryResults[0]
    client.close()
    const [first, second] = [v2, v1].map((table) => [...(table?.rows() ?? [])].map((row) => row.toJSON()))
    expect(first).toEqual(second)
    expect(first).toMatchObject([{ Id: 'c', Ok: true, At: new Date('2026-01-02T10:00:00Z') }])
  })

  test('longs keep all digits in the text of the answer', async () => {
    const answer = await call(url, '/v2/rest/query', {
      method: 'POST',
      body: JSON.stringify({
        db: DATABASE_NAME,
        csl: "Things | where Id == 'c' | project tolong(Bag.n), Bag",
      }),
    })
    expect(await answer.text()).toContain('[9007199254740993,{"n":9007199254740993}]')
  })

  test('a result above the limit is an error with its code and no short answer', async () => {
    const client = new Client(new KustoConnectionStringBuilder(url))
    for (const options of [{ truncationmaxrecords: 3 }, { truncationmaxsize: 100 }]) {
      const properties = new ClientRequestProperties(options)
      await expect(client.execute(DATABASE_NAME, 'Things', properties)).rejects.toThrow(
        'E_QUERY_RESULT_SET_TOO_LARGE',
      )
    }
    const enough = new ClientRequestProperties({ truncationmaxrecords: 5 })
    const answer = await client.execute(DATABASE_NAME, 'Things', enough)
    expect([...(answer.primaryResults[0]?.rows() ?? [])]).toHaveLength(5)
    client.close()
  })

  test('an unknown database, address or body is refused', async () => {
    const post = (path: string, body: string): Promise<Response> => call(url, path, { method: 'POST', body })
    const other = await post('/v2/rest/query', JSON.stringify({ db: 'other', csl: 'Things' }))
    expect([other.status, await other.text()]).toEqual([
      400,
      expect.stringContaining("'other' of kind 'Database'"),
    ])
    expect((await post('/v2/rest/query', 'no json')).status).toBe(400)
    expect((await post('/v2/rest/query', '{"db":"trickle"}')).status).toBe(400)
    expect((await post('/v3/rest/query', '{}')).status).toBe(404)
    expect(
      (await post('/v2/rest/query', JSON.stringify({ db: DATABASE_NAME, csl: 'x'.repeat(9 * 1024 * 1024) })))
        .status,
    ).toBe(413)
  })
})

import { Client as KustoClient, KustoConnectionStringBuilder } from 'azure-kusto-data'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Answer, Api } from '../support/api.ts'
import { eventually } from '../support/local-run.ts'

const PATH = '/api/operations/subscriptions/forward-adx'

let api: Api
let kusto: KustoClient

beforeAll(async () => {
  api = await startApi({ own: true })
  kusto = new KustoClient(new KustoConnectionStringBuilder(api.run.analytics.url))
})
afterAll(async () => {
  kusto?.close()
  await api?.run.stop()
})

const asOperator = (method: string, path: string, json?: unknown): Promise<Answer> =>
  api.call(method, path, { token: api.tokens.operator, ...(json === undefined ? {} : { json }) })

/** Waits until analytics holds this many events. */
const forwarded = (count: number): Promise<true> =>
  eventually(async () => {
    const result = await kusto.execute(
      api.run.analytics.database,
      'EventsRaw | summarize Ids = dcount(EventId)',
    )
    const [row] = [...(result.primaryResults[0]?.rows() ?? [])]
    return Number(row?.toJSON<{ Ids: number }>().Ids) >= count ? true : undefined
  })

it('lets a subscription that was behind go on after a new epoch, and leaves nothing out', async () => {
  for (const stream of ['a', 'b']) await api.append(stream, { json: event })
  await forwarded(2)
  expect((await asOperator('POST', `${PATH}/pause`)).json).toMatchObject({ state: 'paused', lagEvents: 0 })
  for (const stream of ['c', 'd', 'e']) await api.append(stream, { json: event })
  await asOperator('POST', '/api/operations/log/epochs', { reason: 'begun while it was behind' })
  expect((await asOperator('GET', PATH)).json).toMatchObject({ epochIsCurrent: false, lagEvents: 3 })

  const refused = await asOperator('POST', `${PATH}/resume`)
  expect([refused.status, refused.json?.['code']]).toEqual([409, 'SUBSCRIPTION_STATE_CONFLICT'])
  const resumed = await asOperator('POST', `${PATH}/resume-at`, { kind: 'epoch-began' })
  expect([resumed.status, resumed.json]).toMatchObject([200, { state: 'running', epochIsCurrent: true }])
  await forwarded(5)
  const { stdout } = await api.run.trickle('subscriptions', 'list')
  expect(stdout).toMatch(/^forward-adx +running/mu)
  const ready = await asOperator('GET', '/api/health/ready')
  expect(ready.json).toMatchObject({ status: 'ready', detail: { subscriptions: [] } })
})

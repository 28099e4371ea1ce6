import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventRoutes } from '../../../functions/events/routes.ts'
import { operationRoutes } from '../../../functions/operations/routes.ts'
import type { EventServices } from '../../../functions/events/services.ts'
import type { OperationServices } from '../../../functions/operations/services.ts'
import type { TenantServices } from '../../../functions/tenants/services.ts'
import { tenantRoutes } from '../../../functions/tenants/routes.ts'
import { ActionList } from '../../../shared/audit/index.ts'
import { EventImporter, LogOperations, SealKeyOperations } from '../../../shared/event-store/index.ts'
import type { Route } from '../../../shared/http/index.ts'
import { SubscriptionOperations } from '../../../shared/subscriptions/index.ts'
import { TenantRegistry } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { systemClock } from '../../../shared/time/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { call } from '../../shared/http/harness.ts'
import type { Answer, CallOptions } from '../../shared/http/harness.ts'
import { operatorKernel } from './support.ts'

let database: TestDatabase
let routes: Route<TenantContext>[]
let ask: (name: string, options?: CallOptions) => Promise<Answer>
let parked: readonly string[]

beforeAll(async () => {
  database = await createDatabase()
  const operator = database.pool('trickle_operator')
  const services = {
    registry: new TenantRegistry(operator),
    operatorImporter: new EventImporter(operator, true),
    clock: systemClock,
    logOperations: new LogOperations(operator),
    sealKeyOperations: new SealKeyOperations(operator),
    subscriptionOperations: new SubscriptionOperations(operator),
    operatorActions: new ActionList(operator),
  } as unknown as EventServices & TenantServices & OperationServices
  routes = [
    ...eventRoutes(() => services),
    ...tenantRoutes(() => services),
    ...operationRoutes(() => services),
  ]
  const kernel = operatorKernel()
  ask = (name, options = {}) => {
    const route = routes.find((candidate) => candidate.name === name)
    if (route === undefined) throw new Error(`there is no route ${name}`)
    return call(kernel, route, {
      ...options,
      headers: { authorization: 'Bearer operator', 'content-type': 'application/json', ...options.headers },
    })
  }
  const tenant = await database.tenant('audited')
  const admin = await database.client('admin')
  await admin.query("select trickle_subscriptions_state.acquire('orders', 0, 'somebody', 1)")
  await admin.query(
    "update trickle_subscriptions_state.subscriptions set is_group = true where name = 'orders'",
  )
  // One that waits can be removed; the one that seals can not.
  await admin.query(
    "insert into trickle_events_log.seal_keys (key_id, reason, seals_from) values ('aaaaaaaa', 'to be removed', now() + interval '1 hour')",
  )
  const { rows } = await admin.query<{ parked_id: string }>(
    `insert into trickle_subscriptions_state.parked (name, tenant_id, stream_id, version, xid, position, source, event_id, type, state, blocks)
      select 'orders', $1::uuid, 's' || n, 1, '0', 0, '', 'e' || n, 'Seeded', 'parked', true from generate_series(1, 3) n returning parked_id`,
    [tenant.tenantId],
  )
  parked = rows.map(({ parked_id: id }) => id)
})
afterAll(() => database.drop())

const json = (value: unknown): CallOptions => ({ body: JSON.stringify(value) })
const ndjson = (...lines: unknown[]): CallOptions => ({
  headers: { 'content-type': 'application/x-ndjson' },
  body: lines.map((line) => JSON.stringify(line)).join('\n'),
})
const line = (id: string) => ({ tenant: 'audited', streamId: 's', id, type: 'Imported', data: { secret: 1 } })
const orders = { params: { name: 'orders' } }
const on = (index: number): CallOptions => ({ params: { name: 'orders', parkedId: parked[index] ?? '' } })

/** One good request for each route by which an operator changes something, in an order that makes each possible. */
const requests: Readonly<Record<string, () => CallOptions>> = {
  'import-events': () => ndjson(line('i1'), line('i2')),
  'create-tenant': () => json({ slug: 'created' }),
  'create-tenants-bulk': () => json({ tenants: [{ slug: 'created' }, { slug: 'created-too' }] }),
  'suspend-tenant': () => ({ params: { tenant: 'created' } }),
  'resume-tenant': () => ({ params: { tenant: 'created' } }),
  'begin-log-epoch': () => json({ reason: 'secret reason' }),
  'add-seal-key': () => json({ reason: 'secret reason' }),
  'remove-seal-key': () => ({ params: { keyId: 'aaaaaaaa' } }),
  'replay-parked-event': () => on(0),
  'skip-parked-event': () => on(1),
  'replay-parked-events': () => ({ ...orders, ...json({ limit: 10 }) }),
  'pause-subscription': () => orders,
  'reset-subscription': () => orders,
  'resume-subscription-at': () => ({ ...orders, ...json({ kind: 'end' }) }),
  'resize-subscription': () => ({ ...orders, ...json({ members: 2 }) }),
  'resume-subscription': () => orders,
}

const actions = async (): Promise<Record<string, unknown>[]> => {
  const answer = await ask('list-operator-actions', { path: '/api/operations/actions?limit=1000' })
  return answer.json?.['actions'] as Record<string, unknown>[]
}

/** Queues have a stage of their own, with a broker: test/functions/queues. */
describe('every route by which an operator changes something', () => {
  it('has a request here, so that a new one must say how it is recorded', () => {
    const changing = routes.filter(
      ({ access, method }) =>
        method !== 'GET' && (access.kind === 'operator' || access.kind === 'tenantOrOperator'),
    )
    expect(changing.map(({ name }) => name).toSorted()).toEqual(Object.keys(requests).toSorted())
  })

  it.each(Object.keys(requests))('%s leaves one row, under the trace of its request', async (name) => {
    const before = await actions()
    const traceId = (before.length + 1).toString(16).padStart(32, 'a')
    const answer = await ask(name, {
      ...requests[name]?.(),
      traceParent: `00-${traceId}-${'b'.repeat(16)}-01`,
    })
    expect([name, answer.status < 300, answer.text]).toEqual([name, true, answer.text])
    const after = await actions()
    expect(after).toHaveLength(before.length + 1)
    expect(after[0]).toMatchObject({
      action: name,
      issuer: 'https://issuer.example',
      subject: 'test',
      traceId,
      outcome: name === 'import-events' ? 'begun' : 'done',
    })
    expect(JSON.stringify(after)).not.toContain('secret')
  })

  it('names the tenant and the thing', async () => {
    const byName = new Map((await actions()).map((row) => [row['action'], row]))
    expect(byName.get('suspend-tenant')).toMatchObject({
      target: 'created',
      tenantId: expect.any(String) as string,
    })
    expect(byName.get('skip-parked-event')).toMatchObject({
      target: 'orders',
      detail: `parked event ${parked[1]}`,
      tenantId: expect.any(String) as string,
    })
    expect(byName.get('replay-parked-events')).toMatchObject({
      target: 'orders',
      detail: '1 parked events',
      tenantId: expect.any(String) as string,
    })
    expect(byName.get('resume-subscription-at')).toMatchObject({ target: 'orders', detail: 'at end' })
    expect(byName.get('resize-subscription')).toMatchObject({ target: 'orders', detail: '2 members' })
  })
})

describe('an import', () => {
  it('of several batches leaves one row, and one of refused lines, too', async () => {
    const before = (await actions()).length
    const many = Array.from({ length: 1_200 }, (_, index) => line(`m${index}`))
    const answer = await ask('import-events', ndjson(...many))
    expect(answer.text.trim().split('\n')).toHaveLength(1_200)
    expect(await actions()).toHaveLength(before + 1)
    await ask('import-events', ndjson({ no: 'event' }))
    expect(await actions()).toHaveLength(before + 2)
  })
})

describe('the list', () => {
  it('is read by pages, each leading to the next, and refuses what is no id', async () => {
    const all = await actions()
    const read: unknown[] = []
    for (let path: string | null = '/api/operations/actions?limit=4'; path !== null;) {
      const page: Answer = await ask('list-operator-actions', { path })
      const next = page.json?.['next'] as string | null
      path = next === null ? null : `/api/operations/actions?after=${next}&limit=4`
      read.push(...(page.json?.['actions'] as unknown[]))
      expect(page.headers.get('link')).toBe(path === null ? null : `<${path}>; rel="next"`)
    }
    expect(read).toEqual(all)
    for (const bad of ['after=x', 'after=-1', `after=${'9'.repeat(19)}`, 'limit=0', 'limit=1001', 'tenant=a'])
      expect((await ask('list-operator-actions', { path: `/api/operations/actions?${bad}` })).status).toBe(
        400,
      )
  })
})

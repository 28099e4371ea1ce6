import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../../shared/errors/index.ts'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { AppendRequest } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { eventually } from '../../../support/eventually.ts'
import { appendOf, codeOfRefusal, readWhole } from '../support.ts'

let database: TestDatabase
let admin: Client
let tenants: readonly TenantContext[]
let store: PostgresEventStore

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  tenants = await Promise.all(['acme', 'bolt', 'cargo'].map((slug) => database.tenant(slug)))
  store = new PostgresEventStore(database.pool('trickle_app', 5))
})
afterAll(() => database.drop())

const tenant = (index: number): TenantContext => tenants[index % tenants.length] ?? (tenants[0] as never)

/** Transactions in which the streams of a prefix were written, and the appends in them. */
async function transactionsOf(prefix: string): Promise<{ transactions: number; appends: number }> {
  const { rows } = await admin.query<{ transactions: number; appends: number }>(
    `select count(distinct xid)::int as transactions, count(distinct (tenant_id, xid, recorded_at))::int as appends
      from trickle_events_log.events where stream_id like $1 || '%'`,
    [prefix],
  )
  return rows[0] ?? { transactions: 0, appends: 0 }
}

/** Appends that meet: all are asked for in one turn. */
const together = (requests: readonly (readonly [TenantContext, AppendRequest])[]) =>
  Promise.allSettled(requests.map(([of, request]) => store.append(of, request)))

describe('concurrent appends', () => {
  it('of many streams and tenants share transactions, each with its own answer and in its own tenant', async () => {
    const requests = Array.from(
      { length: 100 },
      (_, index) =>
        [
          tenant(index),
          appendOf(`many-${index}`, {
            events: [1, 2].map((n) => ({ type: 'Noted', data: { index, n }, metadata: { of: index } })),
            trace: {
              traceParent: `00-${String(index).padStart(32, '0')}-0000000000000001-01`,
              traceState: null,
            },
          }),
        ] as const,
    )
    const results = await Promise.all(requests.map(([of, request]) => store.append(of, request)))
    expect(
      results.map(({ streamId, firstVersion, version, replayed }) => [
        streamId,
        firstVersion,
        version,
        replayed,
      ]),
    ).toEqual(requests.map(([, request]) => [request.streamId, 1, 2, false]))
    for (const [index, [of, request]] of requests.entries()) {
      const events = await readWhole(store, of, request.streamId)
      expect(events.map(({ id }) => id)).toEqual(results[index]?.events.map(({ id }) => id))
      expect(events).toMatchObject([
        {
          version: 1,
          data: { index, n: 1 },
          metadata: { of: index },
          traceParent: request.trace?.traceParent,
        },
        { version: 2, data: { index, n: 2 } },
      ])
    }
    const { transactions, appends } = await transactionsOf('many-')
    expect(appends).toBe(100)
    expect(transactions).toBeLessThan(50)
  })

  it('of one stream follow one another without a gap', async () => {
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        store.append(tenant(0), appendOf('hot', { events: [{ type: 'Noted', data: { index } }] })),
      ),
    )
    const events = await readWhole(store, tenant(0), 'hot')
    expect(events.map(({ version }) => version)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
    for (const [index, { version, events: written }] of results.entries()) {
      expect(events[version - 1]).toMatchObject({ id: written[0]?.id, data: { index } })
    }
    const { rows } = await admin.query(
      `select from (select recorded_at <= lag(recorded_at) over (order by version) as is_back from trickle_events_log.events
        where stream_id = 'hot') e where e.is_back`,
    )
    expect(rows).toHaveLength(0)
    expect((await transactionsOf('hot')).transactions).toBeLessThan(20)
    expect(await store.streamInfo(tenant(0), 'hot')).toMatchObject({ version: 40 })
  })

  it('at one version leave one winner, and tell the others the version', async () => {
    await store.append(tenant(0), appendOf('race'))
    const outcomes = await together(
      Array.from(
        { length: 20 },
        () => [tenant(0), appendOf('race', { expected: { mode: 'version', version: 1 } })] as const,
      ),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const outcome of outcomes.filter(({ status }) => status === 'rejected')) {
      expect(outcome).toMatchObject({
        reason: { code: 'VERSION_CONFLICT', extensions: { currentVersion: 2 } },
      })
    }
  })
})

describe('what goes wrong for one caller', () => {
  it('is told to this caller, and changes nothing for those who go with it', async () => {
    await store.append(tenant(1), appendOf('typed', { streamType: 'order' }))
    await store.append(tenant(1), appendOf('known', { events: [{ id: 'known-id', type: 'Noted', data: 1 }] }))
    const suspended = await database.tenant('dozing')
    await admin.query("update trickle_tenants_state.tenants set status = 'suspended' where slug = 'dozing'")
    const troubled: (readonly [TenantContext, AppendRequest, string])[] = [
      [tenant(0), appendOf('bad-0', { expected: { mode: 'exists' } }), 'VERSION_CONFLICT'],
      [tenant(1), appendOf('typed', { streamType: 'invoice' }), 'STREAM_TYPE_MISMATCH'],
      [
        tenant(1),
        appendOf('bad-1', { events: [{ id: 'known-id', type: 'Noted', data: 2 }] }),
        'EVENT_ID_EXISTS',
      ],
      [suspended, appendOf('bad-2'), 'TENANT_SUSPENDED'],
      // A form that the routes refuse before: the database takes the whole batch down with it.
      [tenant(2), appendOf('bad-3', { events: [{ type: 'Noted', data: '\u0000' }] }), 'VALIDATION_FAILED'],
    ]
    const fine = Array.from({ length: 30 }, (_, index) => [tenant(index), appendOf(`fine-${index}`)] as const)
    const outcomes = await together([
      ...fine.slice(0, 15),
      ...troubled.map(([of, request]) => [of, request] as const),
      ...fine.slice(15),
    ])
    const codes = await Promise.all(
      outcomes.map((outcome) =>
        codeOfRefusal(
          outcome.status === 'fulfilled' ? Promise.resolve() : Promise.reject(outcome.reason as Error),
        ),
      ),
    )
    expect(codes.slice(15, 20)).toEqual(troubled.map(([, , code]) => code))
    expect([...codes.slice(0, 15), ...codes.slice(20)]).toEqual(fine.map(() => 'done'))
    for (const [of, request] of fine) expect(await readWhole(store, of, request.streamId)).toHaveLength(1)
    const { rows } = await admin.query("select from trickle_events_log.events where stream_id like 'bad-%'")
    expect(rows).toHaveLength(0)
  })

  it('is a lock that somebody holds: the others do not wait for it', async () => {
    const holder = await database.client('trickle_app')
    await holder.query('begin')
    await holder.query(
      `select trickle_events_log.append($1, array['held'], array[null::text], array[-1::bigint], 1, '[{"s":1,"id":"held-1","type":"Noted","data":1}]', null, null, null, null)`,
      [tenant(0).tenantId],
    )
    const held = store.append(tenant(0), appendOf('held'))
    const others = Array.from({ length: 30 }, (_, index) =>
      store.append(tenant(index), appendOf(`free-${index}`)),
    )
    const heldToo = store.append(tenant(0), appendOf('held'))
    await Promise.all(others)
    await holder.query('commit')
    expect([await held, await heldToo].map(({ version }) => version).toSorted((a, b) => a - b)).toEqual([
      2, 3,
    ])
  })

  it('is that it has disconnected: nothing is written for it', async () => {
    const controller = new AbortController()
    const first = Array.from({ length: 6 }, (_, index) =>
      store.append(tenant(index), appendOf(`stays-${index}`)),
    )
    const gone = store.append(tenant(0), appendOf('gone', { signal: controller.signal }))
    controller.abort(new TrickleError('DEADLINE_EXCEEDED', 'the caller has disconnected'))
    await expect(gone).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' })
    await Promise.all(first)
    await expect(store.streamInfo(tenant(0), 'gone')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })
})

describe('retries among others', () => {
  const crowd = (prefix: string) =>
    Array.from({ length: 20 }, (_, index) => store.append(tenant(index), appendOf(`${prefix}-${index}`)))

  it('by key and by ids get the first answer', async () => {
    const keyed = appendOf('keyed', { idempotency: { key: 'k-1', fingerprint: Buffer.from('a') } })
    const named = appendOf('named', { events: [{ id: randomUUID(), type: 'Noted', data: 1 }] })
    const [first, second] = await Promise.all([
      store.append(tenant(0), keyed),
      store.append(tenant(0), named),
      ...crowd('one'),
    ])
    const [again, andAgain, twin] = await Promise.all([
      store.append(tenant(0), keyed),
      store.append(tenant(0), named),
      store.append(tenant(0), keyed),
      ...crowd('two'),
    ])
    expect(again).toEqual({ ...first, replayed: true, replayedByKey: true })
    expect(twin).toEqual(again)
    expect(andAgain).toEqual({ ...second, replayed: true, consistencyToken: andAgain?.consistencyToken })
    await expect(
      store.append(tenant(0), { ...keyed, idempotency: { key: 'k-1', fingerprint: Buffer.from('b') } }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' })
  })

  it('twins that come together write once', async () => {
    const keyed = appendOf('twins', { idempotency: { key: 'k-twins', fingerprint: Buffer.from('a') } })
    const named = appendOf('named-twins', { events: [{ id: 'twin-id', type: 'Noted', data: 1 }] })
    const results = await Promise.all([
      ...Array.from({ length: 8 }, () => store.append(tenant(0), keyed)),
      ...Array.from({ length: 8 }, () => store.append(tenant(0), named)),
      ...crowd('three'),
    ])
    for (const group of [results.slice(0, 8), results.slice(8, 16)]) {
      expect(new Set(group.map(({ version }) => version))).toEqual(new Set([1]))
      expect(group.filter(({ replayed }) => !replayed)).toHaveLength(1)
    }
  })

  it('two appends of one transaction are not taken for one', async () => {
    const one = appendOf('apart-1', { events: [{ id: 'apart-1', type: 'Noted', data: 1 }] })
    const two = appendOf('apart-2', { events: [{ id: 'apart-2', type: 'Noted', data: 1 }] })
    await eventually(async () => {
      await Promise.allSettled([
        ...crowd(`four-${randomUUID()}`),
        store.append(tenant(0), one),
        store.append(tenant(0), two),
      ])
      return transactionsOf('apart-')
    }).toEqual({ transactions: 1, appends: 2 })
    await expect(
      store.appendAll(tenant(0), {
        streams: [one, two].map(({ streamId, expected, events }) => ({ streamId, expected, events })),
      }),
    ).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
  })
})

it('the writer of a batch sees and writes the tenants of its batch only', async () => {
  const [own, other] = [tenant(0), tenant(1)]
  await store.append(other, appendOf('others'))
  const writer = await database.client('admin')
  await writer.query('begin')
  await writer.query("select set_config('app.batch_tenants', $1, true)", [`{${own.tenantId}}`])
  await writer.query('set local role trickle_writer')
  for (const table of ['events', 'streams']) {
    const { rows } = await writer.query<{ tenant_id: string }>(
      `select distinct tenant_id from trickle_events_log.${table}`,
    )
    expect(rows.map((row) => row.tenant_id)).toEqual([own.tenantId])
  }
  await expect(
    writer.query(
      `insert into trickle_events_log.streams (tenant_id, stream_id, version, created_at, updated_at) values ($1, 'intruder', 1, now(), now())`,
      [other.tenantId],
    ),
  ).rejects.toMatchObject({ code: '42501' })
  await writer.query('rollback')
})

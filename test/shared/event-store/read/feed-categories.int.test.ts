import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLimits, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, FeedQuery } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { append } from '../append/order-checks.ts'
import { appendOf, noted, viewsOf } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

// A server of its own: the horizon is server-wide, and here pages are compared exactly.
let database: TestDatabase
let admin: Client
let store: EventStore
let tools: TokenTools
let acme: TenantContext

beforeAll(async () => {
  database = await createOwnServer({ settings: { autovacuum: false } })
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app'))
  tools = await TokenTools.of(database)
  acme = await database.tenant('acme')
  for (const [streamId, streamType] of [
    ['o-1', 'order'],
    ['u-1', 'user'],
    ['x-1', undefined],
  ] as const)
    await store.append(
      acme,
      appendOf(streamId, {
        streamType,
        events: [
          { type: 'A', data: 1 },
          { type: 'B', data: 2 },
        ],
      }),
    )
  // The type is the stream's: an append that does not say it belongs to it all the same.
  await store.append(acme, appendOf('o-1', { events: [{ type: 'C', data: 3 }] }))
})
afterAll(() => database.drop())

const labels = async (query: Partial<FeedQuery>, tenant = acme): Promise<string[]> =>
  viewsOf((await store.readFeed(tenant, { limit: 100, ...query })).events).map(
    ({ streamId, version }) => `${streamId} ${version}`,
  )

describe('the feed of a category', () => {
  it.each<[string, Partial<FeedQuery>, string[]]>([
    ['one type of stream', { streamTypes: ['order'] }, ['o-1 1', 'o-1 2', 'o-1 3']],
    [
      'two types of streams',
      { streamTypes: ['order', 'user'] },
      ['o-1 1', 'o-1 2', 'u-1 1', 'u-1 2', 'o-1 3'],
    ],
    ['and a type of events', { streamTypes: ['order'], types: ['B', 'C'] }, ['o-1 2', 'o-1 3']],
    ['that nothing belongs to', { streamTypes: ['none'] }, []],
    ['no type at all', { streamTypes: [] }, []],
    ['streams without a type belong to none', { streamTypes: ['', 'null'] }, []],
    ['since a time', { streamTypes: ['user'], since: '2020-01-01T00:00:00Z' }, ['u-1 1', 'u-1 2']],
  ])('%s', async (_what, query, expected) => {
    expect(await labels(query)).toEqual(expected)
  })

  it('goes on after what was looked at: an empty page leads to the end of what there was', async () => {
    const all = await store.readFeed(acme, { limit: 100 })
    const none = await store.readFeed(acme, { limit: 100, streamTypes: ['none'] })
    expect(none).toMatchObject({ events: [], next: all.next })
    const full = await store.readFeed(acme, { limit: 3, streamTypes: ['order'] })
    expect(full.next).toBe(all.next)
  })

  it('looks at no more rows than the cap', async () => {
    const long = await database.tenant('long')
    for (let written = 0; written < eventLimits.feedScanMax; written += 1_000)
      await store.append(long, appendOf('many', { events: noted(1_000), streamType: 'many' }))
    await store.append(long, appendOf('rare', { streamType: 'rare' }))
    const empty = await store.readFeed(long, { streamTypes: ['rare'], limit: 10 })
    expect(empty.events).toEqual([])
    const following = await store.readFeed(long, { streamTypes: ['rare'], limit: 10, after: empty.next })
    expect(viewsOf(following.events)).toMatchObject([{ streamId: 'rare' }])
  })
})

describe('tokens after each event', () => {
  it('are there when they are asked for, and lead on from that event', async () => {
    const page = await store.readFeed(acme, { limit: 100, withCheckpoints: true })
    expect(page.checkpoints).toHaveLength(7)
    expect(page.checkpoints?.at(-1)).toBe(page.next)
    expect(await labels({ after: page.checkpoints?.[4] })).toEqual(['x-1 1', 'x-1 2', 'o-1 3'].slice(-2))
    expect(tools.checkpointOf(acme, page.checkpoints?.[0] ?? '').epoch).toBe(
      tools.checkpointOf(acme, page.next).epoch,
    )
    expect((await store.readFeed(acme, { limit: 1 })).checkpoints).toBeUndefined()
  })
})

describe('the horizon', () => {
  /** Without the login's limit for an idle transaction (5 s), which a machine that stands still for a moment would meet. */
  const slowClient = async (): Promise<Client> => {
    const slow = await database.client('trickle_app')
    await slow.query('set idle_in_transaction_session_timeout = 0')
    return slow
  }

  it.each<[string, Partial<FeedQuery>]>([
    ['of a filtered feed', { types: ['Noted'] }],
    ['of a category', { streamTypes: ['slow', 'fast'] }],
    ['of a feed since a time', { since: '2020-01-01T00:00:00Z' }],
  ])('%s holds back what was appended beside a slow append', async (what, query) => {
    const tenant = await database.tenant(what.replaceAll(' ', '-'))
    await store.append(tenant, appendOf('slow', { streamType: 'slow' }))
    await store.append(tenant, appendOf('fast', { streamType: 'fast' }))
    const slow = await slowClient()
    await slow.query('begin')
    await append(slow, tenant.tenantId, 'slow')
    await append(admin, tenant.tenantId, 'fast')
    const held = await store.readFeed(tenant, { limit: 100, ...query })
    expect(viewsOf(held.events).map(({ streamId }) => streamId)).toEqual(['slow', 'fast'])
    expect(await labels({ ...query, since: undefined, after: held.next }, tenant)).toEqual([])
    await slow.query('commit')
    expect(await labels({ ...query, since: undefined, after: held.next }, tenant)).toEqual([
      'slow 2',
      'fast 2',
    ])
  })

  it.each([
    ['of a tenant with older events', 'older', 1],
    ['of a tenant without any', 'none', 0],
  ])('bounds the token of a time that nothing has come to yet, %s', async (_what, slug, olderCount) => {
    const tenant = await database.tenant(slug)
    for (let count = 0; count < olderCount; count += 1) await store.append(tenant, appendOf('first'))
    const slow = await slowClient()
    await slow.query('begin')
    await append(slow, tenant.tenantId, 'slow')
    await append(admin, tenant.tenantId, 'fast')
    const { next } = await store.readFeed(tenant, { since: '2999-01-01T00:00:00Z', limit: 100 })
    await slow.query('commit')
    expect(await labels({ after: next }, tenant)).toEqual(['slow 1', 'fast 1'])
  })

  it('lets everything through beside a foreign transaction, filtered and since a time', async () => {
    const tenant = await database.tenant('foreign')
    await admin.query('create table public.foreign_table (id int)')
    const foreign = await database.client('admin')
    await foreign.query('begin')
    await foreign.query('insert into public.foreign_table values (1)')
    await store.append(tenant, appendOf('s', { streamType: 't' }))
    expect(await labels({ streamTypes: ['t'] }, tenant)).toEqual(['s 1'])
    expect(await labels({ since: '2020-01-01T00:00:00Z' }, tenant)).toEqual(['s 1'])
    expect(await labels({ since: '2999-01-01T00:00:00Z' }, tenant)).toEqual([])
    await foreign.query('rollback')
  })
})

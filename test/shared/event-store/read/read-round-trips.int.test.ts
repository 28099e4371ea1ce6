import { afterAll, beforeAll, expect, it } from 'vitest'
import { PostgresEventStore, SealKeys } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import { Database, noColumns } from '../../../../shared/postgres/index.ts'
import { TenantDirectory } from '../../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import { appendOf, noted } from '../support.ts'

let database: TestDatabase
let proxy: TcpProxy
let pool: Database
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  acme = await database.tenant('acme')
  proxy = await TcpProxy.start(database.adminUrl)
  pool = new Database({
    url: proxy.url(database.url('trickle_app')),
    connectionsMax: 1,
    statements: 'unnamed',
  })
  store = new PostgresEventStore(pool)
  await store.append(acme, appendOf('s', { events: noted(200), streamType: 'note' }))
})
afterAll(async () => {
  await pool.end()
  await proxy.close()
  await database.drop()
})

const everything = { streamId: 's', backward: false, limit: 100 }

it.each<[string, (store: EventStore) => Promise<unknown>]>([
  ['a page of a stream', (store) => store.readStream(acme, everything)],
  ['a page backward', (store) => store.readStream(acme, { ...everything, backward: true })],
  [
    'a range of a stream, filtered',
    (store) => store.readStream(acme, { ...everything, from: 2, to: 90, types: ['Noted'] }),
  ],
  ['a stream', (store) => store.streamInfo(acme, 's')],
  ['a page of the feed', (store) => store.readFeed(acme, { limit: 100 })],
  [
    'a filtered page of the feed',
    (store) => store.readFeed(acme, { limit: 10, types: ['None'], streamTypes: ['note'] }),
  ],
  [
    'a page of the feed since a time',
    (store) => store.readFeed(acme, { limit: 10, since: '2020-01-01T00:00:00Z' }),
  ],
  [
    'an empty page of the feed',
    (store) => store.readFeed(acme, { limit: 10, since: '2999-01-01T00:00:00Z' }),
  ],
])('%s is one round trip', async (_what, read) => {
  const before = proxy.roundTrips
  await read(store)
  expect(proxy.roundTrips - before).toBe(1)
})

/** As an instance is at its start: it knows no tenant and no key. */
function coldInstance() {
  const sealKeys = new SealKeys(pool)
  return {
    directory: new TenantDirectory(pool, 'slug', sealKeys.companion),
    store: new PostgresEventStore(pool, { sealKeys }),
  }
}

it.each<[string, (store: EventStore, tenant: TenantContext) => Promise<unknown>]>([
  ['an append', (store, tenant) => store.append(tenant, appendOf('cold'))],
  ['a page of the feed', (store, tenant) => store.readFeed(tenant, { limit: 10 })],
])('%s is one round trip from the first on: its keys come with the tenant', async (_what, ask) => {
  const { directory, store: cold } = coldInstance()
  const before = proxy.roundTrips
  await ask(cold, await directory.resolve('acme'))
  expect(proxy.roundTrips - before).toBe(2)
  await ask(cold, await directory.resolve('acme'))
  expect(proxy.roundTrips - before).toBe(3)
})

it('the count itself sees a transaction of three', async () => {
  const before = proxy.roundTrips
  await pool.transaction((run) => run({ name: 'one', text: 'select 1', columns: noColumns, values: [] }))
  expect(proxy.roundTrips - before).toBe(3)
})

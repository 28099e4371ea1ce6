import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LogOperations, PostgresEventStore } from '../../shared/event-store/index.ts'
import type { FeedPage } from '../../shared/event-store/index.ts'
import { TenantDirectory } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { createOwnServer } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  contentOf,
  drawIds,
  makeAdministrator,
  runBlock,
  untilCopied,
  upgradeBlocks,
} from './major-upgrade-support.ts'
import { hasPostgres17, requirePostgres17 } from '../support/postgres-17.ts'

type Server = Awaited<ReturnType<typeof createOwnServer>>

const blocks = await upgradeBlocks()
const clients: Client[] = []
let old: Server
let next: Server
let oldAdministrator: Client
let newAdministrator: Client
let oldStore: PostgresEventStore
let newStore: PostgresEventStore
let acme: TenantContext
let connection: Readonly<Record<string, string>>
/** What a consumer holds who has read three events on the old server. */
let cursor: string

const append = (store: PostgresEventStore, streamId: string, id: string) =>
  store.append(acme, {
    streamId,
    expected: { mode: 'any' },
    events: [{ id, type: 'Counted', data: { id } }],
    idempotency: { key: `key-${id}`, fingerprint: Buffer.from(id) },
  })

const idsOf = (page: FeedPage): string[] => page.events.map((text) => (JSON.parse(text) as { id: string }).id)

async function administratorOf(server: Server): Promise<Client> {
  await makeAdministrator(await server.client('admin'))
  const url = new URL(server.adminUrl)
  url.username = 'stand_in'
  url.password = 'stand-in'
  const client = new Client({ connectionString: url.href })
  client.on('error', () => {})
  await client.connect()
  clients.push(client)
  return client
}

requirePostgres17()

beforeAll(async () => {
  if (!hasPostgres17()) return
  old = await createOwnServer({ version: 17 })
  next = await createOwnServer({ version: 18 })
  acme = await old.tenant('acme')
  oldStore = new PostgresEventStore(old.pool('trickle_app'))
  newStore = new PostgresEventStore(next.pool('trickle_app'))
  oldAdministrator = await administratorOf(old)
  newAdministrator = await administratorOf(next)
  connection = {
    'host=OLD_HOST port=5432': `host=127.0.0.1 port=${old.server.port}`,
    PASSWORD: 'moving',
    'sslmode=require': 'sslmode=disable',
  }
  // The old server has lived: its ids are ahead of those of a fresh one, and its log has had a restore.
  await new LogOperations(old.pool('trickle_operator')).beginEpoch({
    reason: 'a restore',
    point: { from: 'end' },
  })
  await drawIds(oldAdministrator, 5000)
  for (const n of [1, 2, 3]) await append(oldStore, 'copied', `copied-${n}`)
  const worker = await old.client('trickle_worker')
  await worker.query("select trickle_subscriptions_state.register('mails', false, null, null, true)")
  cursor = (await oldStore.readFeed(acme, { limit: 10 })).next
})
afterAll(async () => {
  await Promise.allSettled(clients.map((client) => client.end()))
  await next?.drop()
  await old?.drop()
})

describe.runIf(hasPostgres17())(
  'a move from 17 to 18 by logical replication, as docs/azure/upgrade.md says',
  () => {
    it('copies what is there and follows what comes', async () => {
      await runBlock(oldAdministrator, blocks, 1, connection)
      await runBlock(newAdministrator, blocks, 2)
      await runBlock(newAdministrator, blocks, 3, connection)
      await untilCopied(newAdministrator, blocks)
      for (const n of [1, 2]) await append(oldStore, 'followed', `followed-${n}`)
      await runBlock(oldAdministrator, blocks, 5)
      await eventually(() => runBlock(oldAdministrator, blocks, 5)).toEqual([{ has_all: true }])
      const here = await contentOf(await old.client('admin'))
      expect(here.map(({ name }) => name)).toContain('trickle_subscriptions_state.members')
      expect(here.find(({ name }) => name === 'trickle_events_log.events')).toMatchObject({ count: '5' })
      expect(await contentOf(await next.client('admin'))).toEqual(here)
    })

    it('leaves a log that is ahead of its server: nothing can be read, and no epoch be begun', async () => {
      const log = new LogOperations(next.pool('trickle_operator'))
      const onNew = await new TenantDirectory(next.pool('trickle_app', 1), 'slug').resolve('acme')
      expect(await runBlock(newAdministrator, blocks, 9)).toMatchObject([{ is_ahead: true }])
      expect(idsOf(await newStore.readFeed(onNew, { limit: 10 }))).toEqual([])
      await expect(log.beginEpoch({ reason: 'a move', point: { from: 'end' } })).rejects.toMatchObject({
        code: 'LOG_AHEAD_OF_SERVER',
      })
    })

    it('is right when sequences and transaction ids are raised', async () => {
      for (const { format } of await runBlock(oldAdministrator, blocks, 6)) {
        await newAdministrator.query('set role trickle_owner')
        await newAdministrator.query(String(format))
        await newAdministrator.query('reset role')
      }
      const [counter] = await runBlock(oldAdministrator, blocks, 7)
      await runBlock(newAdministrator, blocks, 8, {
        'COUNTER + 1000000': `${String(counter?.['counter'])} + 10`,
      })
      expect(await runBlock(newAdministrator, blocks, 9)).toMatchObject([{ is_ahead: false }])
      await runBlock(newAdministrator, blocks, 10)
    })

    it('then a cursor of the old server goes on, retries are known, and epochs and streams go on counting', async () => {
      const retried = await append(newStore, 'followed', 'followed-2')
      expect(retried).toMatchObject({ version: 2, replayedByKey: true })
      await append(newStore, 'copied', 'after')
      const page = await newStore.readFeed(acme, { after: cursor, limit: 10 })
      expect(idsOf(page)).toEqual(['followed-1', 'followed-2', 'after'])
      const log = new LogOperations(next.pool('trickle_operator'))
      const begun = await log.beginEpoch({ reason: 'later', point: { from: 'end' } })
      expect(begun).toMatchObject({ result: { ordinal: 3 } })
    })
  },
)

describe.runIf(hasPostgres17())('a login that does not bypass row-level security', () => {
  it('copies nothing, and no error says so', async () => {
    const admin = await old.client('admin')
    const target = await next.client('admin')
    await admin.query("create role under_policies login replication password 'moving'")
    await admin.query('grant connect on database trickle to under_policies')
    await admin.query('grant usage on schema trickle_events_log to under_policies')
    await admin.query('grant select on trickle_events_log.events to under_policies')
    await target.query('create schema aside')
    await admin.query('create publication aside for table trickle_events_log.names')
    await admin.query('grant select on trickle_events_log.names to under_policies')
    await admin.query(
      "insert into trickle_events_log.names (tenant_id, name_set, value, stream_id, reserved_at) select tenant_id, 'set', 'value', 'copied', now() from trickle_tenants_state.tenants",
    )
    await target.query(
      `create subscription aside connection 'host=127.0.0.1 port=${old.server.port} dbname=trickle user=under_policies password=moving' publication aside with (run_as_owner = true)`,
    )
    await eventually(() => runBlock(target, blocks, 4)).toEqual([])
    const { rows } = await target.query('select count(*) from trickle_events_log.names')
    expect(rows).toEqual([{ count: '0' }])
    await target.query('drop subscription aside')
  })
})

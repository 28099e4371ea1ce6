import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import { withTenant } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import type { PgBouncer } from '../../support/pgbouncer.ts'
import { readFeedUntil } from '../event-store/support.ts'
import { backendPid, one, sql } from './support.ts'

requirePgBouncer()

describe.runIf(hasPgBouncer())('behind PgBouncer in transaction mode with one server connection', () => {
  let database: TestDatabase
  let bouncer: PgBouncer
  let left: Database
  let right: Database
  let acme: TenantContext
  let bolt: TenantContext

  beforeAll(async () => {
    database = await createDatabase()
    bouncer = await startPgBouncer(database.adminUrl)
    const open = () =>
      new Database({
        url: bouncer.url(database.url('trickle_app')),
        connectionsMax: 2,
        statements: 'unnamed',
      })
    left = open()
    right = open()
    acme = await database.tenant('acme')
    bolt = await database.tenant('bolt')
  })
  afterAll(async () => {
    await Promise.all([left.end(), right.end()])
    await bouncer.stop()
    await database.drop()
  })

  const bound = sql("select current_setting('app.tenant_id', true)")

  it('shares one backend between the clients, so that what is set per session does cross over', async () => {
    expect(await backendPid(left)).toBe(await backendPid(right))
    await left.query(sql("select set_config('app.leak', 'left', false)"))
    expect(await one(right.query(sql("select current_setting('app.leak', true)")))).toBe('left')
  })

  it('runs two tenants on that backend, each with its own rows only, and leaves no tenant behind', async () => {
    const streams = async (pool: Database, tenant: TenantContext) =>
      withTenant(pool, tenant, async (run) => {
        const [pid] = await run(sql('select pg_backend_pid()'))
        const rows = await run(sql('select stream_id from trickle_events_log.streams order by 1'))
        return { pid: pid?.value, streams: rows.map(({ value }) => value) }
      })
    const request = (streamId: string) => ({
      streamId,
      expected: { mode: 'any' } as const,
      events: [{ type: 'Noted', data: { of: streamId } }],
    })
    for (let round = 0; round < 10; round += 1) {
      await Promise.all([
        new PostgresEventStore(left).append(acme, request('of-acme')),
        new PostgresEventStore(right).append(bolt, request('of-bolt')),
      ])
      expect(['', null]).toContain(await one(left.query(bound)))
      expect(['', null]).toContain(await one(right.query(bound)))
    }
    const [ofAcme, ofBolt] = await Promise.all([streams(left, acme), streams(right, bolt)])
    expect(ofAcme.pid).toBe(ofBolt.pid)
    expect([ofAcme.streams, ofBolt.streams]).toEqual([['of-acme'], ['of-bolt']])
    expect(await one(left.query(sql('select count(*) from trickle_events_log.events')))).toBe('0')
  })

  it('reads streams and feeds', async () => {
    const store = new PostgresEventStore(left)
    const page = await store.readStream(acme, { streamId: 'of-acme', backward: false, limit: 100 })
    expect(page.events).toHaveLength(10)
    const feed = await readFeedUntil(new PostgresEventStore(right), bolt, 10)
    expect(feed.events).toHaveLength(10)
    await expect(
      store.readStream(acme, { streamId: 'of-bolt', backward: false, limit: 1 }),
    ).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })

  it('survives a transaction that ends in an error, without a tenant left on the backend', async () => {
    await withTenant(left, acme, (run) => run(sql('select 1 / 0'))).catch(() => {})
    await withTenant(left, acme, () => Promise.reject(new Error('it broke'))).catch(() => {})
    expect(['', null]).toContain(await one(right.query(bound)))
  })

  it('has the limits of the login in force', async () => {
    expect(await one(left.query(sql('show statement_timeout')))).toBe('10s')
    expect(await one(left.query(sql('show transaction_timeout')))).toBe('15s')
  })
})

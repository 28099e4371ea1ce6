import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { Database, poolLimits } from '../../../shared/postgres/index.ts'
import { TenantDirectory } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncerWith } from '../../support/pgbouncer.ts'
import type { PgBouncer } from '../../support/pgbouncer.ts'
import { testPasswords } from '../../support/urls.ts'
import { sql, until } from './support.ts'

requirePgBouncer()

/** Server connections that the pooler has for each login. */
const POOL_SIZE = 2
const INSTANCES = 6
const LOCK = 4711
const INI = `[databases]
* = host=postgres port=5432
[pgbouncer]
auth_type = scram-sha-256
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
`

const users = Object.entries(testPasswords)
  .map(([name, password]) => `"${name}" "${password}"`)
  .join('\n')

describe.runIf(hasPgBouncer())('many instances of queues behind PgBouncer', () => {
  let database: TestDatabase
  let bouncer: PgBouncer
  let admin: Client
  let acme: TenantContext
  const opened: Database[] = []

  const open = (login: 'trickle_app' | 'trickle_worker', connectionsMax: number): Database => {
    const pool = new Database({
      url: bouncer.url(database.url(login)),
      connectionsMax,
      statements: 'unnamed',
    })
    opened.push(pool)
    return pool
  }
  /** Instances of queue functions, each with its own pool. */
  const instancesOf = (login: 'trickle_app' | 'trickle_worker'): Database[] =>
    Array.from({ length: INSTANCES }, () => open(login, poolLimits.backgroundConnectionsMax))
  /** Work on every connection of every instance, which the database can't finish before `release`. */
  const occupy = (instances: readonly Database[]): Promise<unknown>[] =>
    instances.flatMap((instance) =>
      Array.from({ length: poolLimits.backgroundConnectionsMax }, () =>
        instance.query(sql('select pg_advisory_xact_lock_shared($1)', LOCK)),
      ),
    )
  const occupied = (login: string): Promise<void> =>
    until(
      admin,
      `select count(*) = $2 from pg_stat_activity where usename = $1 and datname = current_database() and wait_event = 'advisory'`,
      [login, POOL_SIZE],
    )
  const backendsOf = async (login: string): Promise<number> => {
    const { rows } = await admin.query<{ count: string }>(
      'select count(*) from pg_stat_activity where usename = $1 and datname = current_database()',
      [login],
    )
    return Number(rows[0]?.count)
  }
  const append = (store: PostgresEventStore, streamId: string) =>
    store.append(acme, { streamId, expected: { mode: 'any' }, events: [{ type: 'Noted', data: 1 }] })

  beforeAll(async () => {
    database = await createDatabase()
    bouncer = await startPgBouncerWith(database.adminUrl, { ini: INI, users }, 'any')
    admin = await database.client('admin')
    acme = await database.tenant('acme')
  })
  afterAll(async () => {
    await Promise.all(opened.map((pool) => pool.end()))
    await bouncer.stop()
    await database.drop()
  })

  it('fill the pool of the worker and no more, while requests of tenants are answered', async () => {
    const requests = new PostgresEventStore(open('trickle_app', poolLimits.httpConnectionsMax))
    await admin.query('select pg_advisory_lock($1)', [LOCK])
    const work = occupy(instancesOf('trickle_worker'))
    try {
      await occupied('trickle_worker')
      await Promise.all(Array.from({ length: 50 }, () => append(requests, 'of-requests')))
      expect(await backendsOf('trickle_worker')).toBe(POOL_SIZE)
    } finally {
      await admin.query('select pg_advisory_unlock($1)', [LOCK])
    }
    await Promise.all(work)
    expect(await requests.streamInfo(acme, 'of-requests')).toMatchObject({ version: 50 })
  })

  it('would stop requests if they worked with the login of tenants', async () => {
    const requests = new PostgresEventStore(open('trickle_app', poolLimits.httpConnectionsMax))
    await append(requests, 'of-one-login')
    await admin.query('select pg_advisory_lock($1)', [LOCK])
    const work = occupy(instancesOf('trickle_app'))
    let request: Promise<unknown> | undefined
    try {
      await occupied('trickle_app')
      request = append(requests, 'of-one-login')
      expect(await Promise.race([request.then(() => 'answered'), sleep(300, 'waits')])).toBe('waits')
    } finally {
      await admin.query('select pg_advisory_unlock($1)', [LOCK])
    }
    await Promise.all([...work, request])
  })

  it('append every message through that pool, for tenants that they look up themselves', async () => {
    const stores = instancesOf('trickle_worker').map((pool) => ({
      store: new PostgresEventStore(pool),
      directory: new TenantDirectory(pool, 'slug'),
    }))
    await Promise.all(
      stores.map(async ({ store, directory }) => {
        const tenant = await directory.resolve('acme')
        await Promise.all(
          Array.from({ length: 40 }, (_, message) =>
            store.append(tenant, {
              streamId: `of-messages-${message % 5}`,
              expected: { mode: 'any' },
              events: [{ type: 'Noted', data: message }],
            }),
          ),
        )
      }),
    )
    expect(await backendsOf('trickle_worker')).toBeLessThanOrEqual(POOL_SIZE)
    const reads = new PostgresEventStore(open('trickle_worker', 1))
    const infos = await Promise.all([0, 1, 2, 3, 4].map((at) => reads.streamInfo(acme, `of-messages-${at}`)))
    expect(infos.map(({ version }) => version)).toEqual(Array.from({ length: 5 }, () => (INSTANCES * 40) / 5))
  })

  it('resolve a message that comes again to the first append, as requests do', async () => {
    const store = new PostgresEventStore(open('trickle_worker', poolLimits.backgroundConnectionsMax))
    const request = {
      streamId: 'of-one-message',
      expected: { mode: 'any' },
      events: [{ type: 'Noted', data: 1 }],
      idempotency: { key: 'message:1', fingerprint: Buffer.from('f') },
    } as const
    const [first, again] = [await store.append(acme, request), await store.append(acme, request)]
    expect([first.replayed, again.replayed, again.version]).toEqual([false, true, first.version])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DomainWrites, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import { createDatabase, createOwnServer } from '../../../support/database.ts'
import { startPgBouncer, hasPgBouncer, requirePgBouncer } from '../../../support/pgbouncer.ts'
import { TcpProxy } from '../../../../packages/tcp-proxy/index.ts'
import { createAccounts, opening, withdrawal } from './stage.ts'
import type { Bank } from './bank.ts'
import { describeDomainWrites } from './suite.ts'
import { hasPostgres17, requirePostgres17 } from '../../../support/postgres-17.ts'

describe('on the shared server', () => {
  let bank: Bank
  let drop: () => Promise<void>
  beforeAll(async () => {
    const database = await createDatabase()
    await createAccounts(database)
    const pool = database.pool('trickle_app')
    bank = {
      database,
      writes: new DomainWrites(pool),
      store: new PostgresEventStore(pool),
      acme: await database.tenant('acme'),
      other: await database.tenant('other'),
    }
    drop = () => database.drop()
  })
  afterAll(() => drop())

  describeDomainWrites(() => bank)

  it('takes two round trips, with its reads and its COMMIT', async () => {
    const proxy = await TcpProxy.start(bank.database.url('trickle_app'))
    const pool = new Database({
      url: proxy.url(bank.database.url('trickle_app')),
      connectionsMax: 1,
      statements: 'named',
    })
    const writes = new DomainWrites(pool)
    await writes.write(bank.acme, opening(bank.acme.tenantId, 'trips', 100))
    const before = proxy.roundTrips
    await writes.write(bank.acme, withdrawal(bank.acme.tenantId, 'trips', 1))
    expect(proxy.roundTrips - before).toBe(2)
    await pool.end()
    await proxy.close()
  })
})

requirePostgres17()

describe.runIf(hasPostgres17())('on PostgreSQL 17', () => {
  let bank: Bank
  let drop: () => Promise<void>
  beforeAll(async () => {
    const own = await createOwnServer({ version: 17 })
    await createAccounts(own)
    const pool = own.pool('trickle_app')
    bank = {
      database: own,
      writes: new DomainWrites(pool),
      store: new PostgresEventStore(pool),
      acme: await own.tenant('acme'),
      other: await own.tenant('other'),
    }
    drop = () => own.drop()
  })
  afterAll(() => drop())
  describeDomainWrites(() => bank)
})

describe('by way of PgBouncer', () => {
  requirePgBouncer()
  describe.runIf(hasPgBouncer())('with one connection for all', () => {
    let bank: Bank
    let drop: () => Promise<void>
    beforeAll(async () => {
      const database = await createDatabase()
      await createAccounts(database)
      const bouncer = await startPgBouncer(database.url('trickle_app'))
      const pool = new Database({
        url: bouncer.url(database.url('trickle_app')),
        connectionsMax: 5,
        statements: 'unnamed',
      })
      bank = {
        database,
        writes: new DomainWrites(pool),
        store: new PostgresEventStore(pool),
        acme: await database.tenant('acme'),
        other: await database.tenant('other'),
      }
      drop = async () => {
        await pool.end()
        await bouncer.stop()
        await database.drop()
      }
    })
    afterAll(() => drop())
    describeDomainWrites(() => bank)
  })
})

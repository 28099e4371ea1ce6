import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database, poolLimits } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { one, sql, until } from './support.ts'

let database: TestDatabase
let admin: Client

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
})
afterAll(() => database.drop())

/** One attempt only: whatever is tried again must begin before this. */
const oneAttempt = () => ({ deadlineAtMs: Date.now() })

describe('limits of time', () => {
  it.concurrent('tells a caller who waits for a connection in vain that the database is not to be had', async () => {
    const pool = database.pool('trickle_app', 1)
    let letGo: () => void = () => {}
    const released = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const held = pool.transaction(() => released)
    await until(
      admin,
      "select count(*) = 1 from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
    )
    await expect(pool.query(sql('select 1'), oneAttempt())).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable: true,
    })
    letGo()
    await held
    expect(await one(pool.query(sql('select 1')))).toBe('1')
  })

  it.concurrent('tells the same of a server that takes the connection and never speaks', async () => {
    const proxy = await TcpProxy.start(database.url('trickle_app'))
    const pool = new Database({
      url: proxy.url(database.url('trickle_app')),
      connectionsMax: 1,
      statements: 'unnamed',
    })
    proxy.arm({ action: 'half-open', when: 'trickle_app' })
    await expect(pool.query(sql('select 1'), oneAttempt())).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    expect(await one(pool.query(sql('select 1')))).toBe('1')
    await pool.end()
    await proxy.close()
  })

  it('says which limit ended a statement, and keeps the connection', async () => {
    await admin.query(`alter role trickle_app in database ${database.name} set statement_timeout = '100ms'`)
    const pool = database.pool('trickle_app', 1)
    await expect(pool.query(sql('select pg_sleep(20)'))).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      status: 504,
    })
    expect(await one(pool.query(sql('select 1')))).toBe('1')
    await admin.query(`alter role trickle_app in database ${database.name} reset statement_timeout`)
  })

  it('gives up a connection whose answer never comes, and takes a new one', async () => {
    const proxy = await TcpProxy.start(database.url('trickle_app'))
    const pool = new Database({
      url: proxy.url(database.url('trickle_app')),
      connectionsMax: 1,
      statements: 'unnamed',
      queryTimeoutMs: 200,
    })
    await pool.query(sql('select 1'))
    proxy.arm({ action: 'half-open', when: 'select 2' })
    await expect(pool.query(sql('select 2'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    proxy.arm({ action: 'half-open', when: 'select 3' })
    expect(await one(pool.query(sql('select 3'), { resolvesAmbiguity: true }))).toBe('3')
    await pool.end()
    await proxy.close()
  })

  it('waits longer than the server allows a statement, so that the better answer comes first', async () => {
    const limit = async (
      role: 'trickle_app' | 'trickle_worker' | 'trickle_forwarder' | 'trickle_operator',
    ) => {
      const client = await database.client(role)
      const { rows } = await client.query<{ ms: string }>(
        "select extract(epoch from current_setting('statement_timeout')::interval) * 1000 as ms",
      )
      return Number(rows[0]?.ms)
    }
    expect(await limit('trickle_app')).toBeLessThan(poolLimits.queryTimeoutMs)
    expect(await limit('trickle_worker')).toBeLessThan(poolLimits.backgroundQueryTimeoutMs)
    expect(await limit('trickle_forwarder')).toBeLessThan(poolLimits.backgroundQueryTimeoutMs)
    expect(await limit('trickle_operator')).toBeLessThan(poolLimits.backgroundQueryTimeoutMs)
  })
})

import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { breakerLimits, Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { killAll, one, sql } from './support.ts'

/** An open breaker sends nothing and waits for nothing. So much only a machine that is far too busy needs for that. */
const AT_ONCE_MS = 2_000

let database: TestDatabase
let admin: Client
let proxy: TcpProxy
let pool: Database
let changes: unknown[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query('create table public.notes (note text)')
  await admin.query('grant usage on schema public to trickle_app; grant all on public.notes to trickle_app')
  proxy = await TcpProxy.start(database.url('trickle_app'))
})
afterAll(async () => {
  await proxy.close()
  await database.drop()
})

beforeEach(() => {
  proxy.refusesNew = false
  changes = []
  pool = open()
})
afterEach(() => pool.end())

const open = (overrides: { url?: string; connectionsMax?: number; queryTimeoutMs?: number } = {}) =>
  new Database({
    url: proxy.url(database.url('trickle_app')),
    connectionsMax: 5,
    statements: 'unnamed',
    onReachability: (error) => changes.push(error),
    ...overrides,
  })

const ask = (): Promise<unknown> => pool.query(sql('select 1')).catch((error: unknown) => error)
const askMany = (times: number): Promise<unknown[]> => Promise.all(Array.from({ length: times }, ask))

/** The server goes away, and callers notice. */
async function lose(): Promise<void> {
  proxy.refusesNew = true
  proxy.cutAll()
  await eventually(async () => {
    await ask()
    return pool.reachability.isReachable
  }).toBe(false)
}

describe('while the server is away', () => {
  it('a call fails at once, with the time to come back after, and the server hears nothing of it', async () => {
    await lose()
    const { refused } = proxy
    const startedMs = performance.now()
    const error = await ask()
    expect(performance.now() - startedMs).toBeLessThan(AT_ONCE_MS)
    expect(error).toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      status: 503,
      retryable: true,
      headers: { 'Retry-After': '1' },
    })
    expect(proxy.refused).toBe(refused)
    expect(changes).toMatchObject([expect.any(Error)])
  })

  it('one probe at a time is sent, however many callers come and wait', async () => {
    await lose()
    const { refused } = proxy
    const waiting = Promise.all(Array.from({ length: 100 }, () => pool.whenReachable(1_500)))
    const untilMs = performance.now() + 1_500
    let calls = 0
    while (performance.now() < untilMs) {
      calls += (await askMany(100)).length
      await sleep(20)
    }
    expect(new Set(await waiting)).toEqual(new Set([false]))
    const probes = proxy.refused - refused
    expect(calls).toBeGreaterThan(1_000)
    // The waits are at least 125, 250, 500 and 1,000 ms.
    expect(probes).toBeGreaterThanOrEqual(2)
    expect(probes).toBeLessThanOrEqual(4)
  })

  it('callers that wait for a connection are not sent one after the other', async () => {
    proxy.refusesNew = true
    const { refused } = proxy
    const errors = await askMany(500)
    expect(new Set(errors.map((error) => (error as { code: string }).code))).toEqual(
      new Set(['DATABASE_UNAVAILABLE']),
    )
    // Five connections, a few times; without the breaker it would be three attempts for each of 500 callers.
    expect(proxy.refused - refused).toBeLessThan(50)
  })

  it('who waits goes on as soon as it is back, and so does everybody', async () => {
    await lose()
    const waiting = Promise.all(Array.from({ length: 100 }, () => pool.whenReachable(20_000)))
    await sleep(300)
    proxy.refusesNew = false
    expect(new Set(await waiting)).toEqual(new Set([true]))
    expect(await askMany(20)).toEqual(Array.from({ length: 20 }, () => [{ value: '1' }]))
    expect(changes).toEqual([expect.any(Error), null])
  })

  it('a caller who comes when it is time finds out for all', async () => {
    await lose()
    proxy.refusesNew = false
    await sleep(breakerLimits.firstProbeMs)
    expect(await ask()).toEqual([{ value: '1' }])
    expect(pool.reachability).toEqual({ isReachable: true, nextProbeMs: 0 })
  })
})

describe('a lost COMMIT', () => {
  it('is resolved when the server is back, although the breaker has opened meanwhile', async () => {
    await pool.query(sql('select 1'))
    // The answer is lost when the breaker is open already: the write has the one connection that there is.
    proxy.arm({ action: 'cut-response', when: 'insert into public.notes' })
    proxy.refusesNew = true
    const write = pool.query(
      sql(
        `insert into public.notes select 'lost' from pg_sleep(4) where not exists (select from public.notes where note = 'lost')`,
      ),
      { resolvesAmbiguity: true },
    )
    await eventually(async () => {
      await ask()
      return pool.reachability.isReachable
    }).toBe(false)
    await eventually(() => proxy.faultsArmed).toBe(0)
    await sleep(300)
    proxy.refusesNew = false
    expect(await write).toEqual([])
    const { rows } = await admin.query(`select from public.notes where note = 'lost'`)
    expect(rows).toHaveLength(1)
  })

  it('stays unknown where the server does not come back in time', async () => {
    await pool.query(sql('select 1'))
    proxy.arm({ action: 'cut-response', when: 'insert into public.notes' })
    const write = pool
      .query(sql(`insert into public.notes values ('never')`), {
        resolvesAmbiguity: true,
        deadlineAtMs: Date.now() + 700,
      })
      .catch((error: unknown) => error)
    await eventually(() => proxy.faultsArmed).toBe(0)
    await lose()
    expect(await write).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
  })

  it('that is resolved at once never opens the breaker, however often it happens', async () => {
    for (let round = 0; round < 10; round += 1) {
      proxy.arm({ action: 'cut-response', when: 'select 10' })
      expect(await one(pool.query(sql('select 10'), { resolvesAmbiguity: true }))).toBe('10')
    }
    expect(changes).toEqual([])
  })
})

describe('what is no sign of a server that is away', () => {
  const TIMES = 3 * breakerLimits.failuresMax

  const failing = async (text: string, times = TIMES): Promise<Set<string>> => {
    const codes = new Set<string>()
    for (let time = 0; time < times; time += 1)
      await pool.query(sql(text)).catch((error: unknown) => codes.add((error as { code: string }).code))
    return codes
  }

  it('errors of statements', async () => {
    expect(await failing('select 1 / 0')).toEqual(new Set(['INTERNAL']))
    expect(changes).toEqual([])
  })

  it('statements that are too slow for the server, or for us', async () => {
    await admin.query(`alter role trickle_app in database ${database.name} set statement_timeout = '20ms'`)
    expect(await failing('select pg_sleep(1)')).toEqual(new Set(['DEADLINE_EXCEEDED']))
    await admin.query(`alter role trickle_app in database ${database.name} reset statement_timeout`)
    await pool.end()
    pool = open({ queryTimeoutMs: 20 })
    expect(await failing('select pg_sleep(1)')).toEqual(new Set(['OUTCOME_UNKNOWN']))
    expect(changes).toEqual([])
  })

  it('a server that is full, or refuses the login', async () => {
    // Of this database alone: the server and its logins are shared with other files.
    await admin.query(`alter database ${database.name} connection limit 0`)
    expect(await failing('select 1', 2)).toEqual(new Set(['DATABASE_UNAVAILABLE']))
    await admin.query(`alter database ${database.name} connection limit -1`)
    const refused = new URL(database.url('trickle_app'))
    refused.password = 'wrong'
    await pool.end()
    pool = open({ url: refused.href })
    expect(await failing('select 1')).toEqual(new Set(['INTERNAL']))
    expect(changes).toEqual([])
  })

  it('a pool that is full', async () => {
    await pool.end()
    pool = open({ connectionsMax: 1 })
    const long = pool.query(sql('select pg_sleep(6)'))
    const waiting = Array.from({ length: TIMES }, () =>
      pool.query(sql('select 1'), { deadlineAtMs: Date.now() + 5_000 }).catch((error: unknown) => error),
    )
    for (const error of await Promise.all(waiting))
      expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE', headers: { 'Retry-After': '1' } })
    await long
    expect(changes).toEqual([])
  }, 20_000)

  it('connections that are killed while they work', async () => {
    for (let time = 0; time < TIMES; time += 1) {
      const work = pool.query(sql('select pg_sleep(5)')).catch((error: unknown) => error)
      await eventually(async () => {
        await killAll(admin, 'trickle_app')
        return Promise.race([work.then(() => 'ended'), sleep(20, 'works')])
      }).toBe('ended')
    }
    expect(changes).toEqual([])
  })
})

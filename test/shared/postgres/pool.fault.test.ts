import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { backendPid, kill, killAll, one, sql, until } from './support.ts'
import { eventually } from '../../support/eventually.ts'

let database: TestDatabase
let admin: Client
let proxy: TcpProxy

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  proxy = await TcpProxy.start(database.url('trickle_app'))
  await admin.query('create table public.notes (note text)')
  await admin.query('grant usage on schema public to trickle_app; grant all on public.notes to trickle_app')
})
afterAll(async () => {
  await proxy.close()
  await database.drop()
})

const write = (note: string) => sql('insert into public.notes values ($1)', note)
const noteCount = async (note: string): Promise<number> => {
  const { rows } = await admin.query('select from public.notes where note = $1', [note])
  return rows.length
}
const proxied = () =>
  new Database({ url: proxy.url(database.url('trickle_app')), connectionsMax: 1, statements: 'unnamed' })

describe('a connection that is killed', () => {
  it('while idle is told to the listener, ends no process, and is replaced', async () => {
    const told: string[] = []
    const pool = new Database({
      url: database.url('trickle_app'),
      connectionsMax: 1,
      statements: 'unnamed',
      onIdleError: (error) => told.push(error.message),
    })
    const before = await backendPid(pool)
    await kill(admin, before)
    await eventually(() => told.length).toBeGreaterThan(0)
    expect(await backendPid(pool)).not.toBe(before)
    await pool.end()
  })

  it('while idle does no harm to a caller who did not listen either', async () => {
    const pool = database.pool('trickle_app', 1)
    const before = await backendPid(pool)
    await kill(admin, before)
    expect(await one(pool.query(sql('select 1'), { resolvesAmbiguity: true }))).toBe('1')
  })

  it('while it works is tried again when somebody resolves it, and told as unknown when nobody does', async () => {
    const pool = database.pool('trickle_app', 1)
    const attempts: number[] = []
    // It works until this lock is given back, so the kill always comes in the middle.
    await admin.query('select pg_advisory_lock(77)')
    const work = sql('select pg_advisory_xact_lock(77)')
    const waiting =
      "select count(*) = 1 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())"
    const resolved = pool.query(work, {
      resolvesAmbiguity: true,
      onAttempt: (attempt) => attempts.push(attempt),
    })
    await until(admin, waiting)
    await killAll(admin, 'trickle_app')
    await eventually(() => attempts).toEqual([1, 2])
    await admin.query('select pg_advisory_unlock(77)')
    expect(await resolved).toEqual([{ value: '' }])
    await admin.query('select pg_advisory_lock(77)')
    const unresolved = pool.query(work).catch((error: unknown) => error)
    await until(admin, waiting)
    await killAll(admin, 'trickle_app')
    expect(await unresolved).toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    await admin.query('select pg_advisory_unlock(77)')
  })

  it('in the middle of a transaction undoes it, and the whole of it runs again', async () => {
    const pool = database.pool('trickle_app', 1)
    let attempts = 0
    await pool.transaction(async (run) => {
      attempts += 1
      await run(write('once'))
      if (attempts === 1) await killAll(admin, 'trickle_app')
      await run(write('once'))
    })
    expect([attempts, await noteCount('once')]).toEqual([2, 2])
  })

  it('between the last statement and COMMIT is no lost COMMIT', async () => {
    const pool = database.pool('trickle_app', 1)
    let attempts = 0
    await pool.transaction(async (run) => {
      attempts += 1
      await run(write('before commit'))
      if (attempts > 1) return
      await killAll(admin, 'trickle_app')
      // The client hears of it by an event of its socket, which comes before the COMMIT is sent.
      await eventually(() => one(run(sql('select 1'))).catch(() => 'gone')).toBe('gone')
    })
    expect([attempts, await noteCount('before commit')]).toEqual([2, 1])
  })
})

describe('a cut line', () => {
  it('before BEGIN arrives costs nothing', async () => {
    const pool = proxied()
    await pool.query(sql('select 1'))
    proxy.arm({ action: 'cut-request', when: 'begin' })
    await pool.transaction((run) => run(write('begin lost')))
    expect(await noteCount('begin lost')).toBe(1)
    await pool.end()
  })

  it('on the answer to COMMIT is told as unknown and not run again', async () => {
    const pool = proxied()
    let attempts = 0
    proxy.arm({ action: 'cut-response', when: 'commit' })
    const lost = pool.transaction((run) => {
      attempts += 1
      return run(write('answer to it lost'))
    })
    await expect(lost).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: true })
    expect([attempts, await noteCount('answer to it lost')]).toEqual([1, 1])
    await pool.end()
  })

  it('on the answer to a lone write is told as unknown, and the write happened', async () => {
    const pool = proxied()
    proxy.arm({ action: 'cut-response', when: 'insert into public.notes' })
    await expect(pool.query(write('answer lost'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    proxy.arm({ action: 'cut-request', when: 'insert into public.notes' })
    await expect(pool.query(write('request lost'))).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect([await noteCount('answer lost'), await noteCount('request lost')]).toEqual([1, 0])
    await pool.end()
  })

  it('on the answer, followed by a server that is gone, is still told as unknown: something may have been written', async () => {
    const pool = proxied()
    await pool.query(sql('select 1'))
    proxy.arm({ action: 'cut-response', when: 'insert into public.notes' })
    proxy.refusesNew = true
    await expect(pool.query(write('lost, then gone'), { resolvesAmbiguity: true })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    })
    expect(await noteCount('lost, then gone')).toBe(1)
    proxy.refusesNew = false
    await pool.query(sql('select 1'))
    proxy.arm({ action: 'cut-response', when: 'commit' })
    proxy.refusesNew = true
    const transaction = pool.transaction((run) => run(write('answer lost, then gone')), {
      resolvesAmbiguity: true,
    })
    await expect(transaction).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    proxy.refusesNew = false
    await pool.end()
  })

  it('followed by the time limit of a statement is told as unknown too', async () => {
    await admin.query(`alter role trickle_app in database ${database.name} set statement_timeout = '200ms'`)
    const pool = proxied()
    const locked = await database.client('admin')
    await locked.query('begin; lock table public.notes in access exclusive mode')
    proxy.arm({ action: 'cut-request', when: 'insert into public.notes' })
    await expect(pool.query(write('limit'), { resolvesAmbiguity: true })).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    })
    await locked.query('rollback')
    await admin.query(`alter role trickle_app in database ${database.name} reset statement_timeout`)
    await pool.end()
  })

  it('on the answer to a read is no question of what was written', async () => {
    const pool = proxied()
    proxy.arm({ action: 'cut-response', when: 'select 4' })
    expect(await one(pool.query(sql('select 4'), { isRead: true }))).toBe('4')
    proxy.arm(...Array.from({ length: 3 }, () => ({ action: 'cut-response', when: 'select 5' }) as const))
    await expect(pool.query(sql('select 5'), { isRead: true })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    })
    proxy.arm(...Array.from({ length: 3 }, () => ({ action: 'cut-response', when: 'commit' }) as const))
    const reading = pool.transaction((run) => run(sql('select 6')), { readOnly: true })
    await expect(reading).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' })
    await pool.end()
  })

  it('while a connection is made is tried again, also for writes', async () => {
    const pool = proxied()
    proxy.arm({ action: 'cut-request', when: 'trickle_app' }, { action: 'cut-response', when: 'trickle_app' })
    await pool.query(write('connect lost'))
    expect(await noteCount('connect lost')).toBe(1)
    expect(proxy.faultsUsed).toBeGreaterThanOrEqual(2)
    await pool.end()
  })
})

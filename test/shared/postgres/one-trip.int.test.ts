import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { backendPid, one, sql } from './support.ts'

let database: TestDatabase
let admin: Client
let proxy: TcpProxy
let pool: Database

const open = (url: string): Database => new Database({ url, connectionsMax: 1, statements: 'unnamed' })
const note = (value: string) => sql('insert into public.notes values ($1)', value)
const broken = sql('select 1 / 0')

async function notes(): Promise<string[]> {
  const { rows } = await admin.query<{ value: string }>('select value from public.notes order by value')
  return rows.map(({ value }) => value)
}

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query(`create table public.notes (value text unique);
    grant usage on schema public to trickle_worker; grant select, insert on public.notes to trickle_worker`)
  proxy = await TcpProxy.start(database.adminUrl)
})
beforeEach(async () => {
  await admin.query('truncate public.notes')
  pool = open(proxy.url(database.url('trickle_worker')))
})
afterEach(() => pool.end())
afterAll(async () => {
  await proxy.close()
  await database.drop()
})

describe('a transaction in one trip', () => {
  it('sends no COMMIT after a value that can not be sent', async () => {
    const unsendable = sql('insert into public.notes select $1::jsonb', { count: 1n })
    await expect(pool.inOneTrip([note('a'), broken, unsendable, note('b')])).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    await expect(pool.inOneTrip([note('a'), unsendable, note('b')])).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    expect(await notes()).toEqual([])
    await pool.inOneTrip([note('c')])
    expect(await notes()).toEqual(['c'])
  })

  it('is committed as a whole, and waits for the server once', async () => {
    await backendPid(pool)
    const before = proxy.roundTrips
    await pool.inOneTrip([note('a'), note('b')])
    expect(proxy.roundTrips).toBe(before + 1)
    expect(await notes()).toEqual(['a', 'b'])
  })

  it('is undone as a whole, by the first error, and its connection serves the next one', async () => {
    const pid = await backendPid(pool)
    await expect(pool.inOneTrip([note('a'), broken, note('b')])).rejects.toMatchObject({
      cause: { message: 'division by zero' },
    })
    expect(await notes()).toEqual([])
    await pool.inOneTrip([note('c')])
    expect(await notes()).toEqual(['c'])
    expect(await backendPid(pool)).toBe(pid)
  })

  it('whose answer was lost is of unknown outcome, unless its caller finds that out', async () => {
    proxy.arm({ action: 'cut-response', when: 'commit' })
    await expect(pool.inOneTrip([note('a')])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    proxy.arm({ action: 'cut-response', when: 'commit' })
    // Sent again: the first one had been committed, and the key says so.
    await expect(pool.inOneTrip([note('b')], { resolvesAmbiguity: true })).rejects.toMatchObject({
      cause: { code: '23505' },
    })
    expect(await notes()).toEqual(['a', 'b'])
    expect(proxy.faultsArmed).toBe(0)
  })
})

describe('many transactions in one trip', () => {
  it('are each committed or undone by itself, in their order, and wait for the server once', async () => {
    await backendPid(pool)
    const before = proxy.roundTrips
    const errors = await pool.eachInOneTrip([
      [note('a')],
      [note('b'), broken],
      [note('c'), note('d')],
      [note('a')],
    ])
    expect(proxy.roundTrips).toBe(before + 1)
    expect(errors).toMatchObject([null, { code: '22012' }, null, { code: '23505' }])
    expect(await notes()).toEqual(['a', 'c', 'd'])
  })

  it('are all sent again after a lost answer, and say which were committed', async () => {
    proxy.arm({ action: 'cut-response', when: 'commit' })
    const errors = await pool.eachInOneTrip([[note('a')], [note('b')]])
    // The first was committed before the cut. Of the second only the server knows whether it had come to it.
    expect(errors[0]).toMatchObject({ code: '23505' })
    expect([null, '23505']).toContain((errors[1] as { code?: string } | null)?.code ?? null)
    expect(await notes()).toEqual(['a', 'b'])
    expect(proxy.faultsArmed).toBe(0)
  })

  it('that fail keep no other one from a named statement that they were to prepare', async () => {
    const named = new Database({
      url: database.url('trickle_worker'),
      connectionsMax: 1,
      statements: 'named',
    })
    const insert = (value: string) => ({ ...note(value), name: 'insert_note' })
    const fail = (name: string) => ({ ...broken, name })
    const errors = await named.eachInOneTrip([
      [fail('first'), insert('a')],
      [insert('b')],
      [fail('second'), insert('c')],
      [insert('d')],
    ])
    expect(errors).toMatchObject([{ code: '22012' }, null, { code: '22012' }, null])
    expect(await notes()).toEqual(['b', 'd'])
    await named.end()
  })

  it('leave no tenant behind on the connection', async () => {
    const bind = sql("select set_config('app.tenant_id', $1, true)", '00000000-0000-4000-8000-000000000001')
    await pool.eachInOneTrip([
      [bind, note('a')],
      [bind, broken],
    ])
    expect(['', null]).toContain(await one(pool.query(sql("select current_setting('app.tenant_id', true)"))))
  })
})

requirePgBouncer()

describe.runIf(hasPgBouncer())('by way of PgBouncer', () => {
  it('they do the same', async () => {
    const bouncer = await startPgBouncer(database.adminUrl)
    const pooled = open(bouncer.url(database.url('trickle_worker')))
    const errors = await pooled.eachInOneTrip([[note('a')], [broken], [note('b'), note('c')]])
    expect(errors).toMatchObject([null, { code: '22012' }, null])
    await pooled.inOneTrip([note('d')])
    expect(await notes()).toEqual(['a', 'b', 'c', 'd'])
    await pooled.end()
    await bouncer.stop()
  })
})

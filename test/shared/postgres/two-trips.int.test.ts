import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import { TcpProxy } from '../../../packages/tcp-proxy/index.ts'
import { backendPid, sql } from './support.ts'

let database: TestDatabase
let admin: Client
let proxy: TcpProxy
let pool: Database

const open = (url: string, statements: 'named' | 'unnamed' = 'unnamed'): Database =>
  new Database({ url, connectionsMax: 1, statements })
const note = (value: string) => sql('insert into public.notes values ($1)', value)
const asked = sql('select 1')
const broken = sql('select 1 / 0')

async function notes(): Promise<string[]> {
  const { rows } = await admin.query<{ value: string }>('select value from public.notes order by value')
  return rows.map(({ value }) => value)
}

/** Reads a number, then writes notes and gives back what the last statement gave. */
const write = (through: Database, statements: readonly ReturnType<typeof sql>[], last = asked) =>
  through.inTwoTrips(
    (run) => [run(asked)],
    async () => ({
      send: (run, runAndCommit) => [...statements.map((statement) => run(statement)), runAndCommit(last)],
    }),
  )

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query(`create table public.notes (value text, unique (value) deferrable initially deferred);
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

describe('a transaction in two trips', () => {
  it('is committed with its last statement, and waits for the server twice', async () => {
    await backendPid(pool)
    const before = proxy.roundTrips
    expect(await write(pool, [note('a'), note('b')])).toEqual([{ value: '1' }])
    expect(proxy.roundTrips).toBe(before + 2)
    expect(await notes()).toEqual(['a', 'b'])
  })

  it.each([
    ['its first statement', [broken, note('a')], asked],
    ['its last statement', [note('a')], broken],
  ])('is undone when %s fails, and its connection serves the next one', async (_which, statements, last) => {
    const pid = await backendPid(pool)
    await expect(write(pool, statements, last)).rejects.toMatchObject({
      cause: { message: 'division by zero' },
    })
    expect(await notes()).toEqual([])
    await write(pool, [note('b')])
    expect(await notes()).toEqual(['b'])
    expect(await backendPid(pool)).toBe(pid)
  })

  it('throws the error of COMMIT, which undid it', async () => {
    const pid = await backendPid(pool)
    await expect(write(pool, [note('a'), note('a')])).rejects.toMatchObject({ cause: { code: '23505' } })
    expect(await notes()).toEqual([])
    expect(await backendPid(pool)).toBe(pid)
  })

  it('sends no COMMIT after a value that can not be sent, and its connection serves the next one', async () => {
    const pid = await backendPid(pool)
    // No text of JSON can be made of a bigint.
    const unsendable = sql('insert into public.notes select $1::jsonb', { count: 1n })
    for (const statements of [[unsendable], [note('a'), unsendable], [unsendable, note('a')]]) {
      await expect(write(pool, statements)).rejects.toMatchObject({
        code: 'INTERNAL',
        detail: expect.stringContaining("can't be sent to the database"),
      })
      await expect(write(pool, [note('b')], unsendable)).rejects.toMatchObject({ code: 'INTERNAL' })
      await expect(
        pool.inTwoTrips(
          (run) => [run(note('b')), run(unsendable)],
          () => Promise.resolve({ send: (_run, runAndCommit) => [runAndCommit(asked)] }),
        ),
      ).rejects.toMatchObject({ code: 'INTERNAL' })
    }
    expect(await notes()).toEqual([])
    await write(pool, [note('c')])
    expect(await notes()).toEqual(['c'])
    expect(await backendPid(pool)).toBe(pid)
  })

  it('prepares its statements once when they are named', async () => {
    const named = open(database.url('trickle_worker'), 'named')
    for (const value of ['a', 'b', 'c']) await write(named, [note(value)])
    await expect(write(named, [], broken)).rejects.toThrow('INTERNAL')
    await expect(write(named, [], broken)).rejects.toMatchObject({ cause: { message: 'division by zero' } })
    expect(await write(named, [note('d')])).toEqual([{ value: '1' }])
    expect(await notes()).toEqual(['a', 'b', 'c', 'd'])
    await named.end()
  })
})

requirePgBouncer()

describe.runIf(hasPgBouncer())('by way of PgBouncer', () => {
  it('does the same, also after a failure', async () => {
    const bouncer = await startPgBouncer(database.adminUrl)
    const pooled = open(bouncer.url(database.url('trickle_worker')))
    await write(pooled, [note('a')])
    await expect(write(pooled, [note('b')], broken)).rejects.toThrow('INTERNAL')
    await expect(write(pooled, [note('a')])).rejects.toMatchObject({ cause: { code: '23505' } })
    await write(pooled, [note('c')])
    expect(await notes()).toEqual(['a', 'c'])
    await pooled.end()
    await bouncer.stop()
  })
})

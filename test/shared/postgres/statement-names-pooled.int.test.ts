import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { hasPgBouncer, requirePgBouncer, startPgBouncer } from '../../support/pgbouncer.ts'
import type { PgBouncer, Tracking } from '../../support/pgbouncer.ts'
import { backendPid, one, sql } from './support.ts'

let database: TestDatabase
let admin: Client
let bouncer: PgBouncer
let left: Database
let right: Database
let endOfNames: string[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query('grant usage on schema public to trickle_app')
})
afterAll(() => database.drop())

function open(): Database {
  return new Database({
    url: bouncer.url(database.url('trickle_app')),
    connectionsMax: 1,
    statements: 'named',
    onNamesOff: (error) => endOfNames.push((error as Error & { code: string }).code),
  })
}
/** Two clients of such a PgBouncer, new for each test. */
function useClients(tracking: Tracking): void {
  beforeAll(async () => {
    bouncer = await startPgBouncer(database.adminUrl, tracking)
  })
  beforeEach(() => {
    endOfNames = []
    left = open()
    right = open()
  })
  afterEach(() => Promise.all([left.end(), right.end()]))
  afterAll(() => bouncer.stop())
}

const plus = (value: number) => sql('select ($1::int + 1)::text as value', value)
const prepared = sql('select count(*)::text as value from pg_prepared_statements')

requirePgBouncer('keeps-track')

describe.runIf(hasPgBouncer('keeps-track'))('behind a PgBouncer that keeps track of statements', () => {
  useClients('keeps-track')

  it('one server connection prepares a text once for all clients', async () => {
    expect(await backendPid(left)).toBe(await backendPid(right))
    await one(left.query(plus(0)))
    await one(left.query(prepared))
    const before = await one(left.query(prepared))
    expect([await one(left.query(plus(1))), await one(right.query(plus(2)))]).toEqual(['2', '3'])
    expect(await one(right.query(prepared))).toBe(before)
  })

  it('a statement goes on after a release has changed the columns of its function', async () => {
    const haveAnswer = (type: string, value: string) =>
      admin.query(`drop function if exists public.answer();
        create function public.answer() returns table (value ${type}) language sql as $$ select ${value} $$`)
    const answer = sql('select value from public.answer()')
    await haveAnswer('integer', '1')
    expect([await one(left.query(answer)), await one(right.query(answer))]).toEqual(['1', '1'])
    await haveAnswer('text', "'new'")
    expect([await one(left.query(answer)), await one(right.query(answer))]).toEqual(['new', 'new'])
    // The new text is prepared by one client and known to the other.
    expect([await one(right.query(answer)), await one(left.query(answer))]).toEqual(['new', 'new'])
    expect(endOfNames).toEqual([])
  })

  it('a transaction that fails in the middle of a piece leaves the connection in order', async () => {
    const broken = sql('select 1 / 0')
    for (let round = 0; round < 3; round += 1) {
      const errors = await left.eachInOneTrip([[broken, plus(1)], [plus(1)], [plus(2), broken], [plus(3)]])
      expect(errors).toMatchObject([{ code: '22012' }, null, { code: '22012' }, null])
      await expect(right.inOneTrip([plus(1), broken, plus(2)])).rejects.toMatchObject({ code: 'INTERNAL' })
      expect(await one(right.query(plus(round)))).toBe(String(round + 1))
    }
    expect(endOfNames).toEqual([])
  })

  it('a client goes on after the server has ended the connection that had prepared its statements', async () => {
    expect(await one(left.query(plus(1), { isRead: true }))).toBe('2')
    const pid = await backendPid(right)
    await admin.query('select pg_terminate_backend($1::int, 5000)', [pid])
    expect(await one(left.query(plus(2), { isRead: true }))).toBe('3')
    expect(await backendPid(left)).not.toBe(pid)
    expect(endOfNames).toEqual([])
  })
})

requirePgBouncer()

describe.runIf(hasPgBouncer())('behind a pooler that does not keep track of statements', () => {
  useClients('any')

  it('each client goes on without names, and never runs the text of another', async () => {
    const other = { ...sql("select 'other' as value"), name: plus(0).name }
    for (let round = 0; round < 4; round += 1) {
      expect(await one(left.query(plus(round)))).toBe(String(round + 1))
      expect(await one(right.query(other))).toBe('other')
      expect(await one(right.query(plus(round)))).toBe(String(round + 1))
    }
    expect(endOfNames.every((code) => code === '42P05' || code === '26000')).toBe(true)
  })
})

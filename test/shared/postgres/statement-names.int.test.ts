import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { Database } from '../../../shared/postgres/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { one, sql } from './support.ts'

let database: TestDatabase
let admin: Client
let pool: Database
let endOfNames: Error[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  await admin.query(
    'grant usage on schema public to trickle_app; create table public.notes (value text unique)',
  )
  await admin.query('grant select, insert on public.notes to trickle_app')
})
beforeEach(async () => {
  await admin.query('truncate public.notes')
  await haveAnswer('integer', '1')
  endOfNames = []
  pool = new Database({
    url: database.url('trickle_app'),
    connectionsMax: 1,
    statements: 'named',
    onNamesOff: (error) => endOfNames.push(error),
  })
})
afterEach(() => pool.end())
afterAll(() => database.drop())

/** What a release does when it changes the columns of a function. */
async function haveAnswer(type: string, value: string): Promise<void> {
  await admin.query(`drop function if exists public.answer();
    create function public.answer() returns table (value ${type}) language sql as $$ select ${value} $$`)
}

const answer = sql('select value from public.answer()')
const note = (value: string) => sql('insert into public.notes values ($1)', value)
const prepared = async (): Promise<string[]> => {
  const names = sql('select name as value from pg_prepared_statements order by prepare_time')
  return (await pool.query(names)).map(({ value }) => String(value))
}
const notes = async (): Promise<string[]> => {
  const { rows } = await admin.query<{ value: string }>('select value from public.notes order by value')
  return rows.map(({ value }) => value)
}

describe('a named statement', () => {
  it('is prepared under a name that tells its text from every other text', async () => {
    const first = { ...sql('select 1'), name: 'same' }
    const second = { ...sql('select 2'), name: 'same' }
    expect([await one(pool.query(first)), await one(pool.query(second))]).toEqual(['1', '2'])
    const [one_, two] = await prepared()
    expect([one_, two]).toEqual([
      expect.stringMatching(/^same_[0-9a-f]{12}$/),
      expect.stringMatching(/^same_[0-9a-f]{12}$/),
    ])
    expect(one_).not.toBe(two)
  })

  it('goes on after a release has changed the columns of its function', async () => {
    expect(await one(pool.query(answer))).toBe('1')
    await haveAnswer('text', "'new'")
    expect(await one(pool.query(answer))).toBe('new')
    expect(endOfNames).toEqual([])
  })

  it.each([
    [
      'a transaction',
      (work: Database) => work.transaction(async (run) => [await run(answer), await run(note('a'))]),
    ],
    ['one trip', (work: Database) => work.inOneTrip([answer, note('a')])],
    [
      'two trips',
      (work: Database) =>
        work.inTwoTrips(
          (run) => [run(answer)] as const,
          async () => ({ send: (_run, runAndCommit) => [runAndCommit(note('a'))] as const }),
        ),
    ],
    [
      'many trips',
      async (work: Database) => {
        expect(await work.eachInOneTrip([[answer], [answer, note('a')]])).toEqual([null, null])
      },
    ],
  ])('goes on in %s too, which writes once', async (_name, work) => {
    await pool.query(answer)
    await haveAnswer('text', "'new'")
    await work(pool)
    expect(await notes()).toEqual(['a'])
  })

  it('is parsed each time from the second change on, and the operator is told once', async () => {
    for (const [type, value] of [
      ['text', "'a'"],
      ['integer', '2'],
      ['text', "'b'"],
    ] as const) {
      await pool.query(answer)
      await haveAnswer(type, value)
    }
    expect(await one(pool.query(answer))).toBe('b')
    expect(endOfNames.map(({ message }) => message)).toEqual(['cached plan must not change result type'])
  })

  it('works again after a value that could not be sent', async () => {
    const json = (value: unknown) => ({ ...sql('select $1::jsonb', value), name: 'json' })
    await pool.query(json({ count: 1 }))
    const [name] = await prepared()
    await expect(pool.query(json({ count: 1n }))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await one(pool.query(json({ count: 2 })))).toBe('{"count": 2}')
    expect(await prepared()).toContain(name)
  })

  it('keeps its error when the statement itself is wrong', async () => {
    await expect(pool.query(sql('select 1 / 0'))).rejects.toMatchObject({ cause: { code: '22012' } })
    expect(endOfNames).toEqual([])
  })

  it('is one of at most 200: texts that are made at run time do not fill the server', async () => {
    for (let number = 0; number < 250; number += 1) await pool.query(sql(`select ${number}`))
    expect(await one(pool.query(sql('select count(*) from pg_prepared_statements')))).toBe('200')
  })
})

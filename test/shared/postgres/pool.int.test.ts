import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import {
  arrayOf,
  bigint,
  boolean,
  columns,
  composite,
  Database,
  integer,
  json,
  orElse,
  orNull,
  text,
  timestamp,
} from '../../../shared/postgres/index.ts'
import { withTenant } from '../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { backendPid, one, sql } from './support.ts'

let database: TestDatabase
let admin: Client
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  acme = await database.tenant('acme')
  await admin.query('create table public.notes (note text primary key)')
  await admin.query('grant usage on schema public to trickle_app; grant all on public.notes to trickle_app')
})
afterAll(() => database.drop())

const noteCount = async (note: string): Promise<number> => {
  const { rows } = await admin.query('select from public.notes where note = $1', [note])
  return rows.length
}
const write = (note: string) => sql('insert into public.notes values ($1)', note)

describe('a statement', () => {
  it('keeps the connection after a plain SQL error', async () => {
    const pool = database.pool('trickle_app', 1)
    const before = await backendPid(pool)
    await expect(pool.query(sql('select 1 / 0'))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(pool.query(sql('select no_such_function()'))).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await backendPid(pool)).toBe(before)
  })

  it('gives rows by the names of its columns, read as its list says', async () => {
    const pool = database.pool('trickle_app', 1)
    const printed = `true as is_first, 9223372036854775807::int8 as largest, 12 as page_count, 1.10::numeric as price,
      '{"n": 12345678901234567890}'::jsonb as data, '{"n": 1}'::jsonb as parsed, null::text as note, '{1,2}'::int[] as list,
      '2026-11-30 12:00:00.123456+01'::timestamptz as noted_at, (select row (1, 'a "b"', null)) as pair`
    const types = {
      isFirst: boolean,
      largest: bigint,
      pageCount: integer,
      price: text,
      data: text,
      parsed: json<{ n: number }>(),
      note: orNull(text),
      list: arrayOf(integer),
      notedAt: timestamp,
      pair: composite({ n: integer, name: text, rest: orElse(text, 'none') }),
    }
    const statement = {
      name: 'all',
      text: `select 'more' as more, ${printed}`,
      columns: columns(types),
      values: [],
    }
    expect(await pool.query(statement)).toEqual([
      {
        isFirst: true,
        largest: 9_223_372_036_854_775_807n,
        pageCount: 12,
        price: '1.10',
        data: '{"n": 12345678901234567890}',
        parsed: { n: 1 },
        note: null,
        list: [1, 2],
        notedAt: '2026-11-30T11:00:00.123456Z',
        pair: { n: 1, name: 'a "b"', rest: 'none' },
      },
    ])
  })

  it('says which column of which statement the database does not give, and undoes its transaction', async () => {
    const pool = database.pool('trickle_app', 1)
    const statement = {
      name: 'of_yesterday',
      text: 'select 1 as version where false',
      columns: columns({ version: integer, streamType: text }),
      values: [],
    }
    const refusal = {
      code: 'INTERNAL',
      cause: { message: expect.stringContaining('the statement "of_yesterday" has no column "stream_type"') },
    }
    await expect(pool.query(statement)).rejects.toMatchObject(refusal)
    const key = await backendPid(pool)
    await expect(
      pool.transaction(async (run) => {
        await run(sql('select pg_advisory_xact_lock(77)'))
        await run(statement)
      }),
    ).rejects.toMatchObject(refusal)
    expect(await backendPid(pool)).toBe(key)
    expect(
      await one(pool.query(sql('select count(*) from pg_locks where pid = pg_backend_pid() and objid = 77'))),
    ).toBe('0')
  })

  it('works prepared too, again and again on one connection', async () => {
    const pool = new Database({ url: database.url('trickle_app'), connectionsMax: 1, statements: 'named' })
    const named = { ...sql('select $1::int + 1'), name: 'sum' }
    expect(await one(pool.query({ ...named, values: [1] }))).toBe('2')
    expect(await one(pool.query({ ...named, values: [2] }))).toBe('3')
    expect(
      await one(pool.query(sql('select count(*) from pg_prepared_statements where name like $1', 'sum%'))),
    ).toBe('1')
    await pool.end()
    const unnamed = database.pool('trickle_app', 1)
    await unnamed.query({ ...named, values: [1] })
    expect(await one(unnamed.query(sql('select count(*) from pg_prepared_statements')))).toBe('0')
  })

  it('lets the caller look at the error first', async () => {
    const pool = database.pool('trickle_app', 1)
    const seen = new Error('seen')
    await expect(pool.query(sql('select 1 / 0'), { onError: () => seen })).rejects.toBe(seen)
    await expect(pool.query(sql('select 1 / 0'), { onError: () => undefined })).rejects.toMatchObject({
      code: 'INTERNAL',
    })
  })
})

describe('a transaction', () => {
  it('ends by COMMIT, or by ROLLBACK on the same connection when a statement fails', async () => {
    const pool = database.pool('trickle_app', 1)
    const before = await backendPid(pool)
    expect(await pool.transaction(async (run) => (await run(write('kept'))).length)).toBe(0)
    await expect(
      pool.transaction(async (run) => {
        await run(write('undone'))
        await run(sql('select 1 / 0'))
      }),
    ).rejects.toMatchObject({ code: 'INTERNAL' })
    expect([await noteCount('kept'), await noteCount('undone')]).toEqual([1, 0])
    expect(await backendPid(pool)).toBe(before)
  })

  it.each([
    ['a refusal of ours', new TrickleError('VERSION_CONFLICT', 'another version')],
    ['any other error', new TypeError('a bug')],
  ])('rolls back and keeps the connection when the work throws %s', async (_what, thrown) => {
    const pool = database.pool('trickle_app', 1)
    const before = await backendPid(pool)
    const failed = pool.transaction(async (run) => {
      await run(write('refused'))
      throw thrown
    })
    await expect(failed).rejects.toMatchObject(
      thrown instanceof TrickleError ? { code: 'VERSION_CONFLICT' } : { code: 'INTERNAL', cause: thrown },
    )
    expect(await noteCount('refused')).toBe(0)
    expect(await backendPid(pool)).toBe(before)
  })

  it('does not report as done what COMMIT undid because the work swallowed an error', async () => {
    const pool = database.pool('trickle_app', 1)
    const work = pool.transaction(async (run) => {
      await run(write('swallowed'))
      await run(sql('select 1 / 0')).catch(() => [])
      return 'done'
    })
    await expect(work).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(await noteCount('swallowed')).toBe(0)
  })

  it('runs again as a whole after a deadlock', async () => {
    await admin.query("insert into public.notes values ('left'), ('right')")
    const pool = database.pool('trickle_app', 2)
    let attempts = 0
    let arrived = 0
    let open: () => void = () => {}
    const bothHoldOne = new Promise<void>((resolve) => {
      open = resolve
    })
    const lockBoth = (first: string, second: string) =>
      pool.transaction(async (run) => {
        attempts += 1
        await run(sql('select from public.notes where note = $1 for update', first))
        arrived += 1
        if (arrived === 2) open()
        await bothHoldOne
        await run(sql('select from public.notes where note = $1 for update', second))
      })
    await Promise.all([lockBoth('left', 'right'), lockBoth('right', 'left')])
    expect(attempts).toBe(3)
  })

  it('can be told to read only', async () => {
    const pool = database.pool('trickle_app', 1)
    await expect(
      pool.transaction((run) => run(write('read only')), { readOnly: true }),
    ).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' })
  })
})

describe('a transaction that is left open', () => {
  it('is destroyed with its connection, and its tenant with it', async () => {
    const pool = database.pool('trickle_app', 1)
    const before = await backendPid(pool)
    await pool.query(sql('begin'))
    const after = await backendPid(pool)
    expect(after).not.toBe(before)
    expect(await one(pool.query(sql("select current_setting('app.tenant_id', true)")))).toBeNull()
  })

  it('leaves no tenant to the next borrower after any end of withTenant', async () => {
    const pool = database.pool('trickle_app', 1)
    const bound = sql("select current_setting('app.tenant_id', true)")
    expect(await withTenant(pool, acme, (run) => one(run(bound)))).toBe(acme.tenantId)
    expect(await one(pool.query(bound))).toBe('')
    await withTenant(pool, acme, () => Promise.reject(new Error('it broke'))).catch(() => {})
    expect([null, '']).toContain(await one(pool.query(bound)))
    await withTenant(pool, acme, (run) => run(sql('select 1 / 0'))).catch(() => {})
    expect([null, '']).toContain(await one(pool.query(bound)))
  })
})

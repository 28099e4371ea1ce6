import type { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LogOperations } from '../../../../shared/event-store/index.ts'
import type { LogStatus, RunningTransaction } from '../../../../shared/event-store/index.ts'
import { createDatabase, createOwnServer } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { append } from '../append/order-checks.ts'

let own: Awaited<ReturnType<typeof createOwnServer>>
let database: TestDatabase
let elsewhere: TestDatabase
let admin: Client
let appender: Client
let other: Client
let foreign: Client
let tenantId: string
let log: LogOperations

beforeAll(async () => {
  // The horizon is server-wide, and autovacuum has transactions of its own.
  own = await createOwnServer({ settings: { max_prepared_transactions: 5, autovacuum: false } })
  const place = { adminUrl: own.server.adminUrl, template: 'trickle' }
  database = await createDatabase(place)
  elsewhere = await createDatabase(place)
  admin = await database.client('admin')
  appender = await database.client('trickle_app')
  other = await database.client('trickle_app')
  foreign = await elsewhere.client('admin')
  // A held transaction would otherwise be ended after 5 s, which a busy machine may take for one check.
  for (const client of [appender, other])
    await client.query('set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0')
  tenantId = (await database.tenant('acme')).tenantId
  log = new LogOperations(database.pool('trickle_operator', 1))
  await append(appender, tenantId, 'first')
})
afterAll(async () => {
  await database.drop()
  await elsewhere.drop()
  await own.drop()
})
afterEach(async () => {
  // What a failed check leaves would fail all that follow.
  const { rows } = await admin.query<{ gid: string; database: string }>(
    'select gid, database from pg_prepared_xacts',
  )
  for (const { gid, database: place } of rows)
    await (place === elsewhere.name ? foreign : other).query(`rollback prepared '${gid}'`)
  for (const client of [appender, other, foreign, admin]) await client.query('rollback')
  await admin.query('grant pg_read_all_stats to trickle_operator')
})

const only = <T>(items: readonly T[]): T => {
  const [item, ...rest] = items
  if (item === undefined || rest.length > 0) throw new Error(`there are ${items.length}, not one`)
  return item
}

const pidOf = async (client: Client): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return only(rows).pid
}

/** The status, after the horizon in it was found to be that of feed_horizon() itself: nothing else runs meanwhile. */
async function look(): Promise<LogStatus> {
  const status = await log.status()
  const { rows } = await admin.query<{ horizon: string }>(
    'select trickle_events_log.feed_horizon() as horizon',
  )
  expect(status.horizon.xid).toBe(only(rows).horizon)
  return status
}

async function holdAppend(stream = 'held'): Promise<{ xid: string; pid: number }> {
  await appender.query('begin')
  await append(appender, tenantId, stream)
  const { rows } = await appender.query<{ xid: string }>('select pg_current_xact_id() as xid')
  return { xid: only(rows).xid, pid: await pidOf(appender) }
}

describe('the status of the log', () => {
  it('names no holder while nothing runs', async () => {
    const status = await look()
    expect(status).toMatchObject({
      horizon: { isHeld: false, ageSeconds: 0 },
      holders: [],
      holderCount: 0,
      bystanders: [],
      eventsBehind: { count: 0, oldestRecordedAt: null },
      isAheadOfServer: false,
      epoch: { reason: 'the log begins', beganXid: '0', beganPosition: '0' },
      earlierEpochs: [],
    })
    expect(status.head?.recordedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u)
  })

  it('names the appender that stands still, since when, and what waits for it', async () => {
    const held = await holdAppend()
    await append(other, tenantId, 'behind')
    const status = await look()
    const holder: RunningTransaction = only(status.holders)
    expect(holder).toMatchObject({
      xid: held.xid,
      kind: 'appender',
      pid: held.pid,
      login: 'trickle_app',
      database: database.name,
      state: 'idle in transaction',
      preparedAs: null,
    })
    expect(status.horizon).toMatchObject({ xid: held.xid, isHeld: true, seesSessions: true })
    expect(status.horizon.ageSeconds).toBeCloseTo(
      (Date.parse(status.lookedAt) - Date.parse(holder.since ?? '')) / 1000,
      1,
    )
    expect(status.eventsBehind).toMatchObject({ count: 1, isLowerBound: false })
    expect(status.eventsBehind.oldestRecordedAt).not.toBeNull()
    await appender.query('commit')
    const after = await look()
    expect(after).toMatchObject({ holders: [], eventsBehind: { count: 0 } })
    expect(BigInt(after.head?.position ?? 0)).toBe(BigInt(status.head?.position ?? 0) + 2n)
  })

  it('lists the oldest appender first, as the one whose id is the horizon', async () => {
    const held = await holdAppend()
    await other.query('begin')
    await append(other, tenantId, 'younger')
    const status = await look()
    expect(status.holders.map((holder) => holder.pid)).toEqual([held.pid, await pidOf(other)])
    expect(status.horizon.xid).toBe(held.xid)
  })

  it('lists who writes elsewhere apart, in this database and in another one', async () => {
    await admin.query('create table if not exists public.foreign_table (id int)')
    await admin.query('begin')
    await admin.query('insert into public.foreign_table values (1)')
    await foreign.query('begin')
    await foreign.query('create table public.foreign_table (id int)')
    await append(other, tenantId, 'beside')
    const status = await log.status()
    expect(status).toMatchObject({
      horizon: { isHeld: false, ageSeconds: 0 },
      holders: [],
      bystanderCount: 2,
    })
    expect(status.bystanders.map(({ kind, database: name }) => ({ kind, name }))).toEqual([
      { kind: 'foreign', name: database.name },
      { kind: 'foreign', name: elsewhere.name },
    ])
    expect(status.eventsBehind.count).toBe(0)
  })

  it('knows an appender of another database for a bystander, whose locks are none of ours', async () => {
    const theirs = (await elsewhere.tenant('acme')).tenantId
    await foreign.query('begin')
    await append(foreign, theirs, 'held')
    expect(await look()).toMatchObject({
      holders: [],
      bystanders: [{ kind: 'foreign', database: elsewhere.name }],
    })
  })

  it('tells the name of a prepared append, which has no process', async () => {
    await holdAppend()
    await appender.query("prepare transaction 'two-phase'")
    const prepared = await look()
    expect(only(prepared.holders)).toMatchObject({
      kind: 'appender',
      pid: null,
      login: 'trickle_app',
      database: database.name,
      state: 'prepared',
      preparedAs: 'two-phase',
    })
    expect(prepared.horizon.ageSeconds).not.toBeNull()
    await appender.query("rollback prepared 'two-phase'")
    expect((await look()).holders).toEqual([])
  })

  it('lists a prepared transaction of somebody else apart', async () => {
    await foreign.query('begin')
    await foreign.query('create table public.prepared_table (id int)')
    await foreign.query("prepare transaction 'theirs'")
    expect(await look()).toMatchObject({
      horizon: { isHeld: false },
      bystanders: [{ state: 'prepared', preparedAs: 'theirs', database: elsewhere.name }],
    })
    await foreign.query("rollback prepared 'theirs'")
  })

  it('lists an appender with savepoints once', async () => {
    const held = await holdAppend()
    await appender.query('savepoint a')
    await appender.query('create temporary table in_savepoint (id int)')
    expect((await look()).holders.map(({ xid }) => xid)).toEqual([held.xid])
  })

  it('takes the id of its own transaction for a holder, as the horizon does', async () => {
    const operator = await database.client('trickle_operator')
    await operator.query('begin')
    const own = await operator.query<{ xid: string }>('select pg_current_xact_id() as xid')
    // An id beyond it has ended then: a snapshot never lists the own one.
    await append(other, tenantId, 'beyond')
    const { rows } = await operator.query<{ horizon: string; kind: string; held: string }>(
      `select f.horizon, f.holders -> 0 ->> 'kind' as kind, trickle_events_log.feed_horizon() as held
        from trickle_events_log.feed_status(5, 5) f`,
    )
    await operator.query('rollback')
    const { xid } = only(own.rows)
    const { horizon, kind, held } = only(rows)
    expect({ horizon, kind, held }).toEqual({ horizon: xid, kind: 'unproven', held: xid })
  })

  it('says so when it may not see what sessions do, and names who and where all the same', async () => {
    await admin.query('revoke pg_read_all_stats from trickle_operator')
    const held = await holdAppend()
    const status = await look()
    expect(status.horizon).toEqual({ xid: held.xid, isHeld: true, ageSeconds: null, seesSessions: false })
    expect(only(status.holders)).toMatchObject({
      pid: held.pid,
      login: 'trickle_app',
      database: database.name,
      state: null,
      since: null,
    })
  })

  it('counts and lists up to a cap', async () => {
    await holdAppend()
    for (let n = 0; n < 3; n += 1) await append(other, tenantId, 'behind')
    const capped = await log.status({ transactionsMax: 0, eventsMax: 2 })
    expect(capped).toMatchObject({
      holders: [],
      holderCount: 1,
      eventsBehind: { count: 2, isLowerBound: true },
    })
  })

  it('tells a log that came from a server with higher ids, of which nothing can be read', async () => {
    const moved = await createDatabase({ adminUrl: own.server.adminUrl, template: 'trickle' })
    const client = await moved.client('admin')
    const mine = (await moved.tenant('acme')).tenantId
    await append(client, mine, 's')
    await client.query("update trickle_events_log.events set xid = '900000000'")
    const operations = new LogOperations(moved.pool('trickle_operator', 1))
    expect(await operations.status()).toMatchObject({ isAheadOfServer: true, head: null })
    await expect(operations.beginEpoch({ reason: 'moved', point: { from: 'end' } })).rejects.toMatchObject({
      code: 'LOG_AHEAD_OF_SERVER',
    })
    await moved.drop()
  })
})

describe('without the proof of who is foreign', () => {
  it('a bystander would be named as the holder', async () => {
    const throwaway = await createDatabase({ adminUrl: own.server.adminUrl, template: 'trickle' })
    const mutated = await throwaway.client('admin')
    await mutateFunction(
      mutated,
      'trickle_events_log.running_transactions',
      /when o.is_ours then[\s\S]*else 'foreign' end/u,
      "else 'appender' end",
    )
    await foreign.query('begin')
    await foreign.query('create table public.foreign_table (id int)')
    const status = await new LogOperations(throwaway.pool('trickle_operator', 1)).status()
    expect(status).toMatchObject({ horizon: { isHeld: true }, holders: [{ database: elsewhere.name }] })
    await throwaway.drop()
  })
})

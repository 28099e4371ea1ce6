import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { createDatabase, createOwnServer } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import {
  append,
  appendersOfOneStream,
  beginning,
  foreignWriter,
  lateAppender,
  openBench,
  raceForTwoStreams,
  readFeed,
  slowAppender,
} from './order-checks.ts'
import type { OrderBench } from './order-checks.ts'

let own: Awaited<ReturnType<typeof createOwnServer>>
let database: TestDatabase
let bench: OrderBench

const place = () => ({ adminUrl: own.server.adminUrl, template: 'trickle' })

beforeAll(async () => {
  own = await createOwnServer({ settings: { max_prepared_transactions: 5, autovacuum: false } })
  database = await createDatabase(place())
  bench = await openBench(database)
})
afterAll(async () => {
  await database.drop()
  await own.drop()
})
beforeEach(() => bench.admin.query('truncate trickle_events_log.events, trickle_events_log.streams'))

/** The same in a throwaway database, with a piece of a function replaced. */
async function mutant(name: string, piece: string | RegExp, replacement: string): Promise<OrderBench> {
  const throwaway = await createDatabase(place())
  onTestFinished(() => throwaway.drop())
  const mutated = await openBench(throwaway)
  await mutateFunction(mutated.admin, `trickle_events_log.${name}`, piece, replacement)
  return mutated
}

const STREAM_LOCK =
  'v_done := pg_advisory_xact_lock(trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1])) is null;'
const WHOLE_BODY = /begin[\s\S]*end/

describe('appenders of one stream', () => {
  it('wait for each other before they look', async () => {
    expect(await appendersOfOneStream(bench)).toEqual({ waitsFor: 'advisory', second: 'appended 2' })
  })

  it('do not, without the lock', async () => {
    const unlocked = await mutant('append', STREAM_LOCK, '')
    expect(await appendersOfOneStream(unlocked)).not.toEqual({ waitsFor: 'advisory', second: 'appended 2' })
  })

  it('of several streams wait too, and do not when these are locked by nobody', async () => {
    expect(await raceForTwoStreams(bench)).toBe('appended')
    const unlocked = await mutant('lock_streams', /for v_lock in[\s\S]*end loop;/, '')
    expect(await raceForTwoStreams(unlocked)).toBe('23505')
  })
})

describe('an append', () => {
  it('must be the first write of its transaction', async () => {
    expect(await lateAppender(bench)).toEqual({ late: 'TK002', feed: ['late 1'] })
  })

  it('would stand in the feed before what it follows, without that guard', async () => {
    const unguarded = await mutant('append', 'if pg_current_xact_id_if_assigned() is null', 'if true')
    expect(await lateAppender(unguarded)).toEqual({ late: 'appended', feed: ['late 2', 'late 1'] })
  })

  it('is refused a second time in one transaction, also after a savepoint took back the first', async () => {
    const { first, tenantId } = bench
    await first.query('begin')
    await append(first, tenantId, 's')
    await expect(append(first, tenantId, 'other')).rejects.toMatchObject({ code: 'TK002' })
    await first.query('rollback')
    await first.query('begin')
    await first.query('savepoint a')
    await append(first, tenantId, 's')
    await first.query('rollback to a')
    await expect(append(first, tenantId, 's')).rejects.toMatchObject({ code: 'TK002' })
    await first.query('rollback')
  })

  it('to several streams is guarded alike', async () => {
    const { first, tenantId } = bench
    await first.query('begin')
    await first.query('select pg_current_xact_id()')
    await expect(
      first.query(
        `select trickle_events_log.append($1, array['a', 'b'], null, array[-1, -1], 1, '[{"s": 1, "id": "i", "type": "T"}]', null, null, null, null)`,
        [tenantId],
      ),
    ).rejects.toMatchObject({ code: 'TK002' })
    await first.query('rollback')
  })
})

describe('the feed', () => {
  it('waits for an appender who has written and not ended, and then holds both in order', async () => {
    expect(await slowAppender(bench)).toEqual({ during: [], after: ['slow 1', 'fast 1'] })
    expect(await slowAppender(bench, 'rollback')).toEqual({ during: [], after: ['fast 2'] })
  })

  it('would skip the slow one, if its horizon were what no snapshot has seen', async () => {
    const mutated = await mutant(
      'feed_horizon',
      WHOLE_BODY,
      'begin return pg_snapshot_xmax(pg_current_snapshot()); end',
    )
    expect(await slowAppender(mutated)).toEqual({ during: ['fast 1'], after: [] })
  })

  it('would skip the slow one, if appenders carried no mark', async () => {
    const unlocked = await mutant('append', STREAM_LOCK, '')
    expect(await slowAppender(unlocked)).toEqual({ during: ['fast 1'], after: [] })
  })

  it('does not wait for a writer of another table, nor for one of another database', async () => {
    expect(await foreignWriter(bench, bench.admin)).toEqual({ during: ['beside 1'] })
    const other = await createDatabase(place())
    const { admin } = await openBench(other)
    expect(await foreignWriter(bench, admin)).toEqual({ during: ['beside 2'] })
    await other.drop()
  })

  it('would wait for them, if it knew only the oldest transaction of the server', async () => {
    const mutated = await mutant(
      'feed_horizon',
      WHOLE_BODY,
      'begin return pg_snapshot_xmin(pg_current_snapshot()); end',
    )
    expect(await foreignWriter(mutated, mutated.admin)).toEqual({ during: [] })
  })

  it('does not wait for an appender who has written nothing', async () => {
    const { first, second, reader, tenantId } = bench
    await append(second, tenantId, 's')
    await first.query('begin')
    expect(await append(first, tenantId, 's', 7)).toMatchObject({ outcome: 'conflict' })
    await append(second, tenantId, 'other')
    expect((await readFeed(reader, beginning)).events).toEqual(['s 1', 'other 1'])
    await first.query('rollback')
  })

  it('waits for a prepared append and not for a prepared transaction of somebody else', async () => {
    const { admin, second, reader, tenantId } = bench
    await admin.query("begin; insert into public.foreign_table values (1); prepare transaction 'foreign'")
    await append(second, tenantId, 's')
    const { events, next } = await readFeed(reader, beginning)
    expect(events).toEqual(['s 1'])
    await admin.query("rollback prepared 'foreign'")
    await admin.query('begin')
    await append(admin, tenantId, 'prepared')
    await admin.query("prepare transaction 'ours'")
    await append(second, tenantId, 's')
    expect((await readFeed(reader, next)).events).toEqual([])
    await admin.query("commit prepared 'ours'")
    expect((await readFeed(reader, next)).events).toEqual(['prepared 1', 's 2'])
  })

  it('of one tenant keeps the same rules', async () => {
    const { first, second, tenantId } = bench
    const read = async () => {
      const { rows } = await second.query<{ stream_id: string }>(
        `select j.event ->> 'streamId' as stream_id
          from trickle_events_log.read_tenant_feed($1, '0', 0, null, null, null, 100, 100, 1000000, false) f
          cross join lateral jsonb_array_elements(concat('[', f.events, ']')::jsonb) j (event)`,
        [tenantId],
      )
      return rows.map((row) => row.stream_id)
    }
    await first.query('begin')
    await append(first, tenantId, 'slow')
    await append(second, tenantId, 'fast')
    expect(await read()).toEqual([])
    await first.query('commit')
    expect(await read()).toEqual(['slow', 'fast'])
  })

  it('refuses to be read in a transaction whose snapshot stands still', async () => {
    const { reader } = bench
    await reader.query('begin isolation level repeatable read')
    await expect(readFeed(reader, beginning)).rejects.toMatchObject({ code: 'TK003' })
    await reader.query('rollback')
  })

  it('shows a reader nothing of its own transaction', async () => {
    const { first, tenantId } = bench
    await first.query('begin')
    await append(first, tenantId, 's')
    const { rows } = await first.query(
      "select f.count from trickle_events_log.read_tenant_feed($1, '0', 0, null, null, null, 100, 100, 1000000, false) f",
      [tenantId],
    )
    expect(rows).toEqual([{ count: 0 }])
    await first.query('rollback')
  })
})

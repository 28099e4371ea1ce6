import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnServer } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import {
  commitDuringRead,
  crossedPositions,
  readBesideOtherDatabase,
  readBesidePreparedAppend,
  readBesideSlowAppender,
  showBeforeIdIsLocked,
} from './feed-races.ts'
import { openRaceBench, PAUSE } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'

/** Each race is forced twice: against the schema as it is, and in a database of its own with one guard taken out. */
let own: Awaited<ReturnType<typeof createOwnServer>>
beforeAll(async () => {
  own = await createOwnServer({ settings: { autovacuum: false, max_prepared_transactions: 5 } })
})
afterAll(() => own.drop())

type Change = (admin: Client) => Promise<unknown>
const bench = (...changes: Change[]): Promise<RaceBench> =>
  openRaceBench({ adminUrl: own.server.adminUrl, template: 'trickle' }, async (admin) => {
    for (const change of changes) await change(admin)
  })
const mutated =
  (name: string, piece: string | RegExp, replacement: string): Change =>
  (admin) =>
    mutateFunction(admin, `trickle_events_log.${name}`, piece, replacement)

const held = { during: [], after: ['slow 1', 'fast 1'] }
const both = { during: ['slow 1', 'fast 1'], after: [] }
const skipped = { during: ['fast 1'], after: [] }

/** The horizon looks at a table that the test fills, so that it meets a moment which lasts too short to be met. */
const locksShown = mutated('feed_horizon', 'from pg_locks l', 'from public.shown_locks l')

describe('the mark of an appender', () => {
  it('holds the feed', async () => {
    expect(await readBesideSlowAppender(await bench())).toEqual(held)
  })

  it('would not, if the appender locked in another class than the horizon looks for', async () => {
    const otherClass = mutated(
      'append',
      'pg_advisory_xact_lock(trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1]))',
      'pg_advisory_xact_lock(trickle_events_log.lock_class() + 1, trickle_events_log.lock_key(p_tenant, p_streams[1]))',
    )
    expect(await readBesideSlowAppender(await bench(otherClass))).toEqual(skipped)
  })

  it('holds the feed for an append that is prepared, which no process has any more', async () => {
    expect(await readBesidePreparedAppend(await bench())).toEqual(held)
  })

  it('would not, if it were found by its process alone', async () => {
    const byProcess = mutated(
      'feed_horizon',
      /and not exists \(select from ours o where o\.virtualtransaction = l\.virtualtransaction\)/,
      '',
    )
    expect(await readBesidePreparedAppend(await bench(byProcess))).toEqual(skipped)
  })
})

describe('a transaction id that is not locked yet', () => {
  it('holds the feed, since a missing row proves nothing', async () => {
    const raced = await bench(locksShown)
    expect(await readBesideSlowAppender(raced, showBeforeIdIsLocked(raced))).toEqual(held)
  })

  it('would be skipped, if the horizon were the oldest id whose owner is seen to append', async () => {
    const seenAppenders = mutated(
      'feed_horizon',
      /begin[\s\S]*end/,
      `begin
        return least(pg_snapshot_xmax(pg_current_snapshot()), (select min(t.transactionid::text::xid8)
          from public.shown_locks t where t.locktype = 'transactionid' and exists (
            select from public.shown_locks o where o.locktype = 'advisory' and o.pid = t.pid
              and o.classid = trickle_events_log.lock_class()::oid and o.objsubid = 2)));
      end`,
    )
    const raced = await bench(seenAppenders)
    expect(await readBesideSlowAppender(raced, showBeforeIdIsLocked(raced))).toEqual(skipped)
  })
})

describe('an append that commits while a page is read', () => {
  const stopBetweenLooks = mutated(
    'read_tenant_feed',
    'v_proven := trickle_events_log.feed_horizon();',
    `perform pg_advisory_xact_lock(7); v_proven := trickle_events_log.feed_horizon();`,
  )

  it('is on that page, since the page is a statement of its own after the horizon', async () => {
    expect(await commitDuringRead(await bench(stopBetweenLooks))).toEqual(both)
  })

  it('would be skipped, if the function were STABLE and read its page in an older snapshot', async () => {
    const stable = mutated('read_tenant_feed', 'LANGUAGE plpgsql', 'LANGUAGE plpgsql STABLE')
    expect(await commitDuringRead(await bench(stopBetweenLooks, stable))).toEqual(skipped)
  })

  it('is on that page in the middle of COMMIT PREPARED, too', async () => {
    expect(await commitDuringRead(await bench(stopBetweenLooks, locksShown), 'mid-commit')).toEqual(both)
  })

  const repeatableRead: Change = async (admin) => {
    const { rows } = await admin.query<{ name: string }>('select current_database() as name')
    await admin.query(
      `alter role trickle_app in database ${rows[0]?.name ?? ''} set default_transaction_isolation = 'repeatable read'`,
    )
  }

  it('is not asked for in REPEATABLE READ, which is refused', async () => {
    const raced = await bench(repeatableRead)
    await expect(readBesideSlowAppender(raced)).rejects.toMatchObject({ cause: { code: 'TK003' } })
  })

  it('would be skipped there in the middle of COMMIT PREPARED', async () => {
    const allowed = mutated(
      'feed_horizon',
      "if current_setting('transaction_isolation') <> 'read committed' then",
      'if false then',
    )
    const raced = await bench(stopBetweenLooks, locksShown, allowed, repeatableRead)
    expect(await commitDuringRead(raced, 'mid-commit')).toEqual(skipped)
  })
})

describe('appends whose ids and positions are in opposite order', () => {
  const stopBehindTheId = mutated(
    'append',
    'insert into trickle_events_log.events',
    `${PAUSE} insert into trickle_events_log.events`,
  )

  it('are both read, since a checkpoint holds both', async () => {
    expect(await crossedPositions(await bench(stopBehindTheId))).toEqual({
      during: ['early-id 1'],
      after: ['early-position 1'],
    })
  })

  it('would not, if a checkpoint were a position', async () => {
    const positionOnly = mutated(
      'read_tenant_feed',
      /\(e\.xid, e\.position\) > \(\w+_xid, (?=\w+_position\))/g,
      '(e.position) > (',
    )
    expect(await crossedPositions(await bench(stopBehindTheId, positionOnly))).toEqual({
      during: ['early-id 1'],
      after: [],
    })
  })
})

describe('an appender of another database', () => {
  const SHOWN = { during: ['here 1'], after: [] }

  it('holds nothing', async () => {
    expect(await readBesideOtherDatabase(await bench(), await bench())).toEqual(SHOWN)
  })

  it('would hold the feed, if its mark were taken for one of ours', async () => {
    const anyDatabase = mutated(
      'feed_horizon',
      /and l\.database = \(select d\.oid from pg_database d where d\.datname = current_database\(\)\)/,
      '',
    )
    expect(await readBesideOtherDatabase(await bench(anyDatabase), await bench())).toEqual({
      during: [],
      after: ['here 1'],
    })
  })
})

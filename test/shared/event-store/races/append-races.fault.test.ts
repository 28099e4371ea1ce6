import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createOwnServer } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import {
  appendAfterRollbackTo,
  crossedStreams,
  mutualConditions,
  sameVersion,
  twins,
} from './append-races.ts'
import { openRaceBench, PAUSE } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'

/** Each race is forced twice: against the schema as it is, and in a database of its own with one guard taken out. */
let own: Awaited<ReturnType<typeof createOwnServer>>
beforeAll(async () => {
  own = await createOwnServer({ settings: { autovacuum: false } })
})
afterAll(() => own.drop())

const bench = (change?: (admin: Client) => Promise<unknown>): Promise<RaceBench> =>
  openRaceBench({ adminUrl: own.server.adminUrl, template: 'trickle' }, change)
const mutated = (name: string, piece: string | RegExp, replacement: string) => (admin: Client) =>
  mutateFunction(admin, `trickle_events_log.${name}`, piece, replacement)
const both =
  (...changes: ((admin: Client) => Promise<unknown>)[]) =>
  async (admin: Client) => {
    for (const change of changes) await change(admin)
  }

const ALL_LOCKS = 'perform trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names);'

describe('appends that name the same streams in opposite order', () => {
  const stopBehindEachLock = mutated('lock_streams', 'end loop;', `${PAUSE} end loop;`)

  it('wait for each other, since locks are taken in the order of their keys', async () => {
    expect(await crossedStreams(await bench(stopBehindEachLock))).toEqual(['appended', 'appended'])
  })

  it('would deadlock, if locks were taken in the order of the request', async () => {
    const inRequestOrder = both(
      mutated(
        'lock_streams',
        'as u (tenant_id, stream_id, is_shared)',
        'with ordinality as u (tenant_id, stream_id, is_shared, n)',
      ),
      mutated('lock_streams', 'group by 1 order by 1', 'group by 1 order by min(u.n)'),
    )
    expect(await crossedStreams(await bench(both(stopBehindEachLock, inRequestOrder)))).toEqual([
      '40P01',
      'appended',
    ])
  })
})

describe('appends that each depend on the stream of the other', () => {
  it('are not both written, since a condition holds a shared lock', async () => {
    expect(await mutualConditions(await bench())).toEqual(['appended', 'conflict'])
  })

  it('would both be written, if only what is written were locked', async () => {
    const unlocked = mutated(
      'lock_streams',
      'perform pg_advisory_xact_lock_shared(trickle_events_log.lock_class(), v_lock.key);',
      'null;',
    )
    expect(await mutualConditions(await bench(unlocked))).toEqual(['appended', 'appended'])
  })
})

describe('appends that expect the same version', () => {
  const forms = ['alone', 'with a condition'] as const
  const lockOfOwn = mutated('lock_key', 'hashtext(p_tenant::text || p_stream)', 'pg_backend_pid()')

  it.each(forms)('are told of each other: %s', async (form) => {
    expect(await sameVersion(await bench(), form)).toBe('conflict')
  })

  it('with a condition would not be, if the head were read by the statement that takes the locks', async () => {
    const stale = both(
      mutated('append_several', ALL_LOCKS, 'null;'),
      // A stable function sees what the statement sees that calls it.
      mutated('check_append', 'LANGUAGE plpgsql', 'LANGUAGE plpgsql STABLE'),
      mutated(
        'append_several',
        /from trickle_events_log\.check_append\(/,
        `from (select trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names) as keys offset 0) l
          cross join lateral trickle_events_log.check_append(`,
      ),
    )
    expect(await sameVersion(await bench(stale), 'with a condition')).toBe('23505')
  })

  it('with a condition would not wait for each other, if they took different locks for one stream', async () => {
    expect(await sameVersion(await bench(lockOfOwn), 'with a condition')).toBe('23505')
  })

  it('alone would still be told, by the row of the head that both advance', async () => {
    expect(await sameVersion(await bench(lockOfOwn), 'alone')).toBe('conflict')
  })

  it('alone would not be, if the row were advanced whatever its version, too', async () => {
    const blind = mutated(
      'append',
      '(s.version = p_expected[1] or p_expected[1] = -1 or p_expected[1] = -2) and',
      '',
    )
    expect(await sameVersion(await bench(blind), 'alone')).toBe('appended')
  })
})

describe('twins on two streams', () => {
  it.each([{ key: 'k' }, { eventId: 'e' }])(
    'with one %o: the second is refused by the unique key',
    async (shared) => {
      expect(await twins(await bench(), shared)).toEqual({ second: '23505', events: 1 })
    },
  )

  it('would both be written without the unique key of the receipts', async () => {
    const bare = (admin: Client) =>
      admin.query('alter table trickle_commands_log.receipts drop constraint receipts_pkey')
    expect(await twins(await bench(bare), { key: 'k' })).toEqual({ second: 'appended', events: 2 })
  })

  it('would both be written without the unique key of the event ids', async () => {
    const bare = (admin: Client) =>
      admin.query('alter table trickle_events_log.events drop constraint events_event_id_key')
    expect(await twins(await bench(bare), { eventId: 'e' })).toEqual({ second: 'appended', events: 2 })
  })

  it('that reserve one name: the second is told that it is taken', async () => {
    expect(await twins(await bench(), { reserves: 'n' })).toEqual({ second: 'name_taken', events: 1 })
  })

  it('would both believe to hold the name, if names were not locked', async () => {
    const unlocked = mutated('lock_append', /coalesce\(\(select array_agg[\s\S]*?'\{\}'\)/, "'{}'")
    expect(await twins(await bench(unlocked), { reserves: 'n' })).toEqual({ second: 'appended', events: 2 })
  })
})

describe('an append after a savepoint that took one back', () => {
  it('is refused, since its transaction has an id older than what others wrote meanwhile', async () => {
    expect(await appendAfterRollbackTo(await bench())).toEqual({ again: 'TK002', feed: ['s 1'] })
  })

  it('would stand in the feed before what it follows, without that guard', async () => {
    const unguarded = mutated('append', 'if pg_current_xact_id_if_assigned() is null', 'if true')
    expect(await appendAfterRollbackTo(await bench(unguarded))).toEqual({
      again: 'appended',
      feed: ['s 2', 's 1'],
    })
  })
})

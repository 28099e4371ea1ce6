import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { prepareAppend } from '../../../../shared/event-store/append/request.ts'
import { appendAndChange } from '../../../../shared/event-store/domain-writes/statements.ts'
import type { AppendAllRequest } from '../../../../shared/event-store/index.ts'
import { createOwnServer } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { openRaceBench, untilDoneOrWaiting, untilWaiting } from '../races/race-bench.ts'
import type { RaceBench } from '../races/race-bench.ts'

let own: Awaited<ReturnType<typeof createOwnServer>>
beforeAll(async () => {
  own = await createOwnServer({ settings: { autovacuum: false } })
})
afterAll(() => own.drop())

/** What a mutation replaces: function, piece, replacement. */
type Mutation = readonly [string, string | RegExp, string]

const bench = (...mutations: readonly Mutation[]): Promise<RaceBench> =>
  openRaceBench({ adminUrl: own.server.adminUrl, template: 'trickle' }, async (admin) => {
    await admin.query(
      'create schema warehouse; create table warehouse.stock (item text, count int); grant usage on schema warehouse to public; grant all on warehouse.stock to public',
    )
    for (const [name, piece, replacement] of mutations)
      await mutateFunction(admin, `trickle_events_log.${name}`, piece, replacement)
  })

const NO_GUARD: readonly Mutation[] = [
  ['append', 'if pg_current_xact_id_if_assigned() is null', 'if true'],
  [
    'lock_streams',
    /if pg_current_xact_id_if_assigned\(\) is not null[\s\S]*?end if;\s+return v_keys;\s+end if;/,
    '',
  ],
]
const FIRST_WRITE = "insert into warehouse.stock values ('any', 1)"

interface Locks {
  readonly streams?: readonly string[]
  readonly conditions?: readonly string[]
  readonly resources?: readonly string[]
  readonly names?: readonly { set: string; value: string }[]
}

const lock = (
  client: Client,
  { tenant }: RaceBench,
  { streams = [], conditions = [], resources = [], names }: Locks,
) =>
  client.query('select trickle_events_log.lock_for_write($1, $2, $3, $4, $5)', [
    tenant.tenantId,
    resources,
    [...streams, ...conditions],
    streams.length,
    names === undefined ? null : JSON.stringify(names),
  ])

/** The outcome of an append of one event to each stream, or the SQLSTATE. */
async function append(
  client: Client,
  { tenant }: RaceBench,
  streams: readonly string[],
  written = streams.length,
  name?: string,
) {
  const events = streams
    .slice(0, written)
    .map((_, index) => ({ s: index + 1, id: randomUUID(), type: 'Noted', data: 1 }))
  const names = name === undefined ? null : JSON.stringify([{ s: 1, set: 'n', value: name, release: false }])
  return client
    .query<{ outcome: string }>(
      'select outcome from trickle_events_log.append($1, $2, null, $3, $4, $5, null, null, null, null, $6)',
      [tenant.tenantId, streams, streams.map(() => -1), written, JSON.stringify(events), names],
    )
    .then(
      ({ rows }) => rows[0]?.outcome ?? '',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    )
}

const feed = async ({ tenant, reader }: RaceBench): Promise<string[]> => {
  const { events } = await reader.readFeed(tenant, { limit: 100 })
  return events.map((text) => {
    const { streamId, version } = JSON.parse(text) as { streamId: string; version: number }
    return `${streamId} ${version}`
  })
}

/** A write locks `announced`, writes to a table, another append comes in between, and then the write appends to `streams`. */
async function lateWrite(race: RaceBench, announced: Locks, streams: readonly string[], name?: string) {
  const { first, second } = race
  await first.query('begin')
  await lock(first, race, announced)
  await first.query(FIRST_WRITE)
  await append(second, race, ['s'])
  const late = await append(first, race, streams, 1, name)
  await first.query(late === 'appended' ? 'commit' : 'rollback')
  return { late, feed: (await feed(race)).filter((event) => event.startsWith('s ')) }
}

describe('a write whose append names a stream that was not locked before its first write', () => {
  it.each([
    ['alone', ['s']],
    ['among others', ['s', 'x']],
  ])('%s is refused', async (_how, streams) => {
    expect(await lateWrite(await bench(), { streams: ['x'] }, streams)).toEqual({
      late: 'TK002',
      feed: ['s 1'],
    })
  })

  it.each([
    ['alone', ['s']],
    ['among others', ['s', 'x']],
  ])('%s would stand in the feed before what it follows, without the guard', async (_how, streams) => {
    const race = await bench(...NO_GUARD)
    expect(await lateWrite(race, { streams: ['x'] }, streams)).toEqual({
      late: 'appended',
      feed: ['s 2', 's 1'],
    })
  })

  it('is refused where only a condition was announced, whose shared lock lets another condition pass', async () => {
    const race = await bench()
    const { first, second } = race
    await first.query('begin')
    await lock(first, race, { streams: ['x'], conditions: ['s'] })
    await second.query('begin')
    await lock(second, race, { streams: ['y'], conditions: ['s'] })
    await first.query(FIRST_WRITE)
    expect(await append(first, race, ['s'])).toBe('TK002')
    await Promise.all([first.query('rollback'), second.query('rollback')])
  })

  it('may set a condition on a stream that it announced for writing', async () => {
    const race = await bench()
    await race.first.query('begin')
    await lock(race.first, race, { streams: ['x', 's'] })
    await race.first.query(FIRST_WRITE)
    expect(await append(race.first, race, ['x', 's'], 1)).toBe('appended')
    await race.first.query('commit')
  })

  it('is refused for a name that was not announced', async () => {
    expect(await lateWrite(await bench(), { streams: ['x'] }, ['x'], 'taken')).toMatchObject({
      late: 'TK002',
    })
    const announced = { streams: ['x'], names: [{ set: 'n', value: 'taken' }] }
    expect(await lateWrite(await bench(), announced, ['x'], 'taken')).toMatchObject({ late: 'appended' })
  })

  it('is refused after a rollback to a savepoint took the locks back', async () => {
    const race = await bench()
    const { first, second } = race
    await first.query('begin')
    await first.query('savepoint before')
    await lock(first, race, { streams: ['s'] })
    await first.query('rollback to before')
    await first.query(FIRST_WRITE)
    expect(await append(second, race, ['s'])).toBe('appended')
    expect(await append(first, race, ['s'])).toBe('TK002')
    await first.query('rollback')
  })
})

describe('the locks of a write', () => {
  it.each([
    ['a write', FIRST_WRITE],
    ['a row lock', 'select from warehouse.stock for update'],
  ])('come before %s', async (_what, statement) => {
    const race = await bench()
    await race.admin.query("insert into warehouse.stock values ('x', 1)")
    await race.first.query('begin')
    await race.first.query(statement)
    await expect(lock(race.first, race, { streams: ['s'] })).rejects.toMatchObject({ code: 'TK002' })
    await race.first.query('rollback')
  })

  it('are taken in READ COMMITTED alone', async () => {
    const race = await bench()
    await race.first.query('begin isolation level repeatable read')
    await expect(lock(race.first, race, { streams: ['s'] })).rejects.toMatchObject({ code: 'TK003' })
    await race.first.query('rollback')
  })

  it('of two that name the same resources and streams in other orders never wait for each other', async () => {
    const race = await bench()
    const { first, second, admin } = race
    const all = Array.from({ length: 40 }, (_, index) => `r-${index}`)
    await Promise.all([first.query('begin'), second.query('begin')])
    await lock(first, race, { streams: all, resources: all })
    const reversed = all.toReversed()
    const waiting = lock(second, race, { streams: reversed, resources: reversed })
    await untilWaiting(admin)
    const { rows } = await admin.query<{ class: string }>(
      'select classid::text as class from pg_locks where not granted',
    )
    // Resources come first, and of these the smallest key: the second holds nothing yet that the first could want.
    expect(rows).toEqual([{ class: '1163067395' }])
    await first.query('commit')
    await waiting
    await second.query('commit')
  })
})

/** Two take the last piece, if there is one: each locks the resource, looks, and takes. What is left must not be negative. */
async function lastPiece(race: RaceBench) {
  const { first, second, admin } = race
  await admin.query("insert into warehouse.stock values ('piece', 1)")
  const look = async (client: Client): Promise<number> => {
    const { rows } = await client.query<{ count: number }>(
      "select count from warehouse.stock where item = 'piece'",
    )
    return rows[0]?.count ?? 0
  }
  const take = async (client: Client, seen: number, stream: string): Promise<void> => {
    if (seen > 0) {
      await client.query("update warehouse.stock set count = count - 1 where item = 'piece'")
      await append(client, race, [stream])
    }
    await client.query('commit')
  }
  await first.query('begin')
  await lock(first, race, { streams: ['a'], resources: ['piece'] })
  const seenByFirst = await look(first)
  await second.query('begin')
  let hasWaited = true
  const locking = lock(second, race, { streams: ['b'], resources: ['piece'] }).then(() => {
    hasWaited = false
  })
  await untilDoneOrWaiting(admin, locking)
  const waited = hasWaited
  const seenEarly = waited ? null : await look(second)
  await take(first, seenByFirst, 'a')
  await locking
  await take(second, seenEarly ?? (await look(second)), 'b')
  return { hasWaited: waited, left: await look(admin) }
}

describe('two writes that decide about one resource', () => {
  it('decide one after the other', async () => {
    expect(await lastPiece(await bench())).toEqual({ hasWaited: true, left: 0 })
  })

  it('would both take the last piece, without its lock', async () => {
    const race = await bench([
      'lock_for_write',
      /perform pg_advisory_xact_lock\(trickle_events_log\.resource_lock_class[\s\S]*?;/,
      '',
    ])
    expect(await lastPiece(race)).toEqual({ hasWaited: false, left: -1 })
  })
})

describe('an append that is refused', () => {
  const ANOTHER_VERSION: AppendAllRequest = {
    streams: [{ streamId: 's', expected: { mode: 'version', version: 7 }, events: [{ type: 'T', data: 1 }] }],
  }

  /** A write whose append meets another version, with COMMIT on its way already. */
  async function refusedAppend(race: RaceBench): Promise<number> {
    const { first, admin } = race
    await append(first, race, ['s'])
    await first.query('begin')
    await lock(first, race, { streams: ['s'] })
    await first.query(FIRST_WRITE)
    const prepared = await prepareAppend(race.tenant, ANOTHER_VERSION, ['i'])
    const { text, values } = appendAndChange(prepared, undefined, 1)
    await first.query(text, [...values]).catch(() => {})
    await first.query('commit')
    const { rows } = await admin.query<{ count: string }>('select count(*) from warehouse.stock')
    return Number(rows[0]?.count)
  }

  it('takes the write of its domain with it', async () => {
    expect(await refusedAppend(await bench())).toBe(0)
  })

  it('would leave that write without its event, if it only told of the refusal', async () => {
    const told = await bench(['refuse_outcome', /raise exception[\s\S]*?;/, 'return true;'])
    expect(await refusedAppend(told)).toBe(1)
  })
})

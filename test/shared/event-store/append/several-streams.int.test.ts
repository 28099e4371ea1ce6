import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { until } from '../../postgres/support.ts'

let database: TestDatabase
let admin: Client
let acme: TenantContext
let clients: Client[]

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  acme = await database.tenant('acme')
  clients = await Promise.all(Array.from({ length: 3 }, () => database.client('trickle_app')))
})
afterAll(() => database.drop())

interface Append {
  readonly streams: readonly string[]
  readonly expected: readonly number[]
  readonly written: number
  /** The stream of each event, as an index from 1. */
  readonly events: readonly number[]
  readonly key?: string
  readonly types?: readonly string[]
}
interface Answer {
  readonly outcome: string
  readonly versions: string[] | null
  readonly at: number | null
  readonly result: { versions: number[]; counts: number[]; ids: string[] } | null
}

let eventIds = 0

async function append(
  client: Client,
  { streams, expected, written, events, key, types }: Append,
): Promise<Answer> {
  const json = events.map((s) => {
    eventIds += 1
    return { s, id: `event-${eventIds}`, type: 'Noted', data: { nth: eventIds } }
  })
  const { rows } = await client.query<Answer>(
    'select outcome, versions, at, result from trickle_events_log.append($1, $2, $3, $4, $5, $6, null, null, $7, $8)',
    [
      acme.tenantId,
      streams,
      types ?? null,
      expected,
      written,
      JSON.stringify(json),
      key ?? null,
      key ? Buffer.from(key) : null,
    ],
  )
  const [answer] = rows
  if (answer === undefined) throw new Error('the append returned nothing')
  return answer
}

const client = (index: number): Client => {
  const found = clients[index]
  if (found === undefined) throw new Error(`there is no client ${index}`)
  return found
}

async function stored(...streams: string[]): Promise<string[]> {
  const { rows } = await admin.query<[string]>({
    text: `select format('%s %s %s', stream_id, version, data ->> 'nth') from trickle_events_log.events
      where tenant_id = $1 and stream_id = any ($2) order by xid, position`,
    values: [acme.tenantId, streams],
    rowMode: 'array',
  })
  return rows.flat()
}

const isWaiting = (): Promise<void> =>
  until(
    admin,
    "select count(*) > 0 from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
  )

describe('an append to several streams', () => {
  it('writes all of them at once, each with versions of its own, in the order of the events', async () => {
    eventIds = 0
    const first = await append(client(0), {
      streams: ['a', 'b'],
      expected: [0, -1],
      written: 2,
      events: [1, 2, 2, 1, 2],
    })
    expect(first).toMatchObject({ outcome: 'appended', versions: ['2', '3'] })
    expect(await stored('a', 'b')).toEqual(['a 1 1', 'b 1 2', 'b 2 3', 'a 2 4', 'b 3 5'])
    const second = await append(client(0), {
      streams: ['b', 'a'],
      expected: [3, 2],
      written: 2,
      events: [2, 1],
    })
    expect(second).toMatchObject({ outcome: 'appended', versions: ['4', '3'] })
    expect((await stored('a', 'b')).slice(5)).toEqual(['a 3 6', 'b 4 7'])
  })

  it('writes nothing at all when one of them is not where it was expected', async () => {
    await append(client(0), { streams: ['c'], expected: [0], written: 1, events: [1] })
    const conflict = await append(client(0), {
      streams: ['new', 'c'],
      expected: [0, 5],
      written: 2,
      events: [1, 2],
    })
    expect(conflict).toMatchObject({ outcome: 'conflict', versions: ['0', '1'], at: 2 })
    expect(await stored('new')).toEqual([])
  })

  it('keeps one receipt, which answers its replay', async () => {
    const keyed = { streams: ['k1', 'k2'], expected: [-1, -1], written: 2, events: [1, 2, 2], key: 'several' }
    const first = await append(client(0), keyed)
    const again = await append(client(0), keyed)
    expect(again.outcome).toBe('replayed')
    expect(again.result).toEqual(first.result)
    expect(again.result).toMatchObject({ versions: [1, 2], counts: [1, 2] })
    expect(await stored('k1', 'k2')).toHaveLength(3)
  })

  it('checks the type of each', async () => {
    await append(client(0), { streams: ['typed'], expected: [0], written: 1, events: [1], types: ['order'] })
    const other = {
      streams: ['typed-2', 'typed'],
      expected: [-1, -1],
      written: 2,
      events: [1, 2],
      types: ['order', 'invoice'],
    }
    expect(await append(client(0), other)).toMatchObject({ outcome: 'type_mismatch', at: 2, result: 'order' })
  })

  it('never deadlocks with one that names them in another order', async () => {
    const streams = ['x', 'y', 'z']
    await Promise.all(
      clients.map(async (each, index) => {
        const order = [...streams.slice(index), ...streams.slice(0, index)]
        for (let round = 0; round < 30; round += 1) {
          const answer = await append(each, {
            streams: order,
            expected: [-1, -1, -1],
            written: 3,
            events: [1, 2, 3],
          })
          expect(answer.outcome).toBe('appended')
        }
      }),
    )
    expect(await stored(...streams)).toHaveLength(270)
  })

  it.each<[string, Append]>([
    [
      'an event that belongs to none of them',
      { streams: ['m1', 'm2'], expected: [-1, -1], written: 2, events: [1, 3] },
    ],
    [
      'an event of a stream that is only a condition',
      { streams: ['m1', 'm2'], expected: [-1, -1], written: 1, events: [1, 2] },
    ],
    ['a stream without an event', { streams: ['m1', 'm2'], expected: [-1, -1], written: 2, events: [1, 1] }],
    [
      'fewer expectations than streams',
      { streams: ['m1', 'm2'], expected: [-1], written: 2, events: [1, 2] },
    ],
    ['a stream named twice', { streams: ['m1', 'm1'], expected: [-1, -1], written: 2, events: [1, 2] }],
  ])('refuses %s and writes nothing', async (_what, request) => {
    await expect(append(client(0), request)).rejects.toMatchObject({
      code: expect.stringMatching(/^(TK004|23505)$/) as string,
    })
    expect(await stored('m1', 'm2')).toEqual([])
    const { rows } = await admin.query(
      "select from trickle_events_log.streams where stream_id in ('m1', 'm2')",
    )
    expect(rows).toEqual([])
  })
})

describe('a condition on a stream that is not written', () => {
  it('is checked, and not written', async () => {
    await append(client(0), { streams: ['guard'], expected: [0], written: 1, events: [1] })
    const held = { streams: ['w', 'guard'], expected: [-1, 1], written: 1, events: [1] }
    expect(await append(client(0), held)).toMatchObject({ outcome: 'appended', versions: ['1', '1'] })
    const broken = { streams: ['w', 'guard'], expected: [-1, 0], written: 1, events: [1] }
    expect(await append(client(0), broken)).toMatchObject({
      outcome: 'conflict',
      at: 2,
      versions: ['1', '1'],
    })
    expect(await stored('w', 'guard')).toHaveLength(2)
  })

  it('lets others with the same condition go on, and makes who writes that stream wait', async () => {
    const [holder, reader, writer] = [client(0), client(1), client(2)]
    await append(holder, { streams: ['held'], expected: [0], written: 1, events: [1] })
    await holder.query('begin')
    await append(holder, { streams: ['p', 'held'], expected: [-1, 1], written: 1, events: [1] })
    expect(
      await append(reader, { streams: ['q', 'held'], expected: [-1, 1], written: 1, events: [1] }),
    ).toMatchObject({ outcome: 'appended' })
    let isDone = false
    const writing = append(writer, { streams: ['held'], expected: [1], written: 1, events: [1] }).then(
      (answer) => {
        isDone = true
        return answer
      },
    )
    await isWaiting()
    expect(isDone).toBe(false)
    await holder.query('commit')
    expect(await writing).toMatchObject({ outcome: 'appended', versions: ['2'] })
  })

  it('takes a stripe that is needed both ways exclusively, and only once', async () => {
    const { rows } = await admin.query<{ a: string; b: string }>(
      `with keys as (select 'stripe-' || n as s, trickle_events_log.lock_key($1, 'stripe-' || n) as k from generate_series(1, 2000) as n)
        select a.s as a, b.s as b from keys a join keys b on a.k = b.k and a.s < b.s limit 1`,
      [acme.tenantId],
    )
    const [pair] = rows
    if (pair === undefined) throw new Error('no two of 2,000 streams share one of 4,096 stripes')
    await client(0).query('begin')
    await append(client(0), { streams: [pair.a, pair.b], expected: [-1, 0], written: 1, events: [1] })
    const { rows: locks } = await admin.query(
      "select mode from pg_locks where locktype = 'advisory' and granted and database = (select oid from pg_database where datname = current_database())",
    )
    expect(locks).toEqual([{ mode: 'ExclusiveLock' }])
    await client(0).query('rollback')
  })
})

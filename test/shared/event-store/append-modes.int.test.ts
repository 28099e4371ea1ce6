import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  decodeConsistency,
  PostgresEventStore,
  type EventStore,
  type Expectation,
} from '../../../shared/event-store/index.ts'
import { Database } from '../../../shared/postgres/index.ts'
import { TenantRegistry, type TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database.ts'
import { appendOf, codeOfRefusal, noted, readWhole } from './support.ts'

let database: TestDatabase
let admin: Client
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app', 10))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

const exactly = (version: number): Expectation => ({ mode: 'version', version })

/** A stream of its own at a version. */
async function streamAt(version: number): Promise<string> {
  const streamId = `mode-${randomUUID()}`
  if (version > 0) await store.append(acme, appendOf(streamId, { events: noted(version) }))
  return streamId
}

describe('expectations', () => {
  it.each<[string, Expectation, number]>([
    ['any', { mode: 'any' }, 0],
    ['any', { mode: 'any' }, 2],
    ['none', { mode: 'none' }, 0],
    ['exists', { mode: 'exists' }, 2],
    ['version 0', exactly(0), 0],
    ['version 2', exactly(2), 2],
  ])('%s is met by a stream at version %3$i', async (_name, expected, before) => {
    const streamId = await streamAt(before)
    expect(await store.append(acme, appendOf(streamId, { expected, events: noted(2) }))).toMatchObject({
      streamId,
      firstVersion: before + 1,
      version: before + 2,
      replayed: false,
      replayedByKey: false,
    })
    expect(await readWhole(store, acme, streamId)).toHaveLength(before + 2)
  })

  it.each<[string, Expectation, number, unknown]>([
    ['none', { mode: 'none' }, 2, 'none'],
    ['exists', { mode: 'exists' }, 0, 'exists'],
    ['version 0', exactly(0), 2, 0],
    ['version 1', exactly(1), 2, 1],
    ['version 3', exactly(3), 2, 3],
    ['version 1', exactly(1), 0, 1],
  ])(
    '%s conflicts with a stream at version %3$i and writes nothing',
    async (_name, expected, before, told) => {
      const streamId = await streamAt(before)
      await expect(store.append(acme, appendOf(streamId, { expected }))).rejects.toMatchObject({
        code: 'VERSION_CONFLICT',
        status: 412,
        retryable: false,
        extensions: { streamId, currentVersion: before, expected: told },
        headers: before === 0 ? {} : { ETag: `"${before}"` },
      })
      const { rows } = await admin.query('select from trickle_events_log.events where stream_id = $1', [
        streamId,
      ])
      expect(rows).toHaveLength(before)
    },
  )

  it('lets one of many win who expect the same version', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () =>
        codeOfRefusal(store.append(acme, appendOf('raced', { expected: { mode: 'none' } }))),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'VERSION_CONFLICT')).toHaveLength(9)
  })

  it('waits and never conflicts in mode any: 50 at once give the versions 1 to 50', async () => {
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        store.append(acme, appendOf('busy', { events: [{ type: 'Noted', data: index }] })),
      ),
    )
    expect(results.map((result) => result.version).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
    const events = await readWhole(store, acme, 'busy')
    for (const [index, result] of results.entries()) {
      expect(events[result.version - 1]?.data).toBe(index)
    }
  })

  it('never lets the recorded time run backwards within a stream', async () => {
    await Promise.all(
      Array.from({ length: 20 }, () => store.append(acme, appendOf('clock', { events: noted(2) }))),
    )
    const times = (await readWhole(store, acme, 'clock')).map((event) =>
      event.recordedAt.replace('Z', '').padEnd(26, '0'),
    )
    expect(times).toEqual(times.toSorted())
  })
})

describe('the result', () => {
  it('names every event with its version, and a token of the write', async () => {
    const result = await store.append(
      acme,
      appendOf('result', { events: [{ id: 'given', type: 'A', data: 1 }, ...noted(2)] }),
    )
    expect(result.events.map((event) => event.version)).toEqual([1, 2, 3])
    expect(result.events[0]?.id).toBe('given')
    expect(new Set(result.events.map((event) => event.id)).size).toBe(3)
    const { rows } = await admin.query(
      `select e.xid::text, c.epoch::text from trickle_events_log.events e, trickle_events_log.current_epoch() c
        where e.tenant_id = $1 and e.stream_id = 'result' limit 1`,
      [acme.tenantId],
    )
    const [row] = rows as [{ xid: string; epoch: string }]
    expect(decodeConsistency(acme.tenantId, result.consistencyToken)).toEqual({
      epoch: row.epoch,
      xid: BigInt(row.xid),
      version: 3n,
      timeline: 1,
    })
  })

  it('is the same with prepared statements', async () => {
    const named = new Database({ url: database.url('trickle_app'), connectionsMax: 1, statements: 'named' })
    const namedStore = new PostgresEventStore(named)
    for (let version = 1; version <= 8; version += 1) {
      expect(await namedStore.append(acme, appendOf('named'))).toMatchObject({ version, replayed: false })
    }
    expect(await readWhole(namedStore, acme, 'named')).toHaveLength(8)
    await named.end()
  })
})

describe('the type of a stream', () => {
  it('is set by the first append that names one, and holds from then on', async () => {
    await store.append(acme, appendOf('typed', { streamType: 'order' }))
    await store.append(acme, appendOf('typed'))
    await store.append(acme, appendOf('typed', { streamType: 'order' }))
    expect(await store.streamInfo(acme, 'typed')).toMatchObject({ version: 3, streamType: 'order' })
    await expect(store.append(acme, appendOf('typed', { streamType: 'invoice' }))).rejects.toMatchObject({
      code: 'STREAM_TYPE_MISMATCH',
      status: 409,
      detail: expect.stringContaining('order') as string,
    })
    expect((await store.streamInfo(acme, 'typed')).version).toBe(3)
  })

  it.each(['"', '\\', ',', '(a,b)', '{"a": "b"}', 'a""b\\\\', 'ü "x", \\"', ' '])(
    'is told as it is when it is %j',
    async (streamType) => {
      const streamId = `typed-${randomUUID()}`
      await store.append(acme, appendOf(streamId, { streamType }))
      await expect(store.append(acme, appendOf(streamId, { streamType: 'other' }))).rejects.toMatchObject({
        detail: expect.stringContaining(` ${JSON.stringify(streamType)},`) as string,
      })
      expect((await store.streamInfo(acme, streamId)).streamType).toBe(streamType)
    },
  )

  it('may come later, and stands in the events from then on', async () => {
    await store.append(acme, appendOf('typed-later'))
    expect((await store.streamInfo(acme, 'typed-later')).streamType).toBeNull()
    await store.append(acme, appendOf('typed-later', { streamType: 'order' }))
    await store.append(acme, appendOf('typed-later'))
    const { rows } = await admin.query<[string | null]>({
      text: "select stream_type from trickle_events_log.events where stream_id = 'typed-later' order by version",
      rowMode: 'array',
    })
    expect(rows.flat()).toEqual([null, 'order', 'order'])
  })
})

describe('the tenant', () => {
  it('may hold the same stream, ids and keys as another, apart', async () => {
    const bolt = await database.tenant('bolt')
    const request = appendOf('shared', {
      events: [{ id: 'same', type: 'A', data: 1 }],
      idempotency: { key: 'same', fingerprint: Buffer.from('same') },
    })
    for (const tenant of [acme, bolt]) {
      expect(await store.append(tenant, request)).toMatchObject({ version: 1, replayed: false })
    }
    await expect(store.streamInfo(await database.tenant('calm'), 'shared')).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
      status: 404,
    })
  })

  it('is refused while it is suspended, also with a key that was used before, and served again when resumed', async () => {
    const slow = await database.tenant('slow')
    const registry = new TenantRegistry(database.pool('trickle_operator', 1))
    const keyed = appendOf('s', { idempotency: { key: 'k', fingerprint: Buffer.from('f') } })
    await store.append(slow, keyed)
    await registry.setStatus('slow', 'suspended')
    for (const request of [appendOf('s'), keyed, appendOf('s', { expected: exactly(9) })]) {
      await expect(store.append(slow, request)).rejects.toMatchObject({
        code: 'TENANT_SUSPENDED',
        status: 403,
      })
    }
    await registry.setStatus('slow', 'active')
    expect(await store.append(slow, appendOf('s'))).toMatchObject({ version: 2 })
  })

  it('is refused when it does not exist any more', async () => {
    const gone = await database.tenant('gone')
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [gone.tenantId])
    await expect(store.append(gone, appendOf('s'))).rejects.toMatchObject({
      code: 'TENANT_UNKNOWN',
      status: 403,
    })
  })
})

describe('a caller who has gone', () => {
  it('gets nothing written any more', async () => {
    const signal = AbortSignal.abort(new Error('gone'))
    await expect(store.append(acme, appendOf('late', { signal }))).rejects.toMatchObject({ code: 'INTERNAL' })
    await expect(store.streamInfo(acme, 'late')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
  })
})

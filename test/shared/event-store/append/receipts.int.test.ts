import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, codeOfRefusal, noted, readWhole } from '../support.ts'

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

const idempotency = (key: string, fingerprint = `request ${key}`) => ({
  key,
  fingerprint: Buffer.from(fingerprint),
})

describe('a key that was used before', () => {
  it('gets the first answer again, to the letter, also when the stream has more events by now', async () => {
    const request = appendOf('replay', {
      events: noted(3),
      expected: { mode: 'none' },
      idempotency: idempotency('r'),
    })
    const first = await store.append(acme, request)
    await store.append(acme, appendOf('replay'))
    const again = await store.append(acme, request)
    expect(again).toEqual({ ...first, replayed: true, replayedByKey: true })
    expect(await readWhole(store, acme, 'replay')).toHaveLength(4)
  })

  it('gives ids back as they were, whatever characters they hold', async () => {
    const ids = ['"', '\\', ',', '(a,b)', '""', '\\"\\', '{}', "'", 'ü\u2028😀', ' ']
    const events = ids.map((id) => ({ id, type: 'A', data: id }))
    const request = appendOf('odd-ids', { events, idempotency: idempotency('odd "key" (\\,)') })
    const first = await store.append(acme, request)
    expect(first.events.map((event) => event.id)).toEqual(ids)
    expect(await store.append(acme, request)).toEqual({ ...first, replayed: true, replayedByKey: true })
    const byIds = await store.append(acme, appendOf('odd-ids', { events }))
    expect(byIds).toEqual({ ...first, replayed: true, replayedByKey: false })
  })

  it('is refused for another request, which writes nothing', async () => {
    await store.append(acme, appendOf('reuse', { idempotency: idempotency('u', 'one') }))
    for (const request of [
      appendOf('reuse', { idempotency: idempotency('u', 'two') }),
      appendOf('reuse-elsewhere', { idempotency: idempotency('u', 'three') }),
      appendOf('reuse', { idempotency: idempotency('u', 'four'), expected: { mode: 'none' } }),
    ]) {
      await expect(store.append(acme, request)).rejects.toMatchObject({
        code: 'IDEMPOTENCY_KEY_REUSED',
        status: 422,
      })
    }
    expect(await readWhole(store, acme, 'reuse')).toHaveLength(1)
    await expect(store.streamInfo(acme, 'reuse-elsewhere')).rejects.toMatchObject({
      code: 'STREAM_NOT_FOUND',
    })
  })

  it('is free again after a request that failed', async () => {
    const key = idempotency('f')
    await store.append(acme, appendOf('failed'))
    await expect(
      store.append(acme, appendOf('failed', { expected: { mode: 'none' }, idempotency: key })),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    const second = await store.append(
      acme,
      appendOf('failed', { expected: { mode: 'any' }, idempotency: key }),
    )
    expect(second).toMatchObject({ version: 2, replayed: false })
  })

  it('keeps its receipt with the append or not at all', async () => {
    await store.append(acme, appendOf('kept', { events: [{ id: 'kept-1', type: 'A', data: 1 }] }))
    await expect(
      store.append(
        acme,
        appendOf('kept', {
          events: [{ id: 'kept-1', type: 'B', data: 2 }],
          idempotency: idempotency('kept'),
        }),
      ),
    ).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
    const { rows } = await admin.query("select from trickle_commands_log.receipts where key = 'kept'")
    expect(rows).toHaveLength(0)
  })
})

describe('twins that race for one key', () => {
  it('on one stream make one append at a concurrency of 20, and all get its answer', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        store.append(acme, appendOf('race', { events: noted(2), idempotency: idempotency('race') })),
      ),
    )
    expect(results.filter((result) => !result.replayed)).toHaveLength(1)
    const answers = results.map(({ replayed: _replayed, replayedByKey: _byKey, ...rest }) =>
      JSON.stringify(rest),
    )
    expect(new Set(answers).size).toBe(1)
    expect(await readWhole(store, acme, 'race')).toHaveLength(2)
  })

  it('with a condition that only the first can meet still get its answer', async () => {
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        store.append(
          acme,
          appendOf('race-none', { expected: { mode: 'none' }, idempotency: idempotency('race-none') }),
        ),
      ),
    )
    expect(results.map((result) => result.version)).toEqual(Array.from({ length: 20 }, () => 1))
  })

  it('on different streams make one append, and the others are refused without a trace', async () => {
    const streams = Array.from({ length: 20 }, (_, index) => `race-${index}`)
    const outcomes = await Promise.all(
      streams.map((streamId) =>
        codeOfRefusal(
          store.append(acme, appendOf(streamId, { idempotency: idempotency('streams', streamId) })),
        ),
      ),
    )
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'IDEMPOTENCY_KEY_REUSED')).toHaveLength(19)
    const { rows } = await admin.query(
      "select stream_id from trickle_events_log.streams where stream_id ~ '^race-\\d'",
    )
    expect(rows).toHaveLength(1)
  })

  it('wait for the one that is on its way, and take its place when it is undone', async () => {
    const first = await database.client('trickle_app')
    const appendSql = `select outcome from trickle_events_log.append($1, array['undone'], null, array[-1], 1,
      '[{"s": 1, "id": "u1", "type": "T", "data": 1}]', null, null, 'undone', 'same')`
    await first.query('begin')
    await first.query(appendSql, [acme.tenantId])
    const twin = store.append(
      acme,
      appendOf('elsewhere', { idempotency: { key: 'undone', fingerprint: Buffer.from('same') } }),
    )
    await first.query('rollback')
    expect(await twin).toMatchObject({ version: 1, replayed: false })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, AppendRequest } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'

let database: TestDatabase
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

const request = (streamId: string, overrides: Partial<AppendRequest> = {}): AppendRequest => ({
  streamId,
  expected: { mode: 'any' },
  events: [{ type: 'OrderPlaced', data: { amount: 12 } }],
  ...overrides,
})

describe('append', () => {
  it('begins a stream at version 1 and goes on from there', async () => {
    const first = await store.append(
      acme,
      request('order-1', {
        events: [
          { type: 'A', data: 1 },
          { type: 'B', data: null },
        ],
      }),
    )
    expect(first).toMatchObject({ streamId: 'order-1', firstVersion: 1, version: 2, replayed: false })
    const second = await store.append(acme, request('order-1'))
    expect(second).toMatchObject({ firstVersion: 3, version: 3 })
    const page = await store.readStream(acme, { streamId: 'order-1', backward: false, limit: 10 })
    expect(page.events.map((text) => JSON.parse(text) as unknown)).toMatchObject([
      { version: 1, type: 'A', data: 1, metadata: {}, source: '' },
      { version: 2, type: 'B', data: null },
      { version: 3, type: 'OrderPlaced', data: { amount: 12 } },
    ])
    expect(page.next).toBeNull()
  })

  it('refuses an append at another version and tells the current one', async () => {
    await store.append(acme, request('order-2'))
    await expect(
      store.append(acme, request('order-2', { expected: { mode: 'version', version: 5 } })),
    ).rejects.toMatchObject({
      code: 'VERSION_CONFLICT',
      status: 412,
      extensions: { currentVersion: 1 },
      headers: { ETag: '"1"' },
    })
    await expect(
      store.append(acme, request('order-2', { expected: { mode: 'none' } })),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    await expect(
      store.append(acme, request('order-none', { expected: { mode: 'exists' } })),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    expect((await store.streamInfo(acme, 'order-2')).version).toBe(1)
  })

  it('answers a retry with the same event ids with the first result, and any mixture with 409', async () => {
    const events = [
      { id: 'a', type: 'A', data: { n: 1 } },
      { id: 'b', type: 'B', data: { n: 2 } },
    ]
    const first = await store.append(acme, request('order-3', { events, expected: { mode: 'none' } }))
    const again = await store.append(acme, request('order-3', { events, expected: { mode: 'none' } }))
    expect(again).toEqual({ ...first, replayed: true })
    await expect(
      store.append(acme, request('order-3', { events: [...events, { id: 'c', type: 'C', data: 1 }] })),
    ).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS', status: 409 })
    await expect(
      store.append(acme, request('order-3', { events: [{ id: 'a', type: 'A', data: { n: 9 } }] })),
    ).rejects.toMatchObject({ code: 'EVENT_ID_EXISTS' })
    expect((await store.streamInfo(acme, 'order-3')).version).toBe(2)
  })

  it('keeps the first answer of an idempotency key and refuses the key for another request', async () => {
    const idempotency = { key: 'k1', fingerprint: Buffer.from('one') }
    const first = await store.append(acme, request('order-4', { idempotency }))
    const again = await store.append(acme, request('order-4', { idempotency }))
    expect(again).toEqual({ ...first, replayed: true, replayedByKey: true })
    await expect(
      store.append(acme, request('order-4', { idempotency: { key: 'k1', fingerprint: Buffer.from('two') } })),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  PostgresEventStore,
  type EventStore,
  type StreamPage,
  type StreamQuery,
} from '../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase, type TestDatabase } from '../../support/database.ts'
import { mutateFunction } from '../../support/mutate.ts'
import { until } from '../postgres/support.ts'
import { appendOf, noted, versionsOf } from './support.ts'

let database: TestDatabase
let store: EventStore
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
  await store.append(acme, appendOf('ten', { events: noted(10) }))
})
afterAll(() => database.drop())

const read = (query: Partial<StreamQuery> = {}): Promise<StreamPage> =>
  store.readStream(acme, { streamId: 'ten', backward: false, limit: 100, ...query })
const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => (from < to ? from + index : from - index))

describe('a page of a stream', () => {
  it.each<[string, Partial<StreamQuery>, number[], number | null]>([
    ['everything', {}, range(1, 10), null],
    ['the first', { limit: 3 }, [1, 2, 3], 4],
    ['from a version on, inclusive', { from: 4, limit: 3 }, [4, 5, 6], 7],
    ['up to the last', { from: 8, limit: 3 }, [8, 9, 10], null],
    ['the last', { from: 10, limit: 1 }, [10], null],
    ['beyond the end', { from: 11 }, [], null],
    ['from before the beginning', { from: 0, limit: 2 }, [1, 2], 3],
    ['everything backward', { backward: true }, range(10, 1), null],
    ['the newest', { backward: true, limit: 3 }, [10, 9, 8], 7],
    ['backward from a version, inclusive', { backward: true, from: 4, limit: 3 }, [4, 3, 2], 1],
    ['backward to the first', { backward: true, from: 3, limit: 3 }, [3, 2, 1], null],
    ['backward from beyond the end', { backward: true, from: 99, limit: 2 }, [10, 9], 8],
    ['backward from before the beginning', { backward: true, from: 0 }, [], null],
    ['a safe integer', { from: Number.MAX_SAFE_INTEGER }, [], null],
  ])('holds %s', async (_what, query, versions, next) => {
    const page = await read(query)
    expect(versionsOf(page.events)).toEqual(versions)
    expect(page).toMatchObject({ next, streamVersion: 10 })
  })

  it.each([false, true])('leads to all others by its next (backward: %s)', async (backward) => {
    const versions: number[] = []
    let from: number | null | undefined
    while (from !== null) {
      const page: StreamPage = await read({ backward, limit: 3, ...(from === undefined ? {} : { from }) })
      versions.push(...versionsOf(page.events))
      from = page.next
    }
    expect(versions).toEqual(backward ? range(10, 1) : range(1, 10))
  })

  it('ends at a number of bytes, with at least one event, and goes on behind it', async () => {
    const large = { type: 'Large', data: 'x'.repeat(1_048_000) }
    await store.append(acme, appendOf('large', { events: Array.from({ length: 7 }, () => large) }))
    await store.append(acme, appendOf('large', { events: Array.from({ length: 4 }, () => large) }))
    const first = await read({ streamId: 'large' })
    // 8 MiB are reached by the ninth: a page ends behind the event that fills it.
    expect(versionsOf(first.events)).toEqual(range(1, 9))
    expect(first.next).toBe(10)
    expect(versionsOf((await read({ streamId: 'large', from: 10 })).events)).toEqual([10, 11])
    const backward = await read({ streamId: 'large', backward: true })
    expect(versionsOf(backward.events)).toEqual(range(11, 3))
    expect(backward.next).toBe(2)
  })

  it('counts the bytes of metadata too', async () => {
    const large = { type: 'Large', data: 1, metadata: { m: 'x'.repeat(1_048_000) } }
    await store.append(acme, appendOf('metadata', { events: Array.from({ length: 7 }, () => large) }))
    await store.append(acme, appendOf('metadata', { events: Array.from({ length: 4 }, () => large) }))
    expect((await read({ streamId: 'metadata' })).events).toHaveLength(9)
  })

  it.each([true, false])(
    'holds no event that came after the version that it tells (backward: %s)',
    async (backward) => {
      const stretched = await createDatabase()
      const admin = await stretched.client('admin')
      await mutateFunction(
        admin,
        'trickle_events_log.read_stream',
        'if p_backward then',
        'perform pg_sleep(0.3); if p_backward then',
      )
      const stretchedStore = new PostgresEventStore(stretched.pool('trickle_app'))
      const bolt = await stretched.tenant('bolt')
      await stretchedStore.append(bolt, appendOf('growing'))
      const reading = stretchedStore.readStream(bolt, { streamId: 'growing', backward, limit: 10 })
      await until(
        admin,
        "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()",
      )
      await stretchedStore.append(bolt, appendOf('growing'))
      const page = await reading
      expect({ ...page, events: versionsOf(page.events) }).toEqual({
        events: [1],
        streamVersion: 1,
        next: null,
      })
      await stretched.drop()
    },
  )
})

describe('a stream that is not there', () => {
  it('is told so by pages and by its info', async () => {
    const refusal = {
      code: 'STREAM_NOT_FOUND',
      status: 404,
      detail: expect.stringContaining('nowhere') as string,
    }
    await expect(read({ streamId: 'nowhere' })).rejects.toMatchObject(refusal)
    await expect(read({ streamId: 'nowhere', backward: true })).rejects.toMatchObject(refusal)
    await expect(store.streamInfo(acme, 'nowhere')).rejects.toMatchObject(refusal)
  })

  it('is not one whose id differs in case or in a character that a pattern could mean', async () => {
    for (const streamId of ['TEN', 't_n', 'ten ', '%']) {
      await expect(read({ streamId })).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    }
  })
})

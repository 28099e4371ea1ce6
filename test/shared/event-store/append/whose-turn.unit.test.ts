import { describe, expect, it } from 'vitest'
import { EventImporter, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { SealKeys } from '../../../../shared/event-store/index.ts'
import type { Database, QueryOptions } from '../../../../shared/postgres/index.ts'
import { TenantDirectory } from '../../../../shared/tenancy/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'

const acme = { tenantId: '018f4e9a-0000-7000-8000-000000000001', slug: 'acme' } as TenantContext

/** A database that notes whose turn each statement takes, and answers nothing. */
function notingDatabase(): { database: Database; asked: Pick<QueryOptions, 'turn' | 'work'>[] } {
  const asked: Pick<QueryOptions, 'turn' | 'work'>[] = []
  const query = async (_statement: unknown, { turn, work }: QueryOptions = {}): Promise<never[]> => {
    asked.push({
      ...(turn === undefined ? {} : { turn }),
      ...(work === undefined ? {} : { work }),
    })
    return []
  }
  return { database: { query } as unknown as Database, asked }
}

/** Keys that are known already: a caller that asks for them asks for all tenants. */
const sealKeys = { fresh: () => ({}), recent: async () => ({}) } as unknown as SealKeys

const event = { id: 'e', type: 'T', data: 1 }
const page = { backward: false, limit: 1 }
const only = { streamId: 's', expected: { mode: 'any' }, events: [event] } as const

describe("a tenant's work waits in its own tenant's turn", () => {
  it.each<[string, (store: PostgresEventStore) => Promise<unknown>]>([
    ['a page of a stream', (store) => store.readStream(acme, { ...page, streamId: 's' })],
    ['facts of a stream', (store) => store.streamInfo(acme, 's')],
    ['a page of the feed', (store) => store.readFeed(acme, { limit: 1 })],
    ['an append', (store) => store.append(acme, only)],
    [
      'an append to several',
      (store) =>
        store.appendAll(acme, {
          streams: [only, { ...only, streamId: 'u', events: [{ ...event, id: 'f' }] }],
        }),
    ],
  ])('%s', async (_what, ask) => {
    const { database, asked } = notingDatabase()
    await ask(new PostgresEventStore(database, { sealKeys })).catch(() => undefined)
    expect(asked).not.toEqual([])
    for (const { turn, work } of asked) expect([turn, work ?? 'short']).toEqual([acme.tenantId, 'short'])
  })

  it('pages of an export and batches of an import do so as bulk work', async () => {
    const { database, asked } = notingDatabase()
    const store = new PostgresEventStore(database, { work: 'bulk', sealKeys })
    await store.readStream(acme, { ...page, streamId: 's' }).catch(() => undefined)
    await store.readFeed(acme, { limit: 1 }).catch(() => undefined)
    const line = { tenant: acme, streamId: 's', event }
    for (const acrossTenants of [false, true])
      await new EventImporter(database, acrossTenants).importBatch([line]).catch(() => undefined)
    expect(asked).toEqual(Array.from({ length: 4 }, () => ({ turn: acme.tenantId, work: 'bulk' })))
  })

  it('the look-up of a tenant waits in the turn of its claim', async () => {
    const { database, asked } = notingDatabase()
    await new TenantDirectory(database, 'any').resolve('acme').catch(() => undefined)
    expect(asked).toEqual([{ turn: 'acme' }])
  })
})

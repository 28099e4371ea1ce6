import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TrickleError } from '../../../shared/errors/index.ts'
import {
  DomainWrites,
  EventImporter,
  PostgresEventStore,
  SealKeys,
} from '../../../shared/event-store/index.ts'
import { toldWhenAppended } from '../../../shared/event-store/on-appended.ts'
import type { Database } from '../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'
import { createAccounts, opening } from './domain-writes/stage.ts'
import { line } from './import/importer-stage.ts'
import { appendOf } from './support.ts'

let database: TestDatabase
let pool: Database
let acme: TenantContext
let told = 0

const onAppended = (): void => {
  told += 1
}

beforeAll(async () => {
  database = await createDatabase()
  await createAccounts(database)
  pool = database.pool('trickle_app')
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())
beforeEach(() => {
  told = 0
})

describe('readers of the feed are told', () => {
  it.each([true, false])('of an append to one stream and to several (coalesced: %s)', async (coalesce) => {
    const store = new PostgresEventStore(pool, { coalesce, onAppended })
    await store.append(acme, appendOf(`one-${coalesce}`))
    expect(told).toBe(1)
    await store.appendAll(acme, { streams: [appendOf(`several-${coalesce}`)] })
    expect(told).toBe(2)
  })

  it('of nothing that was refused', async () => {
    const store = new PostgresEventStore(pool, { onAppended })
    await expect(
      store.append(acme, appendOf('refused', { expected: { mode: 'version', version: 7 } })),
    ).rejects.toMatchObject({ code: 'VERSION_CONFLICT' })
    expect(told).toBe(0)
  })

  it('of what was found to be a repetition, since the first one may not have come to tell', async () => {
    const store = new PostgresEventStore(pool, { onAppended })
    const request = appendOf('again', { events: [{ id: 'again', type: 'Noted', data: {} }] })
    await store.append(acme, request)
    expect(await store.append(acme, request)).toMatchObject({ replayed: true })
    expect(told).toBe(2)
  })

  it('of an append whose outcome nobody knows, and of no other failure', async () => {
    for (const code of ['OUTCOME_UNKNOWN', 'DATABASE_UNAVAILABLE'] as const) {
      const failed = Promise.reject(new TrickleError(code, 'the answer was lost'))
      await expect(toldWhenAppended(failed, onAppended)).rejects.toMatchObject({ code })
    }
    expect(told).toBe(1)
  })

  it('of a domain write, and of a batch of an import', async () => {
    const writes = new DomainWrites(pool, new SealKeys(pool), onAppended)
    await writes.write(acme, opening(acme.tenantId, 'told', 100))
    expect(told).toBe(1)
    await expect(writes.write(acme, opening(acme.tenantId, 'told', 100))).rejects.toMatchObject({
      name: 'TrickleError',
    })
    expect(told).toBe(1)
    await new EventImporter(pool, false, onAppended).importBatch([line(acme, 'imported', 'e-1')])
    expect(told).toBe(2)
  })
})

import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import { Database } from '../../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, noted, readWhole } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

let database: TestDatabase
let admin: Client
let store: EventStore
let tools: TokenTools
let acme: TenantContext

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app', 10))
  tools = await TokenTools.of(database)
  acme = await database.tenant('acme')
})
afterAll(() => database.drop())

describe('the result', () => {
  it('has a token of the write: its transaction, version and timeline, and the epoch of the log', async () => {
    const result = await store.append(acme, appendOf('result', { events: noted(3) }))
    const { rows } = await admin.query(
      `select e.xid::text, c.epoch::text from trickle_events_log.events e, trickle_events_log.current_epoch() c
        where e.tenant_id = $1 and e.stream_id = 'result' limit 1`,
      [acme.tenantId],
    )
    const [row] = rows as [{ xid: string; epoch: string }]
    expect(tools.consistencyOf(acme, result.consistencyToken)).toEqual({
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
  it('stands in the events from the append on that names it', async () => {
    await store.append(acme, appendOf('typed-later'))
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
  it('is refused when it does not exist any more', async () => {
    const gone = await database.tenant('gone')
    await admin.query('delete from trickle_tenants_state.tenants where tenant_id = $1', [gone.tenantId])
    await expect(store.append(gone, appendOf('s'))).rejects.toMatchObject({
      code: 'TENANT_UNKNOWN',
      status: 403,
    })
  })
})

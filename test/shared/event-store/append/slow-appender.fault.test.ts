import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../../support/database.ts'
import { eventually } from '../../../support/eventually.ts'
import { appendOf, viewsOf } from '../support.ts'

let database: Awaited<ReturnType<typeof createOwnServer>>
let acme: TenantContext
let store: PostgresEventStore

beforeAll(async () => {
  database = await createOwnServer({ settings: { autovacuum: false } })
  acme = await database.tenant('acme')
  store = new PostgresEventStore(database.pool('trickle_app'))
})
afterAll(() => database.drop())

const APPEND = `select trickle_events_log.append($1, array['slow'], array[null::text], array[-1::bigint], 1,
  '[{"s":1,"id":"slow","type":"Noted","data":1}]', null, null, null, null)`

/**
 * Limits of the slow session alone, one of them shorter than the login's, so that the test need not wait for seconds. The
 * others keep theirs: on a busy machine a first append takes longer than this.
 */
async function limit(client: Client, setting: string): Promise<void> {
  for (const name of ['idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout'])
    await client.query(`set ${name} = '${name === setting ? '400ms' : '60s'}'`)
}

describe('an append that does not end', () => {
  it.each([
    ['idle in its transaction', 'idle_in_transaction_session_timeout', undefined],
    ['busy in its transaction with one statement', 'statement_timeout', 'select pg_sleep(60)'],
    ['busy in its transaction', 'transaction_timeout', 'select pg_sleep(60)'],
  ])('%s holds the feed until %s ends it, and leaves nothing behind', async (_what, setting, next) => {
    const before = await store.readFeed(acme, { limit: 100 })
    const slow = await database.client('trickle_app')
    // Its first append plans, which may take longer than the limit on a busy machine.
    await slow.query('begin')
    await slow.query(APPEND, [acme.tenantId])
    await slow.query('rollback')
    await limit(slow, setting)
    await slow.query('begin')
    await slow.query(APPEND, [acme.tenantId])
    const ended = next === undefined ? undefined : slow.query(next).catch((error: unknown) => error)
    const { events } = await store.append(acme, appendOf('quick'))

    await eventually(async () => {
      const page = await store.readFeed(acme, { after: before.next, limit: 100 })
      return viewsOf(page.events).map(({ id }) => id)
    }).toEqual([events[0]?.id])
    const refusal = await (ended ?? slow.query('select 1').catch((error: unknown) => error))
    expect(refusal).toBeInstanceOf(Error)
    await expect(store.streamInfo(acme, 'slow')).rejects.toMatchObject({ code: 'STREAM_NOT_FOUND' })
    await slow.query('rollback').catch(() => {})
  })
})

import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import type { Database } from '../../../shared/postgres/index.ts'
import { runOnce, SubscriptionOperations } from '../../../shared/subscriptions/index.ts'
import { createOwnServer } from '../../support/database.ts'
import { appendOf, noted } from '../event-store/support.ts'
import { expireLease } from '../subscriptions/support.ts'
import { RecordingSender, rowsOf } from './recording-sender.ts'
import { ample, batchRows, forwarderOf, MortalDatabase, NAME, ProcessDied } from './support.ts'

let database: Awaited<ReturnType<typeof createOwnServer>>
let admin: Client
let pool: Database
let operations: SubscriptionOperations

beforeAll(async () => {
  database = await createOwnServer({ settings: { autovacuum: false } })
  admin = await database.client('admin')
  pool = database.pool('trickle_forwarder', 5)
  operations = new SubscriptionOperations(database.pool('trickle_operator'))
  const acme = await database.tenant('acme')
  const store = new PostgresEventStore(database.pool('trickle_app'))
  await store.append(acme, appendOf('s', { events: noted(10) }))
})
afterAll(() => database.drop())
beforeEach(() =>
  admin.query(
    `truncate trickle_subscriptions_state.subscriptions, trickle_subscriptions_state.members, trickle_analytics_outbox.batches;
     delete from trickle_events_log.epochs where ordinal > 1`,
  ),
)

/** A forwarder seals, and dies before it sends. */
async function seal(): Promise<void> {
  const mortal = new MortalDatabase(database.url('trickle_forwarder'), 'begin_attempt')
  await expect(runOnce(mortal, forwarderOf(mortal, new RecordingSender()), ample)).rejects.toBeInstanceOf(
    ProcessDied,
  )
  await mortal.end()
  await expireLease(admin, NAME)
}

describe('a forwarder that is placed elsewhere', () => {
  it('after its epoch has ended gives up the sealed batch, on the record, and begins at the new point', async () => {
    await seal()
    await admin.query("insert into trickle_events_log.epochs (reason) values ('a restore')")
    const sender = new RecordingSender()
    expect((await runOnce(pool, forwarderOf(pool, sender), ample)).outcome).toBe('stopped')
    await expect(operations.resume(NAME)).rejects.toMatchObject({ code: 'SUBSCRIPTION_STATE_CONFLICT' })
    await operations.resumeAt(NAME, { kind: 'epoch-began' })
    expect((await runOnce(pool, forwarderOf(pool, sender), ample)).events).toBe(10)
    const rows = await batchRows(admin)
    expect(rows.map(({ state }) => state).sort()).toEqual(['abandoned', 'sent'])
    const { rows: given } = await admin.query<{ error: string }>(
      "select error from trickle_analytics_outbox.batches where state = 'abandoned'",
    )
    expect(given[0]?.error).toContain('placed elsewhere')
  })

  it('at the end gives up the sealed batch by the next run, with nothing to send', async () => {
    await seal()
    await operations.pause(NAME)
    await operations.resumeAt(NAME, { kind: 'end' })
    const sender = new RecordingSender()
    expect((await runOnce(pool, forwarderOf(pool, sender), ample)).events).toBe(0)
    expect(sender.sent).toEqual([])
    expect(await batchRows(admin)).toMatchObject([{ state: 'abandoned' }])
  })

  it('at the beginning sends everything again under new tags, which the service does not skip', async () => {
    const sender = new RecordingSender()
    const forwarder = forwarderOf(pool, sender)
    expect((await runOnce(pool, forwarder, ample)).events).toBe(10)
    await operations.pause(NAME)
    await operations.reset(NAME)
    await operations.resume(NAME)
    expect((await runOnce(pool, forwarder, ample)).events).toBe(10)
    expect(new Set(sender.sent.map(({ tag }) => tag)).size).toBe(2)
    expect(sender.sent.map((batch) => rowsOf(batch).length)).toEqual([10, 10])
    expect((await batchRows(admin)).map(({ state }) => state)).toEqual(['sent', 'sent'])
  })

  it('is worked on by one member, whatever is asked for', async () => {
    await runOnce(pool, forwarderOf(pool, new RecordingSender()), ample)
    await expect(operations.resize(NAME, 2)).rejects.toMatchObject({ code: 'SUBSCRIPTION_STATE_CONFLICT' })
  })
})

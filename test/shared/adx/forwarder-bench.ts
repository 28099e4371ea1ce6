import type { Client } from 'pg'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import type { AppendResult, EventStore } from '../../../shared/event-store/index.ts'
import { runOnce } from '../../../shared/subscriptions/index.ts'
import type { Database } from '../../../shared/postgres/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../support/database.ts'
import { eventually } from '../../support/eventually.ts'
import { appendOf, noted } from '../event-store/support.ts'
import type { RecordingSender } from './recording-sender.ts'
import { ample, forwarderOf } from './support.ts'

/** A log with one tenant on a server of its own, and the pool of a forwarder; empty at the begin of each test. */
export class ForwarderBench {
  declare database: Awaited<ReturnType<typeof createOwnServer>>
  declare admin: Client
  declare pool: Database
  declare store: EventStore
  declare acme: TenantContext

  async open(): Promise<void> {
    // What runs beside it on a shared server can end a page early, and a batch with it.
    this.database = await createOwnServer({ settings: { autovacuum: false } })
    this.admin = await this.database.client('admin')
    this.pool = this.database.pool('trickle_forwarder', 5)
    this.store = new PostgresEventStore(this.database.pool('trickle_app', 5))
    this.acme = await this.database.tenant('acme')
  }

  /** The feed is that of all tenants, so what another test left would be sent, too. */
  async empty(): Promise<void> {
    await this.admin.query(
      `truncate trickle_events_log.events, trickle_events_log.streams, trickle_subscriptions_state.subscriptions,
         trickle_subscriptions_state.members, trickle_analytics_outbox.batches;
       delete from trickle_events_log.epochs where ordinal > 1`,
    )
  }

  append(streamId: string, count: number): Promise<AppendResult> {
    return this.store.append(this.acme, appendOf(streamId, { events: noted(count) }))
  }

  /** Runs until everything has been sent: one poll may end early. */
  async forwardAll(sender: RecordingSender, events: number): Promise<void> {
    await eventually(async () => {
      await runOnce(this.pool, forwarderOf(this.pool, sender), ample)
      return sender.rows.length
    }).toBe(events)
  }

  /** The feed shows everything that was appended: from then on one run is enough. */
  async feedShows(events: number): Promise<void> {
    const reader = await this.database.client('trickle_forwarder')
    await eventually(
      async () =>
        (
          await reader.query(
            "select from trickle_events_log.read_feed('0', 0, null, null, 100000, 100000000)",
          )
        ).rowCount,
    ).toBe(events)
  }
}

/** One for the calling file, opened and dropped with it. */
export function useForwarderBench(): ForwarderBench {
  const bench = new ForwarderBench()
  beforeAll(() => bench.open())
  afterAll(() => bench.database.drop())
  beforeEach(() => bench.empty())
  return bench
}

/** How many different events were sent. */
export const distinct = (sender: RecordingSender): number =>
  new Set(sender.rows.map((row) => `${row.TenantId} ${row.EventId}`)).size

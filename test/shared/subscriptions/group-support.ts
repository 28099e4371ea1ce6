import type { Client } from 'pg'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import type { Database } from '../../../shared/postgres/index.ts'
import { defineSubscription, runSubscription } from '../../../shared/subscriptions/index.ts'
import type {
  EventSubscription,
  Subscription,
  SubscriptionEvent,
  SubscriptionRun,
} from '../../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { createOwnServer } from '../../support/database.ts'
import { appendOf, noted } from '../event-store/support.ts'

export const ample = { timeMs: 60_000, stepsMax: 1_000 }

/** A server of the file's own, since the horizon is server-wide: one run sees everything that was appended before it. */
export interface Stage {
  readonly database: Awaited<ReturnType<typeof createOwnServer>>
  readonly admin: Client
  readonly worker: Database
  readonly operator: Database
  tenant(slug: string): Promise<TenantContext>
  append(tenant: TenantContext, streamId: string, count?: number, type?: string): Promise<void>
}

export async function openStage({ version = 18 }: { version?: 17 | 18 } = {}): Promise<Stage> {
  // Autovacuum draws transaction ids of its own, which hold a page of the feed back for a moment.
  const database = await createOwnServer({ version, settings: { autovacuum: false } })
  const store = new PostgresEventStore(database.pool('trickle_app', 5))
  return {
    database,
    admin: await database.client('admin'),
    worker: database.pool('trickle_worker', 5),
    operator: database.pool('trickle_operator', 5),
    tenant: (slug) => database.tenant(slug),
    async append(tenant, streamId, count = 1, type = 'Noted') {
      await store.append(tenant, appendOf(streamId, { events: noted(count, { type }) }))
    },
  }
}

/** What was handled, as `tenant stream version`, in order; `fail` decides by throwing. */
export class Recorder {
  readonly seen: string[] = []
  readonly attempts: string[] = []
  fail: (event: SubscriptionEvent, attempt: number) => void | Promise<void> = () => {}

  define(name: string, options: Partial<EventSubscription> = {}): Subscription {
    return defineSubscription({
      name,
      backoffMs: { first: 0, longest: 0 },
      ...options,
      handle: async (event, { attempt }) => {
        this.attempts.push(`${labelOf(event)} #${attempt}`)
        await this.fail(event, attempt)
        this.seen.push(labelOf(event))
      },
    })
  }

  ofStream(streamId: string): string[] {
    return this.seen.filter((label) => label.startsWith(`${streamId} `))
  }
}

export const labelOf = (event: SubscriptionEvent): string => `${event.streamId} ${event.version}`

export const labels = (streamId: string, from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${streamId} ${from + index}`)

/** Runs again and again until nothing moves any more; back-offs are cut short. */
export async function runToEnd(stage: Stage, subscription: Subscription): Promise<SubscriptionRun> {
  for (;;) {
    const run = await runSubscription(stage.worker, subscription, ample)
    if (run.outcome === 'waiting' || run.outcome === 'resizing') {
      await stage.admin.query(
        'update trickle_subscriptions_state.members set retry_at = null where name = $1',
        [subscription.name],
      )
      continue
    }
    if (run.outcome !== 'budget-spent') return run
  }
}

export async function parkedStates(admin: Client, name: string): Promise<string[]> {
  const { rows } = await admin.query<[string]>({
    text: `select format('%s %s %s', stream_id, version, state) from trickle_subscriptions_state.parked
      where name = $1 order by stream_id, version`,
    values: [name],
    rowMode: 'array',
  })
  return rows.flat()
}

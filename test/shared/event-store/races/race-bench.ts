import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import { onTestFinished } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { DatabasePlace, TestDatabase } from '../../../support/database.ts'
import { viewsOf } from '../support.ts'

/** Two who append step by step, somebody who looks on, and a reader of the feed. */
export interface RaceBench {
  readonly database: TestDatabase
  readonly tenant: TenantContext
  readonly admin: Client
  readonly first: Client
  readonly second: Client
  readonly reader: EventStore
}

/**
 * A migrated database of the calling test's own, with guards taken out or moments stretched before anybody works on it.
 */
export async function openRaceBench(
  place: DatabasePlace,
  change: (admin: Client) => Promise<unknown> = async () => {},
): Promise<RaceBench> {
  const database = await createDatabase(place)
  onTestFinished(() => database.drop())
  const admin = await database.client('admin')
  await change(admin)
  const [first, second] = await Promise.all([database.client('trickle_app'), database.client('trickle_app')])
  // A transaction that is held on purpose would otherwise be ended by the time limits of its login, on a busy machine.
  for (const client of [first, second])
    await client.query(
      'set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0; set lock_timeout = 0; set statement_timeout = 0',
    )
  const tenant = await database.tenant('acme')
  const reader = new PostgresEventStore(database.pool('trickle_app', 1))
  return { database, tenant, admin, first, second, reader }
}

export interface RaceAppend {
  /** Those beyond `written` are conditions. */
  readonly streams: readonly string[]
  readonly written?: number
  /** n, or -1 for any; any for all of them when absent. */
  readonly expected?: readonly number[]
  readonly eventId?: string
  readonly key?: string
  readonly reserves?: string
}

/** One event to each written stream; the outcome, or the SQLSTATE of a failure. */
export async function append(
  client: Client,
  { tenantId }: TenantContext,
  request: RaceAppend,
): Promise<string> {
  const { streams, written = streams.length, key = null, reserves } = request
  const events = streams
    .slice(0, written)
    .map((_, index) => ({ s: index + 1, id: request.eventId ?? randomUUID(), type: 'Noted', data: 1 }))
  const names = reserves === undefined ? null : [{ s: 1, set: 'n', value: reserves, release: false }]
  try {
    const { rows } = await client.query<{ outcome: string }>(
      'select outcome from trickle_events_log.append($1, $2, null, $3, $4, $5, null, null, $6, $7, $8)',
      [
        tenantId,
        streams,
        request.expected ?? streams.map(() => -1),
        written,
        JSON.stringify(events),
        key,
        key === null ? null : Buffer.from(key),
        names === null ? null : JSON.stringify(names),
      ],
    )
    return rows[0]?.outcome ?? 'nothing'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** Waits until so many statements of this database wait for a lock. */
export async function untilWaiting(admin: Client, count = 1): Promise<void> {
  while ((await waiting(admin)) < count) await tick()
}

/** Waits until the work is done or waits for a lock: without a guard there is nothing that it waits for. */
export async function untilDoneOrWaiting(admin: Client, work: Promise<unknown>): Promise<void> {
  const state = { isDone: false }
  void work.finally(() => {
    state.isDone = true
  })
  while (!state.isDone && (await waiting(admin)) === 0) await tick()
}

async function waiting(admin: Client): Promise<number> {
  const { rows } = await admin.query<{ count: string }>(
    `select count(*) from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database()`,
  )
  return Number(rows[0]?.count)
}

/** Often enough to go unnoticed, seldom enough to leave the server to the race. */
const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 5)
  })

/** What a reader sees of a tenant after a token: `stream version` of each event. */
export async function readFeed({ reader, tenant }: RaceBench, after?: string) {
  const page = await reader.readFeed(tenant, { after, limit: 100 })
  return {
    events: viewsOf(page.events).map(({ streamId, version }) => `${streamId} ${version}`),
    next: page.next,
  }
}

/** SQL that waits at this place for `resume`, in sessions that asked for it by `pauseIn`. */
export const PAUSE =
  "if current_setting('test.pause', true) = 'on' then perform pg_advisory_xact_lock(7); end if;"

/** From now on statements of this session stop at PAUSE; `resume` lets them go on. */
export async function pauseIn(admin: Client, client: Client): Promise<{ resume: () => Promise<void> }> {
  await admin.query('select pg_advisory_lock(7)')
  await client.query("set test.pause = 'on'")
  return {
    async resume() {
      await admin.query('select pg_advisory_unlock(7)')
    },
  }
}

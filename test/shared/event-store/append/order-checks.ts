import type { Client } from 'pg'
import type { TestDatabase } from '../../../support/database.ts'
import { until } from '../../postgres/support.ts'

/**
 * Forced races, step by step. Each returns what was seen, so that the same check can be held against the schema as it
 * is and against one whose guard was taken out.
 */
export interface OrderBench {
  readonly database: TestDatabase
  readonly admin: Client
  readonly tenantId: string
  /** Connections of the app, which append. */
  readonly first: Client
  readonly second: Client
  readonly reader: Client
}

export async function openBench(database: TestDatabase): Promise<OrderBench> {
  const admin = await database.client('admin')
  await admin.query('create table public.foreign_table (id int)')
  const [first, second, reader] = await Promise.all([
    database.client('trickle_app'),
    database.client('trickle_app'),
    database.client('trickle_forwarder'),
  ])
  // A transaction that is held on purpose would otherwise be ended by the time limits of its login, on a busy machine.
  for (const client of [first, second])
    await client.query(
      'set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0; set lock_timeout = 0; set statement_timeout = 0',
    )
  const { tenantId } = await database.tenant('acme')
  return { database, admin, tenantId, first, second, reader }
}

let eventIds = 0

export async function append(
  client: Client,
  tenantId: string,
  streamId: string,
  expected = -1,
): Promise<{ outcome: string; version: number }> {
  eventIds += 1
  const events = JSON.stringify([{ s: 1, id: `event-${eventIds}`, type: 'Noted', data: 1 }])
  const { rows } = await client.query<{ outcome: string; version: string }>(
    `select a.outcome, a.versions[1] as version
      from trickle_events_log.append($1, array[$2], null, array[$3::bigint], 1, $4, null, null, null, null) a`,
    [tenantId, streamId, expected, events],
  )
  return { outcome: rows[0]?.outcome ?? '', version: Number(rows[0]?.version) }
}

export interface FeedPoint {
  readonly xid: string
  readonly position: string
}
export const beginning: FeedPoint = { xid: '0', position: '0' }

interface FeedRow extends FeedPoint {
  readonly tenant_id: string
  readonly stream_id: string
  readonly version: string
}

/** One page of the feed of all tenants: a label of each event, and the point after the last. */
export async function readFeed(
  client: Client,
  after: FeedPoint,
  label = (row: FeedRow): string => `${row.stream_id} ${row.version}`,
): Promise<{ events: string[]; next: FeedPoint }> {
  const { rows } = await client.query<FeedRow>(
    'select tenant_id, xid, position, stream_id, version from trickle_events_log.read_feed($1, $2, null, null, 1000, 10000000)',
    [after.xid, after.position],
  )
  return { events: rows.map(label), next: rows.at(-1) ?? after }
}

/** Two append to one new stream, the second while the first has not committed. */
export async function appendersOfOneStream({ admin, tenantId, first, second }: OrderBench) {
  await first.query('begin')
  await append(first, tenantId, 'shared')
  const { rows } = await second.query<{ pid: string }>('select pg_backend_pid() as pid')
  const appending = append(second, tenantId, 'shared').then(
    ({ outcome, version }) => `${outcome} ${version}`,
    (error: unknown) => codeOf(error),
  )
  await until(admin, 'select count(*) > 0 from pg_locks where pid = $1::int and not granted', [rows[0]?.pid])
  const { rows: waits } = await admin.query<{ locktype: string }>(
    'select locktype from pg_locks where pid = $1::int and not granted',
    [rows[0]?.pid],
  )
  await first.query('commit')
  return { waitsFor: waits[0]?.locktype, second: await appending }
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? String(error)

/** Somebody draws a transaction id, lets another append in between, and then appends to the same stream. */
export async function lateAppender({ tenantId, first, second, reader }: OrderBench) {
  await first.query('begin')
  await first.query('select pg_current_xact_id()')
  await append(second, tenantId, 'late')
  const late = await append(first, tenantId, 'late').then(
    ({ outcome }) => outcome,
    (error: unknown) => codeOf(error),
  )
  await first.query('commit')
  const { events } = await readFeed(reader, beginning)
  return { late, feed: events.filter((event) => event.startsWith('late ')) }
}

/** An appender that has written stands still, another commits after it, and a reader polls before and after its end. */
export async function slowAppender(
  { tenantId, first, second, reader }: OrderBench,
  end: 'commit' | 'rollback' = 'commit',
) {
  const { next: start } = await readFeed(reader, beginning)
  await first.query('begin')
  await append(first, tenantId, 'slow')
  await append(second, tenantId, 'fast')
  const during = await readFeed(reader, start)
  await first.query(end)
  const after = await readFeed(reader, during.next)
  return { during: during.events, after: after.events }
}

/** Who has written, elsewhere or in another table, stands still; what is appended meanwhile must show. */
export async function foreignWriter({ tenantId, second, reader }: OrderBench, foreigner: Client) {
  const { next: start } = await readFeed(reader, beginning)
  await foreigner.query('begin')
  await foreigner.query('insert into public.foreign_table values (1)')
  await append(second, tenantId, 'beside')
  const { events } = await readFeed(reader, start)
  await foreigner.query('rollback')
  return { during: events }
}

/** Two append to the same two new streams at once; what becomes of the second. */
export async function raceForTwoStreams({ admin, tenantId, first, second }: OrderBench): Promise<string> {
  const both = (client: Client): Promise<string> => {
    eventIds += 2
    const events = [1, 2].map((s) => ({ s, id: `event-${eventIds - s}`, type: 'Noted' }))
    const text =
      "select outcome from trickle_events_log.append($1, array['a', 'b'], null, array[-1, -1], 2, $2, null, null, null, null)"
    return client.query<{ outcome: string }>(text, [tenantId, JSON.stringify(events)]).then(
      ({ rows }) => rows[0]?.outcome ?? '',
      (error: unknown) => codeOf(error),
    )
  }
  await first.query('begin')
  await both(first)
  const racing = both(second)
  await until(admin, 'select count(*) > 0 from pg_locks where not granted')
  await first.query('commit')
  return racing
}

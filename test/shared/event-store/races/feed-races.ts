import { append, pauseIn, readFeed, untilWaiting } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'

/** What a reader saw while a race was on, and what it saw after that when all was over. Together: every event once. */
export interface Seen {
  readonly during: readonly string[]
  readonly after: readonly string[]
}

/** A reader polls while the slow one is still at it, and after its end. */
export async function readBesideSlowAppender(
  bench: RaceBench,
  beforeReading: () => Promise<unknown> = async () => {},
): Promise<Seen> {
  await openSlowAppender(bench)
  await beforeReading()
  const during = await readFeed(bench)
  await bench.first.query('commit')
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

/** An appender that has written stands still, and another commits after it. */
async function openSlowAppender({ tenant, first, second }: RaceBench): Promise<void> {
  await first.query('begin')
  await append(first, tenant, { streams: ['slow'] })
  await append(second, tenant, { streams: ['fast'] })
}

/** As pg_locks stands between the moment in which a transaction has its id and the one in which it locks that id. */
export const showBeforeIdIsLocked =
  ({ admin, first }: RaceBench) =>
  async (): Promise<void> =>
    showLocks({ admin }, `not (locktype = 'transactionid' and pid = ${await pidOf(first)})`)

async function showLocks({ admin }: Pick<RaceBench, 'admin'>, condition: string): Promise<void> {
  await admin.query(`create table public.shown_locks as select * from pg_locks where ${condition}`)
  await admin.query('grant usage on schema public to public; grant select on public.shown_locks to public')
}

async function pidOf(client: RaceBench['first']): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}

/** An append that is prepared and not committed; its transaction belongs to no process any more. */
export async function readBesidePreparedAppend(bench: RaceBench): Promise<Seen> {
  const { admin, tenant, second } = bench
  await admin.query('begin')
  await append(admin, tenant, { streams: ['slow'] })
  await admin.query("prepare transaction 'slow'")
  await append(second, tenant, { streams: ['fast'] })
  const during = await readFeed(bench)
  await admin.query("commit prepared 'slow'")
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

/**
 * The slow one commits while a reader stands between its look at the plain horizon and its look at the locks (PAUSE).
 * @param lockTable 'mid-commit': the locks are shown as they are in the middle of COMMIT PREPARED.
 */
export async function commitDuringRead(
  bench: RaceBench,
  lockTable: 'as it is' | 'mid-commit' = 'as it is',
): Promise<Seen> {
  const { admin, first } = bench
  await openSlowAppender(bench)
  if (lockTable === 'mid-commit') await showMarkGone(bench)
  await admin.query('select pg_advisory_lock(7)')
  const reading = readFeed(bench)
  await untilWaiting(admin)
  await first.query('commit')
  await admin.query('select pg_advisory_unlock(7)')
  const during = await reading
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

/** As pg_locks stands in the middle of COMMIT PREPARED: the mark is gone, the id's own lock is not. */
const showMarkGone = async ({ admin, first }: RaceBench): Promise<void> =>
  showLocks({ admin }, `not (locktype = 'advisory' and pid = ${await pidOf(first)})`)

/** Two appenders whose ids and positions are in opposite order, since the first stops between the two (PAUSE). */
export async function crossedPositions(bench: RaceBench): Promise<Seen> {
  const { admin, tenant, first, second } = bench
  const pause = await pauseIn(admin, first)
  const early = append(first, tenant, { streams: ['early-id'] })
  await untilWaiting(admin)
  await second.query('begin')
  await append(second, tenant, { streams: ['early-position'] })
  await pause.resume()
  await early
  const during = await readFeed(bench)
  await second.query('commit')
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

/** An appender of another Trickle database on the server stands still. */
export async function readBesideOtherDatabase(bench: RaceBench, other: RaceBench): Promise<Seen> {
  await other.first.query('begin')
  await append(other.first, other.tenant, { streams: ['elsewhere'] })
  await append(bench.second, bench.tenant, { streams: ['here'] })
  const during = await readFeed(bench)
  await other.first.query('commit')
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

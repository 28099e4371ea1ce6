import { append, pauseIn, readFeed, untilDoneOrWaiting, untilWaiting } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'

/** Two write to each other's streams, named in opposite order; the first stops after its first lock. */
export async function crossedStreams({ admin, tenant, first, second }: RaceBench): Promise<string[]> {
  const pause = await pauseIn(admin, first)
  const crossing = append(first, tenant, { streams: ['a', 'b'] })
  await untilWaiting(admin, 1)
  const crossed = append(second, tenant, { streams: ['b', 'a'] })
  await untilWaiting(admin, 2)
  await pause.resume()
  return (await Promise.all([crossing, crossed])).toSorted()
}

/** Each writes its stream if the other's does not exist. */
export async function mutualConditions({ admin, tenant, first, second }: RaceBench): Promise<string[]> {
  await first.query('begin')
  const held = await append(first, tenant, { streams: ['p', 'q'], written: 1, expected: [-1, 0] })
  const racing = append(second, tenant, { streams: ['q', 'p'], written: 1, expected: [-1, 0] })
  await untilDoneOrWaiting(admin, racing)
  await first.query('commit')
  return [held, await racing]
}

/**
 * Two expect the same version, the second while the first has not committed; with conditions, or of one stream alone.
 */
export async function sameVersion(
  { admin, tenant, first, second }: RaceBench,
  form: 'alone' | 'with a condition',
): Promise<string> {
  const again =
    form === 'alone'
      ? { streams: ['s'], expected: [1] }
      : { streams: ['s', 'c'], written: 1, expected: [1, -1] }
  await append(first, tenant, { streams: ['s'] })
  await first.query('begin')
  await append(first, tenant, again)
  const racing = append(second, tenant, again)
  await untilWaiting(admin)
  await first.query('commit')
  return racing
}

/**
 * Twins with one key, one event id or one name on two streams; what becomes of the second, and how many events there
 * are.
 */
export async function twins(
  { admin, tenant, first, second }: RaceBench,
  shared: { readonly key: string } | { readonly eventId: string } | { readonly reserves: string },
): Promise<{ second: string; events: number }> {
  await first.query('begin')
  await append(first, tenant, { streams: ['one'], ...shared })
  const racing = append(second, tenant, { streams: ['two'], ...shared })
  await untilDoneOrWaiting(admin, racing)
  await first.query('commit')
  const outcome = await racing
  const { rows } = await admin.query<{ count: string }>('select count(*) from trickle_events_log.events')
  return { second: outcome, events: Number(rows[0]?.count) }
}

/** A savepoint takes an append back and with it its lock; another one appends, and then the first again. */
export async function appendAfterRollbackTo(bench: RaceBench): Promise<{ again: string; feed: string[] }> {
  const { tenant, first, second } = bench
  await first.query('begin')
  await first.query('savepoint before')
  await append(first, tenant, { streams: ['s'] })
  await first.query('rollback to before')
  await append(second, tenant, { streams: ['s'] })
  const again = await append(first, tenant, { streams: ['s'] })
  await first.query('commit')
  return { again, feed: (await readFeed(bench)).events }
}

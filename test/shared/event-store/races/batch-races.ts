import { randomUUID } from 'node:crypto'
import type { Client } from 'pg'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { append, readFeed } from './race-bench.ts'
import type { RaceBench } from './race-bench.ts'
import type { Seen } from './feed-races.ts'

/** One event to each stream, in one batch; the outcomes, or the SQLSTATE of a failure. */
export async function appendBatch(
  client: Client,
  { tenantId }: TenantContext,
  streams: readonly string[],
): Promise<readonly string[] | string> {
  const events = streams.map((_, index) => ({ s: index + 1, n: 1, id: randomUUID(), type: 'Noted', data: 1 }))
  const none = streams.map(() => null)
  try {
    const { rows } = await client.query<{ outcomes: string[] }>(
      'select outcomes from trickle_events_log.append_batch($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)',
      [
        streams.map(() => tenantId),
        streams,
        none,
        streams.map(() => -1),
        streams.map(() => 1),
        JSON.stringify(events),
        none,
        none,
        none,
        none,
        streams.map(() => false),
        streams.map((_, index) => index + 1),
      ],
    )
    return rows[0]?.outcomes ?? 'nothing'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

/** A batch with a stream that an appender has written to and not committed. */
export async function batchBesideAppend({
  tenant,
  first,
  second,
}: RaceBench): Promise<readonly string[] | string> {
  await first.query('begin')
  await append(first, tenant, { streams: ['held'] })
  // Without the lock the batch waits for the other's row, and this test for the batch.
  await second.query("set statement_timeout = '1s'")
  const outcomes = await appendBatch(second, tenant, ['free', 'held'])
  await first.query('commit')
  return outcomes
}

/** Somebody draws a transaction id, lets another append in between, and then writes a batch to the same stream. */
export async function lateBatch(
  bench: RaceBench,
): Promise<{ late: readonly string[] | string; feed: string[] }> {
  const { tenant, first, second } = bench
  await first.query('begin')
  await first.query('select pg_current_xact_id()')
  await append(second, tenant, { streams: ['s'] })
  const late = await appendBatch(first, tenant, ['s'])
  await first.query('commit')
  return { late, feed: (await readFeed(bench)).events }
}

/** A batch or an import stands still, and an append commits after it. */
export async function readBesideSlow(kind: 'batch' | 'import', bench: RaceBench): Promise<Seen> {
  const { tenant, first, second } = bench
  await first.query('begin')
  await (kind === 'batch' ? appendBatch(first, tenant, ['slow']) : importLine(first, tenant, 'slow'))
  await append(second, tenant, { streams: ['fast'] })
  const during = await readFeed(bench)
  await first.query('commit')
  return { during: during.events, after: (await readFeed(bench, during.next)).events }
}

async function importLine(client: Client, { tenantId }: TenantContext, streamId: string): Promise<void> {
  const line = { n: 0, t: 1, streamId, id: randomUUID(), type: 'Imported', data: 1 }
  await client.query('select trickle_events_log.import_events($1, $2)', [tenantId, JSON.stringify([line])])
}

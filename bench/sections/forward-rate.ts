import { once } from 'node:events'
import { constants, createGzip } from 'node:zlib'
import { withClient } from '../../database/index.ts'
import { batchLimits } from '../../shared/adx/index.ts'
import type { AnalyticsForwarder } from '../../shared/adx/index.ts'
import type { Database } from '../../shared/postgres/index.ts'
import { runOnce } from '../../shared/subscriptions/index.ts'
import { cpuForEach, readCpu } from '../measure/index.ts'
import type { Sample, Watched } from '../measure/index.ts'
import { createBarePool } from '../stage/index.ts'
import type { BenchServer } from '../stage/index.ts'

/** The newest events of a log, at most `eventsMax`. */
export interface LogRange {
  readonly server: BenchServer
  readonly eventsMax: number
}

/** Longer than any turn: a turn ends when its events are forwarded. */
const TURN_MAX_MS = 300_000

/** One turn: the checkpoint is set back to where the range begins, then everything after it is forwarded. */
export async function forwardRange(
  range: LogRange,
  database: Database,
  forwarder: AnalyticsForwarder,
): Promise<Sample> {
  // Creates the subscription in the first turn. It forwards nothing.
  await runOnce(database, forwarder, { timeMs: TURN_MAX_MS, stepsMax: 0 })
  await rewind(range, forwarder.name)
  return timed(range.server, async () => {
    const result = await runOnce(database, forwarder, { timeMs: TURN_MAX_MS, stepsMax: range.eventsMax })
    if (result.outcome !== 'done') throw new Error(`the forwarder ended with ${result.outcome}`)
    return result.events
  })
}

async function rewind({ server, eventsMax }: LogRange, subscription: string): Promise<void> {
  await withClient(server.adminUrl, async (client) => {
    await client.query('delete from trickle_analytics_outbox.batches')
    await client.query(
      `with begins as (
        select e.xid, e.position - 1 as before from trickle_events_log.events e
          order by e.xid desc, e.position desc offset $2 limit 1)
      update trickle_subscriptions_state.members s
        set xid = coalesce((select b.xid from begins b), '0'), position = coalesce((select b.before from begins b), 0),
          retry_at = null, failures = 0
        where s.name = $1`,
      [subscription, eventsMax - 1],
    )
  })
}

const SELECT_TEXT = `select tenant_id as "TenantId", source as "Source", event_id as "EventId", stream_id as "StreamId",
    version as "Version", type as "EventType", stream_type as "StreamType", occurred_at as "OccurredAt",
    recorded_at as "RecordedAt", schema_version as "SchemaVersion", data as "Payload", metadata as "Metadata",
    trace_parent as "TraceParent", correlation_id as "CorrelationId", causation_id as "CausationId", xid, position as "Position"
  from bench_bare.events where (xid, position) > ($1, $2) order by xid, position limit $3`

interface BareRow {
  readonly xid: string
  readonly Position: string
}

/** A plain exporter of the same events: pages by key, parsed by pg, written as NDJSON, gzip of the same level. */
export async function bareExport({ server, eventsMax }: LogRange): Promise<Sample> {
  const pool = createBarePool(server.url('trickle_forwarder'), 1)
  try {
    const [begin] = (
      await pool.query<BareRow>(
        'select xid, position as "Position" from bench_bare.events order by xid desc, position desc offset $1 limit 1',
        [eventsMax],
      )
    ).rows
    return await timed(server, async () => {
      const gzip = createGzip({ level: constants.Z_BEST_SPEED })
      gzip.resume()
      let after: BareRow | undefined = begin ?? { xid: '0', Position: '0' }
      let count = 0
      for (;;) {
        const values: unknown[] = [after.xid, after.Position, batchLimits.pageEvents]
        const { rows }: { rows: BareRow[] } = await pool.query<BareRow>(SELECT_TEXT, values)
        after = rows.at(-1)
        if (after === undefined) break
        count += rows.length
        if (!gzip.write(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)) await once(gzip, 'drain')
      }
      gzip.end()
      await once(gzip, 'end')
      return count
    })
  } finally {
    await pool.end()
  }
}

/** Events a second of `work`, which returns how many it handled. */
async function timed(server: BenchServer, work: () => Promise<number>): Promise<Sample> {
  const watched = watchedOf(server)
  const before = readCpu(watched)
  const startMs = performance.now()
  const events = await work()
  const seconds = (performance.now() - startMs) / 1_000
  if (events === 0) throw new Error('there was nothing to forward')
  return { value: events / seconds, cpuMicros: cpuForEach(before, readCpu(watched), events) }
}

const watchedOf = (server: BenchServer): Record<string, Watched> => ({
  client: { kind: 'self' },
  server: { kind: 'family', pid: server.pid },
})

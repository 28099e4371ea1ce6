/**
 * An instance that works on a subscription or a projection until it is killed: `node fault-worker.ts URL KIND NAME [POISON]`.
 * Every delivery is noted in public.deliveries, so that the test sees what a handler would have seen, and what a projection
 * has written. The stream POISON ends the process.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Database, noColumns } from '../../../../shared/postgres/index.ts'
import {
  defineProjection,
  defineSubscription,
  runSubscription,
} from '../../../../shared/subscriptions/index.ts'

// The test holds the other end: an instance never outlives it.
process.stdin.resume().on('end', () => process.exit())

const [, , url = '', kind = '', name = '', poison = ''] = process.argv
const database = new Database({ url, connectionsMax: 6, statements: 'unnamed' })

const dieOf = ({ streamId, version }: { streamId: string; version: number }): void => {
  if (streamId === poison && version === 2) process.kill(process.pid, 'SIGKILL')
}

const handling = defineSubscription({
  name,
  async handle({ tenantId, streamId, version }) {
    dieOf({ streamId, version })
    await database.query({
      name: 'deliver',
      text: `with quick as materialized (select set_config('synchronous_commit', 'off', true))
        insert into public.deliveries (tenant_id, stream_id, version, worker) select $1, $2, $3, $4 from quick`,
      columns: noColumns,
      values: [tenantId, streamId, version, process.pid],
    })
  },
})

const projecting = defineProjection({
  name,
  project: (events, tenantId) => {
    events.forEach(dieOf)
    return [
      {
        name: 'deliver_all',
        text: `insert into public.deliveries (tenant_id, stream_id, version, worker)
        select $1, u.stream_id, u.version, $4 from unnest($2::text[], $3::int[]) as u (stream_id, version)`,
        columns: noColumns,
        values: [
          tenantId,
          events.map(({ streamId }) => streamId),
          events.map(({ version }) => version),
          process.pid,
        ],
      },
    ]
  },
})

const subscription = kind === 'projection' ? projecting : handling

for (;;) {
  // A connection that was killed shows here; the next run goes on.
  const { outcome } = await runSubscription(database, subscription, { timeMs: 2_000, stepsMax: 50 }).catch(
    () => ({ outcome: 'failed' }),
  )
  if (outcome !== 'budget-spent') await sleep(20)
}

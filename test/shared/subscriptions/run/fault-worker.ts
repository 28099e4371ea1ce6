/**
 * An instance that works on a subscription until it is killed: `node fault-worker.ts URL NAME [POISON]`. Every delivery is
 * noted in public.deliveries, so that the test sees what a handler would have seen. The stream POISON ends the process.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Database, noColumns } from '../../../../shared/postgres/index.ts'
import { defineSubscription, runSubscription } from '../../../../shared/subscriptions/index.ts'

// The test holds the other end: an instance never outlives it.
process.stdin.resume().on('end', () => process.exit())

const [, , url = '', name = '', poison = ''] = process.argv
const database = new Database({ url, connectionsMax: 6, statements: 'unnamed' })

const subscription = defineSubscription({
  name,
  async handle({ tenantId, streamId, version }) {
    if (streamId === poison && version === 2) process.kill(process.pid, 'SIGKILL')
    await database.query({
      name: 'deliver',
      text: `with quick as materialized (select set_config('synchronous_commit', 'off', true))
        insert into public.deliveries (tenant_id, stream_id, version, worker) select $1, $2, $3, $4 from quick`,
      columns: noColumns,
      values: [tenantId, streamId, version, process.pid],
    })
  },
})

for (;;) {
  // A connection that was killed shows here; the next run goes on.
  const { outcome } = await runSubscription(database, subscription, { timeMs: 2_000, stepsMax: 50 }).catch(
    () => ({ outcome: 'failed' }),
  )
  if (outcome !== 'budget-spent') await sleep(20)
}

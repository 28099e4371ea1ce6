import { describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../shared/event-store/index.ts'
import { createDatabase } from '../../support/database.ts'
import { mutateFunction } from '../../support/mutate.ts'
import { until } from '../postgres/support.ts'
import { appendOf, versionsOf } from './support.ts'

// What every store does is in conformance/suites/stream-reads.ts; here is what only PostgreSQL can get wrong.
describe('a page of a stream', () => {
  it.each([true, false])(
    'holds no event that came after the version that it tells (backward: %s)',
    async (backward) => {
      const stretched = await createDatabase()
      const admin = await stretched.client('admin')
      await mutateFunction(
        admin,
        'trickle_events_log.read_stream',
        'if p_backward then',
        'perform pg_sleep(0.3); if p_backward then',
      )
      const stretchedStore = new PostgresEventStore(stretched.pool('trickle_app'))
      const bolt = await stretched.tenant('bolt')
      await stretchedStore.append(bolt, appendOf('growing'))
      const reading = stretchedStore.readStream(bolt, { streamId: 'growing', backward, limit: 10 })
      await until(
        admin,
        "select count(*) > 0 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()",
      )
      await stretchedStore.append(bolt, appendOf('growing'))
      const page = await reading
      expect({ ...page, events: versionsOf(page.events) }).toEqual({
        events: [1],
        streamVersion: 1,
        next: null,
      })
      await stretched.drop()
    },
  )
})

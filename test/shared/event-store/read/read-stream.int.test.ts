import { describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import { createDatabase } from '../../../support/database.ts'
import { mutateFunction } from '../../../support/mutate.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { until } from '../../postgres/support.ts'
import { appendOf, versionsOf } from '../support.ts'

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
      expect({ events: versionsOf(page.events), streamVersion: page.streamVersion, next: page.next }).toEqual(
        {
          events: [1],
          streamVersion: 1,
          next: null,
        },
      )
      await stretched.drop()
    },
  )
})

describe('a page of an export', () => {
  it('is small, so that it never keeps the process from short requests for long, and loses nothing', async () => {
    const database = await createDatabase()
    const acme = await database.tenant('acme')
    const pool = database.pool('trickle_app')
    const data = 'x'.repeat(400_000)
    await new PostgresEventStore(pool).append(acme, {
      streamId: 'large',
      expected: { mode: 'any' },
      events: Array.from({ length: 7 }, () => ({ type: 'Large', data })),
    })
    const bulk = new PostgresEventStore(pool, { work: 'bulk' })
    const pages: number[] = []
    const versions: number[] = []
    for (let from: number | undefined = 1; from !== undefined;) {
      const page = await bulk.readStream(acme, { streamId: 'large', from, backward: false, limit: 1_000 })
      pages.push(page.events.length)
      versions.push(...versionsOf(page.events))
      from = page.next ?? undefined
    }
    expect(pages).toEqual([3, 3, 1])
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7])
    await feedSettled(database.adminUrl)
    const feed = await bulk.readFeed(acme, { limit: 1_000 })
    expect(versionsOf(feed.events)).toEqual([1, 2, 3])
    await database.drop()
  })
})

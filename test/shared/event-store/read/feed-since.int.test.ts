import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { feedSettled } from '../../../support/settled-feed.ts'
import { pickBelow, scaled, seededRandom } from '../../../support/scale.ts'
import { appendOf, noted, versionsOf } from '../support.ts'

let database: TestDatabase
let admin: Client
let store: EventStore

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app'))
})
afterAll(() => database.drop())

const BASE_MS = Date.parse('2026-11-21T10:00:00Z')
const timeAt = (seconds: number): string => new Date(BASE_MS + seconds * 1_000).toISOString()

/** A tenant with one event at each of the seconds, in this order of the feed, each by an append of its own. */
async function tenantWith(slug: string, seconds: readonly number[]): Promise<TenantContext> {
  const tenant = await database.tenant(slug)
  for (const _ of seconds) await store.append(tenant, appendOf('s'))
  await admin.query(
    `update trickle_events_log.events e set recorded_at = u.time
      from unnest($2::int[], $3::timestamptz[]) as u (version, time) where e.tenant_id = $1 and e.version = u.version`,
    [tenant.tenantId, seconds.map((_, index) => index + 1), seconds.map(timeAt)],
  )
  await feedSettled(database.adminUrl)
  return tenant
}

const versionsSince = async (tenant: TenantContext, since: string): Promise<number[]> =>
  versionsOf((await store.readFeed(tenant, { since, limit: 1_000 })).events)

describe('a feed since a time', () => {
  it('begins with the first event recorded then or later', async () => {
    const acme = await tenantWith('steps', [0, 100, 200, 300, 400])
    expect(await versionsSince(acme, timeAt(-1))).toEqual([1, 2, 3, 4, 5])
    expect(await versionsSince(acme, timeAt(0))).toEqual([1, 2, 3, 4, 5])
    expect(await versionsSince(acme, timeAt(100))).toEqual([2, 3, 4, 5])
    expect(await versionsSince(acme, timeAt(100.001))).toEqual([3, 4, 5])
    expect(await versionsSince(acme, timeAt(400))).toEqual([5])
    expect(await versionsSince(acme, '2026-11-21T11:01:40+01:00')).toEqual([2, 3, 4, 5])
  })

  it('goes on by its next as any feed, without the time', async () => {
    const acme = await tenantWith('paged', [0, 100, 200, 300])
    const first = await store.readFeed(acme, { since: timeAt(100), limit: 2 })
    expect(versionsOf(first.events)).toEqual([2, 3])
    expect(versionsOf((await store.readFeed(acme, { after: first.next, limit: 2 })).events)).toEqual([4])
  })

  it('after the last event is empty and goes on with what comes', async () => {
    const acme = await tenantWith('after', [0, 100])
    const page = await store.readFeed(acme, { since: timeAt(101), limit: 10 })
    expect(page.events).toEqual([])
    await store.append(acme, appendOf('s'))
    await feedSettled(database.adminUrl)
    expect(versionsOf((await store.readFeed(acme, { after: page.next, limit: 10 })).events)).toEqual([3])
  })

  it('of a tenant without events is empty and goes on with the first', async () => {
    const acme = await database.tenant('nothing')
    const page = await store.readFeed(acme, { since: timeAt(0), limit: 10 })
    expect(page.events).toEqual([])
    await store.append(acme, appendOf('s'))
    await feedSettled(database.adminUrl)
    expect(versionsOf((await store.readFeed(acme, { after: page.next, limit: 10 })).events)).toEqual([1])
  })

  it('begins in the middle of an append whose events differ', async () => {
    const acme = await database.tenant('middle')
    await store.append(acme, appendOf('s', { events: noted(4) }))
    await admin.query(
      "update trickle_events_log.events set recorded_at = timestamptz '2026-11-21 10:00:00+00' + version * interval '1 s' where tenant_id = $1",
      [acme.tenantId],
    )
    await feedSettled(database.adminUrl)
    expect(await versionsSince(acme, timeAt(3))).toEqual([3, 4])
  })

  it('is refused together with a token', async () => {
    const acme = await tenantWith('both', [0])
    const { next } = await store.readFeed(acme, { limit: 1 })
    await expect(store.readFeed(acme, { after: next, since: timeAt(0), limit: 1 })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    })
  })
})

describe('clocks that ran backwards', () => {
  it('by less than a minute hide no event: the first one since then is found, and nothing is left out after it', async () => {
    // The third event was recorded 50 s before the one ahead of it.
    const acme = await tenantWith('back', [0, 100, 50, 51, 110, 90, 140])
    expect(await versionsSince(acme, timeAt(50))).toEqual([2, 3, 4, 5, 6, 7])
    expect(await versionsSince(acme, timeAt(95))).toEqual([2, 3, 4, 5, 6, 7])
    expect(await versionsSince(acme, timeAt(105))).toEqual([5, 6, 7])
    expect(await versionsSince(acme, timeAt(120))).toEqual([7])
  })

  it('find what a look at every event finds, for random delays within the margin', async () => {
    const random = seededRandom()
    const seconds: number[] = []
    for (let nth = 0; nth < scaled(150); nth += 1) seconds.push(nth * 7 - pickBelow(random, 60))
    const acme = await tenantWith('random', seconds)
    for (let nth = 0; nth < scaled(60); nth += 1) {
      const since = pickBelow(random, seconds.length * 7) - 30
      const first = seconds.findIndex((second) => second >= since)
      const expected = first === -1 ? [] : seconds.slice(first).map((_, index) => first + index + 1)
      expect([since, await versionsSince(acme, timeAt(since))]).toEqual([since, expected])
    }
  })
})

describe('what is looked at', () => {
  it('is a few dozen rows of a long log and not all of it', async () => {
    const acme = await database.tenant('long')
    for (let round = 0; round < 10; round += 1)
      await store.append(acme, appendOf(`s-${round}`, { events: noted(1_000) }))
    await admin.query(
      "update trickle_events_log.events set recorded_at = timestamptz '2026-11-21 10:00:00+00' + position * interval '1 s' where tenant_id = $1",
      [acme.tenantId],
    )
    await feedSettled(database.adminUrl)
    const app = await database.client('trickle_app')
    await app.query('begin')
    const rowsRead = async (): Promise<number> => {
      const { rows } = await app.query<{ count: string }>(
        `select sum(pg_stat_get_xact_tuples_fetched(c.oid) + pg_stat_get_xact_tuples_returned(c.oid)) as count
          from pg_class c where c.relname like 'events%'`,
      )
      return Number(rows[0]?.count)
    }
    const before = await rowsRead()
    const { rows } = await app.query(
      "select f.count from trickle_events_log.read_tenant_feed($1, '0', 0, '2026-11-21 11:30:00+00', null, null, 10, 10000, 1000000, false) f",
      [acme.tenantId],
    )
    expect(rows).toEqual([{ count: 10 }])
    expect((await rowsRead()) - before).toBeLessThan(2_000)
    await app.query('rollback')
  })
})

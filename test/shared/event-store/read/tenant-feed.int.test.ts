import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLimits, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { eventually } from '../../../support/eventually.ts'
import { appendOf, noted, readFeedUntil } from '../support.ts'
import { TokenTools } from '../tokens/token-tools.ts'

let database: TestDatabase
let admin: Client
let store: EventStore
let tools: TokenTools

beforeAll(async () => {
  database = await createDatabase()
  admin = await database.client('admin')
  store = new PostgresEventStore(database.pool('trickle_app'))
  tools = await TokenTools.of(database)
})
afterAll(() => database.drop())

describe('the feed of a tenant', () => {
  it('holds all of its events and none of another, in the order of the appends', async () => {
    const [acme, bolt] = [await database.tenant('acme'), await database.tenant('bolt')]
    const expected: string[] = []
    for (let round = 0; round < 5; round += 1) {
      for (const tenant of [acme, bolt]) {
        const { events } = await store.append(tenant, appendOf(`s-${round % 2}`, { events: noted(3) }))
        if (tenant === acme) expected.push(...events.map((event) => event.id))
      }
    }
    const { events } = await readFeedUntil(store, acme, 15)
    expect(events.map((event) => event.id)).toEqual(expected)
    expect(events[4]).toMatchObject({
      streamId: 's-1',
      version: 2,
      type: 'Noted',
      data: { n: 2 },
      metadata: {},
    })
  })

  it('goes on after each page, whatever its size, and ends in an empty one that can be asked again', async () => {
    const acme = await database.tenant('pages')
    await store.append(acme, appendOf('s', { events: noted(7) }))
    const { events, pages } = await readFeedUntil(store, acme, 7, { limit: 2 })
    expect(events.map((event) => event.version)).toEqual([1, 2, 3, 4, 5, 6, 7])
    const last = pages.at(-1)?.next ?? ''
    const empty = await store.readFeed(acme, { after: last, limit: 2 })
    expect(empty).toMatchObject({ events: [], next: last })
    await store.append(acme, appendOf('s'))
    const more = await readFeedUntil(store, acme, 1, { after: last })
    expect(more.events.map((event) => event.version)).toEqual([8])
  })

  it('of a tenant without events is an empty page with a token', async () => {
    const acme = await database.tenant('empty')
    const page = await store.readFeed(acme, { limit: 10 })
    expect(page.events).toEqual([])
    await store.append(acme, appendOf('s'))
    expect((await readFeedUntil(store, acme, 1, { after: page.next })).events).toHaveLength(1)
  })

  it('ends a page at a number of bytes', async () => {
    const acme = await database.tenant('large')
    const large = { type: 'Large', data: 'x'.repeat(1_048_000) }
    for (const count of [7, 4])
      await store.append(acme, appendOf('s', { events: Array.from({ length: count }, () => large) }))
    const { events } = await readFeedUntil(store, acme, 11)
    expect(events.map((event) => event.version)).toEqual(events.map((_, index) => index + 1))
    await eventually(async () => (await store.readFeed(acme, { limit: 100 })).events.length).toBe(9)
  })
})

describe('a filter by types', () => {
  let acme: TenantContext
  /** More than one page may look at. */
  const commonCount = eventLimits.feedScanMax + 1_500

  beforeAll(async () => {
    acme = await database.tenant('filtered')
    await store.append(acme, appendOf('rare', { events: noted(2, { type: 'First' }) }))
    for (let written = 0; written < commonCount; written += 500) {
      await store.append(acme, appendOf(`common-${written}`, { events: noted(500, { type: 'Common' }) }))
    }
    await store.append(acme, appendOf('rare', { events: noted(1, { type: 'Rare', data: null }) }))
    await readFeedUntil(store, acme, commonCount + 3, { limit: 1_000 })
  })

  it('gives the events of these types only', async () => {
    const { events } = await readFeedUntil(store, acme, 2, { types: ['First', 'None'] })
    expect(events.map((event) => event.type)).toEqual(['First', 'First'])
    expect((await store.readFeed(acme, { types: [], limit: 10 })).events).toEqual([])
  })

  it('looks at no more rows than the cap, and goes on from there: an empty page is not the end', async () => {
    const { rows } = await admin.query<{ xid: string; position: string; epoch: string }>(
      `select e.xid, e.position, c.epoch from trickle_events_log.events e, trickle_events_log.current_epoch() c
        where e.tenant_id = $1 order by e.xid, e.position offset $2 limit 1`,
      [acme.tenantId, eventLimits.feedScanMax - 1],
    )
    const [capped] = rows
    const next = tools.checkpointToken(acme, {
      epoch: capped?.epoch ?? '',
      xid: BigInt(capped?.xid ?? 0),
      position: BigInt(capped?.position ?? 0),
    })
    await eventually(() => store.readFeed(acme, { types: ['Rare'], limit: 10 })).toMatchObject({
      events: [],
      next,
    })
    const { events, pages } = await readFeedUntil(store, acme, 1, { after: next, types: ['Rare'] })
    expect(events).toMatchObject([{ type: 'Rare', data: null }])
    const last = pages.at(-1)?.next ?? ''
    expect(await store.readFeed(acme, { after: last, types: ['Rare'], limit: 10 })).toMatchObject({
      events: [],
      next: last,
    })
  })

  it('stops after the last event that fits the limit', async () => {
    const { events, pages } = await readFeedUntil(store, acme, 2, { types: ['First'], limit: 1 })
    expect(events.map((event) => event.version)).toEqual([1, 2])
    expect(pages.filter((page) => page.events.length > 0)).toHaveLength(2)
  })
})

describe('a token', () => {
  it('of another tenant or another kind, or a damaged one, is refused', async () => {
    const [acme, bolt] = [await database.tenant('mine'), await database.tenant('yours')]
    await store.append(acme, appendOf('s'))
    const { next } = await store.readFeed(bolt, { limit: 1 })
    const point = { epoch: '6ba7b810-9dad-41d1-80b4-00c04fd430c8', xid: 1n, version: 1n, timeline: 1 }
    for (const after of [next, tools.consistencyToken(acme, point), `${next.slice(0, -1)}_`, 'nonsense']) {
      await expect(store.readFeed(acme, { after, limit: 1 })).rejects.toMatchObject({
        code: 'INVALID_CURSOR',
        status: 400,
      })
    }
  })

  it('of a point that was never reached gives an empty page and keeps its place', async () => {
    const acme = await database.tenant('future')
    await store.append(acme, appendOf('s'))
    const { rows } = await admin.query<{ epoch: string }>(
      'select epoch from trickle_events_log.current_epoch()',
    )
    const after = tools.checkpointToken(acme, {
      epoch: rows[0]?.epoch ?? '',
      xid: 2n ** 63n - 1n,
      position: 2n ** 63n - 1n,
    })
    expect(await store.readFeed(acme, { after, limit: 1 })).toMatchObject({ events: [], next: after })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventLimits, PostgresEventStore } from '../../../../shared/event-store/index.ts'
import type { EventStore, StreamPage, StreamQuery } from '../../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../../shared/tenancy/index.ts'
import { createDatabase } from '../../../support/database.ts'
import type { TestDatabase } from '../../../support/database.ts'
import { appendOf, noted, versionsOf, viewsOf } from '../support.ts'

let database: TestDatabase
let store: EventStore
let acme: TenantContext

/** A stream of ten events; those of even versions are of the type Even. */
beforeAll(async () => {
  database = await createDatabase()
  store = new PostgresEventStore(database.pool('trickle_app'))
  acme = await database.tenant('acme')
  const events = noted(10).map((event, index) => ({ ...event, type: index % 2 === 0 ? 'Odd' : 'Even' }))
  await store.append(acme, appendOf('ten', { events }))
})
afterAll(() => database.drop())

const read = (query: Partial<StreamQuery> = {}): Promise<StreamPage> =>
  store.readStream(acme, { streamId: 'ten', backward: false, limit: 100, ...query })

describe('a range of versions', () => {
  it.each<[string, Partial<StreamQuery>, number[], number | null]>([
    ['up to a version, inclusive', { to: 3 }, [1, 2, 3], null],
    ['between two', { from: 4, to: 6 }, [4, 5, 6], null],
    ['one event', { from: 4, to: 4 }, [4], null],
    ['in pages', { from: 4, to: 7, limit: 3 }, [4, 5, 6], 7],
    ['up to beyond the end', { from: 9, to: 99 }, [9, 10], null],
    ['that is empty', { from: 5, to: 4 }, [], null],
    ['backward down to a version, inclusive', { backward: true, to: 8 }, [10, 9, 8], null],
    ['backward between two', { backward: true, from: 6, to: 4 }, [6, 5, 4], null],
    ['backward in pages', { backward: true, from: 6, to: 3, limit: 2 }, [6, 5], 4],
    ['backward that is empty', { backward: true, from: 4, to: 5 }, [], null],
    ['backward to before the beginning', { backward: true, from: 2, to: 0 }, [2, 1], null],
  ])('%s', async (_what, query, versions, next) => {
    const page = await read(query)
    expect([versionsOf(page.events), page.next, page.streamVersion]).toEqual([versions, next, 10])
  })
})

describe('a filter by types', () => {
  it.each<[string, Partial<StreamQuery>, number[], number | null]>([
    ['one type', { types: ['Even'] }, [2, 4, 6, 8, 10], null],
    ['two types', { types: ['Even', 'Odd'], to: 3 }, [1, 2, 3], null],
    ['a type that is not there', { types: ['None'] }, [], null],
    ['no type at all', { types: [] }, [], null],
    ['in pages: next is after the last event', { types: ['Even'], limit: 2 }, [2, 4], 5],
    ['the last page', { types: ['Even'], from: 9, limit: 2 }, [10], null],
    ['a full page that ends with the stream', { types: ['Even'], from: 8, limit: 2 }, [8, 10], null],
    ['within a range', { types: ['Even'], from: 3, to: 7 }, [4, 6], null],
    ['backward', { types: ['Odd'], backward: true, limit: 2 }, [9, 7], 6],
    ['backward to the end', { types: ['Even'], backward: true, from: 3 }, [2], null],
  ])('%s', async (_what, query, versions, next) => {
    const page = await read(query)
    expect([versionsOf(page.events), page.next]).toEqual([versions, next])
  })

  it('looks at no more versions than the cap: an empty page goes on from there', async () => {
    const count = eventLimits.feedScanMax + 500
    for (let written = 0; written < count; written += 1_000)
      await store.append(acme, appendOf('long', { events: noted(Math.min(1_000, count - written)) }))
    await store.append(acme, appendOf('long', { events: noted(1, { type: 'Rare' }) }))
    const streamId = 'long'
    const page = await read({ streamId, types: ['Rare'] })
    expect([page.events, page.next]).toEqual([[], eventLimits.feedScanMax + 1])
    const following = await read({ streamId, types: ['Rare'], from: page.next ?? 0 })
    expect([versionsOf(following.events), following.next]).toEqual([[count + 1], null])
    const backward = await read({ streamId, types: ['None'], backward: true })
    expect([backward.events, backward.next]).toEqual([[], count + 1 - eventLimits.feedScanMax])
    const bounded = await read({ streamId, types: ['Rare'], to: eventLimits.feedScanMax })
    expect([bounded.events, bounded.next]).toEqual([[], null])
  })

  it.each([false, true])(
    'ends a page at a number of bytes, after its last event (backward: %s)',
    async (backward) => {
      const streamId = `large-${backward}`
      const large = { type: 'Large', data: 'x'.repeat(1_048_000) }
      for (let round = 0; round < 2; round += 1)
        await store.append(
          acme,
          appendOf(streamId, { events: [...Array.from({ length: 5 }, () => large), ...noted(1)] }),
        )
      const page = await read({ streamId, types: ['Large'], backward })
      expect(versionsOf(page.events)).toEqual(
        backward ? [11, 10, 9, 8, 7, 5, 4, 3, 2] : [1, 2, 3, 4, 5, 7, 8, 9, 10],
      )
      expect(page.next).toBe(backward ? 1 : 11)
    },
  )
})

describe('the two ways to make a page', () => {
  /** Small pages are not counted byte by byte; each of these makes a page that must be. */
  it.each([
    ['compressed data', { data: 'x'.repeat(10_000) }],
    [
      'data that is long as stored',
      { data: Array.from({ length: 300 }, (_, index) => `${index}-${index * 7_919}`) },
    ],
    ['compressed metadata', { data: 1, metadata: { text: 'y'.repeat(10_000) } }],
  ])('give the same events beside %s', async (what, large) => {
    const streamId = what.replaceAll(' ', '-')
    await store.append(
      acme,
      appendOf(streamId, {
        events: [
          ...noted(3, { correlationId: 'c', time: '2026-11-21T10:00:00Z' }),
          { type: 'Large', ...large },
        ],
      }),
    )
    const small = await read({ streamId, to: 3 })
    const all = await read({ streamId })
    expect(all.events.slice(0, 3)).toEqual(small.events)
    expect(viewsOf(all.events).map(({ type }) => type)).toEqual(['Noted', 'Noted', 'Noted', 'Large'])
    expect((await read({ streamId, backward: true })).events.toReversed()).toEqual(all.events)
  })

  it('count what numbers print as, not what they take: a few bytes can be hundreds of characters', async () => {
    // 1.3 KB as stored, too little to be compressed, and 25 KB as text.
    const data = Array.from({ length: 80 }, (_, index) => (index % 2 === 0 ? 1e308 : 5e-324))
    const events = Array.from({ length: 210 }, () => ({ type: 'Wide', data }))
    for (let round = 0; round < 2; round += 1) await store.append(acme, appendOf('wide', { events }))
    const page = await read({ streamId: 'wide', limit: 420 })
    const bytes = page.events.reduce((sum, text) => sum + text.length, 0)
    expect(page.next).not.toBeNull()
    expect(bytes).toBeLessThan(eventLimits.pageBytesMax + 200_000)
  })
})

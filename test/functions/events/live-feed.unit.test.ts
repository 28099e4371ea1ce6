import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventErrors } from '../../../functions/events/errors.ts'
import { liveFeed } from '../../../functions/events/live-feed.ts'
import type { LiveFeed } from '../../../functions/events/live-feed.ts'
import { readLimits } from '../../../functions/events/read-limits.ts'
import { EventTexts, FeedPage, noEvents } from '../../../shared/event-store/index.ts'
import type { FeedQuery } from '../../../shared/event-store/index.ts'
import { freePermits, permitsOf } from './permits-of.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function feedOf(read: (query: FeedQuery) => FeedPage, overrides: Partial<LiveFeed> = {}): LiveFeed {
  return {
    read: async (query) => read(query),
    query: {},
    viewers: permitsOf(1),
    holder: 'acme',
    signal: new AbortController().signal,
    checkAgain: async () => undefined,
    ...overrides,
  }
}

const empty = (): FeedPage => new FeedPage(noEvents, 't0')

/** Everything that is written until the feed ends by itself, with the time of each. */
async function runToEnd(feed: LiveFeed): Promise<{ text: string; atMs: number }[]> {
  const written: { text: string; atMs: number }[] = []
  const startMs = Date.now()
  const reading = (async () => {
    for await (const text of liveFeed(feed)) written.push({ text, atMs: Date.now() - startMs })
  })()
  reading.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(readLimits.liveMs + 2_000)
  await reading
  return written
}

describe('a live feed', () => {
  it('that is quiet beats every 15 seconds and ends well before the deadline', async () => {
    const written = await runToEnd(feedOf(empty))
    const beats = written.slice(1)
    expect(beats.length).toBeGreaterThanOrEqual(12)
    expect(new Set(beats.map(({ text }) => text))).toEqual(new Set([': still here\nid: t0\n\n']))
    for (const [index, { atMs }] of written.slice(1).entries())
      expect(atMs - (written[index]?.atMs ?? 0)).toBeLessThan(readLimits.heartbeatMs + 1_000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('goes on after each page with its filters and not with the time that it began with', async () => {
    const queries: FeedQuery[] = []
    const feed = feedOf(
      (query) => {
        queries.push(query)
        return new FeedPage(noEvents, `t${Math.min(queries.length, 3)}`)
      },
      { query: { since: '2026-01-01T00:00:00Z', types: ['A'] } },
    )
    const controller = new AbortController()
    const events = liveFeed({ ...feed, signal: controller.signal })
    await events.next()
    const ending = events.next()
    await vi.advanceTimersByTimeAsync(60)
    controller.abort()
    await ending
    expect(queries.slice(0, 3)).toMatchObject([
      { since: '2026-01-01T00:00:00Z', types: ['A'] },
      { after: 't1', since: undefined, types: ['A'] },
      { after: 't2', since: undefined, types: ['A'] },
    ])
  })

  it('gives each event its own checkpoint, and the last one that of the page where a store has no others', async () => {
    const withTokens = liveFeed(feedOf(() => new FeedPage(EventTexts.of(['1', '2']), 'b', ['a', 'b'])))
    expect((await withTokens.next()).value).toContain(
      'id: a\nevent: event\ndata: 1\n\nid: b\nevent: event\ndata: 2\n\n',
    )
    const without = liveFeed(feedOf(() => new FeedPage(EventTexts.of(['1', '2']), 'b')))
    expect((await without.next()).value).toContain(
      'event: event\ndata: 1\n\nid: b\nevent: event\ndata: 2\n\n',
    )
  })

  it('ends at its bytes', async () => {
    const large = 'x'.repeat(1_048_576)
    let pages = 0
    const written = await runToEnd(
      feedOf(() => {
        pages += 1
        return new FeedPage(EventTexts.of([`"${large}"`]), `t${pages}`)
      }),
    )
    expect(written).toHaveLength(readLimits.streamedBytesMax / 1_048_576)
  })

  it('ends when the client goes, and gives its permit back', async () => {
    const controller = new AbortController()
    const viewers = permitsOf(1)
    const events = liveFeed(feedOf(empty, { signal: controller.signal, viewers }))
    await events.next()
    expect(freePermits(viewers, 'other')).toBe(0)
    const ending = events.next()
    await vi.advanceTimersByTimeAsync(1_000)
    controller.abort()
    expect((await ending).done).toBe(true)
    expect(freePermits(viewers, 'other')).toBe(1)
  })

  it('is refused where there is no permit, and ends with the refusal of a caller who may not go on', async () => {
    const viewers = permitsOf(1)
    const giveBack = viewers.takeOrRefuse('other', eventErrors.LIVE_VIEWERS_FULL)
    await expect(liveFeed(feedOf(empty, { viewers })).next()).rejects.toMatchObject({
      code: 'LIVE_VIEWERS_FULL',
      status: 503,
      headers: { 'Retry-After': '2' },
    })
    await expect(liveFeed(feedOf(empty, { viewers, holder: 'other' })).next()).rejects.toMatchObject({
      code: 'TENANT_SHARE_HELD',
      status: 429,
    })
    giveBack()
    const events = liveFeed(
      feedOf(empty, { viewers, checkAgain: () => Promise.reject(new Error('suspended')) }),
    )
    await events.next()
    await expect(events.next()).rejects.toThrow('suspended')
    expect(freePermits(viewers, 'other')).toBe(1)
  })
})

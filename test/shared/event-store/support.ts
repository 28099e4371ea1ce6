import type { AppendRequest, EventStore, FeedPage, NewEvent } from '../../../shared/event-store/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'

/** An append of one event without a condition, changed as wanted. */
export const appendOf = (streamId: string, overrides: Partial<AppendRequest> = {}): AppendRequest => ({
  streamId,
  expected: { mode: 'any' },
  events: [{ type: 'Noted', data: { n: 1 } }],
  ...overrides,
})

export const noted = (count: number, overrides: Partial<NewEvent> = {}): NewEvent[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'Noted', data: { n: index + 1 }, ...overrides }))

/** An event as clients see it. */
export interface EventView {
  readonly id: string
  readonly source: string
  readonly streamId: string
  readonly version: number
  readonly type: string
  readonly time: string
  readonly recordedAt: string
  readonly schemaVersion?: number
  readonly correlationId?: string
  readonly causationId?: string
  readonly traceParent?: string
  readonly data: unknown
  readonly metadata: unknown
}

export const viewOf = (text: string): EventView => JSON.parse(text) as EventView
export const viewsOf = (texts: readonly string[]): EventView[] => texts.map(viewOf)
export const versionsOf = (texts: readonly string[]): number[] => viewsOf(texts).map((event) => event.version)

/** Every event of a stream, page after page. */
export async function readWhole(
  store: EventStore,
  tenant: TenantContext,
  streamId: string,
): Promise<EventView[]> {
  const events: string[] = []
  let from: number | null = 1
  while (from !== null) {
    const page = await store.readStream(tenant, { streamId, from, backward: false, limit: 1_000 })
    events.push(...page.events)
    from = page.next
  }
  return viewsOf(events)
}

/**
 * The feed of a tenant until it holds as many events as are known to be there: on the shared server a foreign transaction
 * may hold the horizon for one poll.
 */
export async function readFeedUntil(
  store: EventStore,
  tenant: TenantContext,
  count: number,
  query: { after?: string; types?: readonly string[]; limit?: number } = {},
): Promise<{ events: EventView[]; pages: FeedPage[] }> {
  const pages: FeedPage[] = []
  const endMs = performance.now() + 60_000
  let { after } = query
  let found = 0
  while (found < count) {
    if (performance.now() > endMs) throw new Error(`the feed gave ${found} of ${count} events within 60 s`)
    const page = await store.readFeed(tenant, { limit: 100, ...query, after })
    pages.push(page)
    after = page.next
    found += page.events.length
  }
  return { events: pages.flatMap((page) => viewsOf(page.events)), pages }
}

/** The code of a refusal, or 'done'. */
export const codeOfRefusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code ?? String(error),
  )

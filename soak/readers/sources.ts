import { PostgresEventStore } from '../../shared/event-store/index.ts'
import type { EventStore } from '../../shared/event-store/index.ts'
import { columns, Database, integer, orElse, orNull, text } from '../../shared/postgres/index.ts'
import type { RowOf, Statement } from '../../shared/postgres/index.ts'
import { TenantDirectory } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { streamNumberOfName, tenantSlug } from '../plan/index.ts'
import type { StreamSpace } from '../plan/index.ts'
import type { ReaderOrders, ReaderPlan } from './messages.ts'

export interface SeenEvent {
  /** The stream's number among the streams of all tenants. */
  readonly stream: number
  readonly version: number
}

export interface SeenPage {
  readonly events: readonly SeenEvent[]
  /** Where to go on. */
  readonly next: string
}

/** One way to read a feed. */
export interface FeedSource {
  /** @throws TrickleError of the DATABASE_ family. */
  read(after: string | undefined, limit: number): Promise<SeenPage>
  end(): Promise<void>
}

const PAGE_BYTES_MAX = 8 * 1_048_576
const PAGE_SCAN_MAX = 2_000

export async function openSource(orders: ReaderOrders, plan: ReaderPlan): Promise<FeedSource> {
  const url = urlOf(orders, plan)
  const pools = Array.from(
    { length: plan.connections },
    () => new Database({ url, connectionsMax: 1, statements: 'unnamed' }),
  )
  const tenants = await tenantsOf(orders)
  const byId = new Map(tenants.map(({ tenantId }, index) => [tenantId, index]))
  const stores = new Map(pools.map((pool) => [pool, new PostgresEventStore(pool)]))
  const storeOf = (pool: Database): EventStore => stores.get(pool) ?? new PostgresEventStore(pool)
  let pages = 0
  return {
    async read(after, limit) {
      const pool = pools[pages % pools.length]
      pages += 1
      if (pool === undefined) throw new Error(`${plan.name} has no connection`)
      const tenant = plan.scope.tenant === null ? undefined : tenants[plan.scope.tenant]
      return tenant === undefined
        ? readOfAll(pool, orders.space, byId, plan.scope.isOfMember ? memberPage : page, after, limit)
        : readOfTenant(storeOf(pool), orders.space, { ...plan.scope, context: tenant }, after, limit)
    },
    async end() {
      await Promise.all(pools.map((pool) => pool.end()))
    },
  }
}

/** As in the product, each form of the feed is read with its own login. */
function urlOf({ appUrl, forwarderUrl, workerUrl }: ReaderOrders, { scope }: ReaderPlan): string {
  if (scope.tenant !== null) return appUrl
  return scope.isOfMember ? workerUrl : forwarderUrl
}

async function tenantsOf({ appUrl, space }: ReaderOrders): Promise<TenantContext[]> {
  const database = new Database({ url: appUrl, connectionsMax: 1, statements: 'unnamed' })
  try {
    const directory = new TenantDirectory(database, 'slug')
    const tenants: TenantContext[] = []
    for (let tenant = 0; tenant < space.tenants; tenant += 1) {
      tenants.push(await directory.resolve(tenantSlug(tenant)))
    }
    return tenants
  } finally {
    await database.end()
  }
}

/** A row that only tells how far the page has come holds no event: its event columns are null. */
const row = columns({
  tenantId: orElse(text, ''),
  xid: text,
  position: text,
  streamId: orElse(text, ''),
  version: orElse(integer, 0),
  eventId: orNull(text),
})

type Page = (xid: string, position: string, limit: number) => Statement<RowOf<typeof row>>

/** The feed of all tenants. */
const page: Page = (xid, position, limit) => ({
  name: 'soak_read_feed',
  text: `select ${row.of('f')} from trickle_events_log.read_feed($1, $2, null, null, $3, $4) f`,
  columns: row,
  values: [xid, position, limit, PAGE_BYTES_MAX],
})

/** The part of the feed that the first member of a subscription with two members reads. */
const memberPage: Page = (xid, position, limit) => ({
  name: 'soak_read_feed_part',
  text: `select ${row.of('f')}
    from trickle_events_log.read_feed_part($1, $2, null, null, null, null, null, null, 0, 2, $3, $4, $5) f`,
  columns: row,
  values: [xid, position, limit, PAGE_SCAN_MAX, PAGE_BYTES_MAX],
})

/** Reads with the SQL functions that subscriptions use. */
async function readOfAll(
  pool: Database,
  space: StreamSpace,
  tenants: ReadonlyMap<string, number>,
  page: Page,
  after: string | undefined,
  limit: number,
): Promise<SeenPage> {
  const [xid = '0', position = '0'] = (after ?? '0 0').split(' ')
  const rows = await pool.query(page(xid, position, limit), { isRead: true })
  const last = rows.at(-1)
  return {
    events: rows
      .filter(({ eventId }) => eventId !== null)
      .map(({ tenantId, streamId, version }) => ({
        stream: streamNumberOfName(space, tenants.get(tenantId) ?? -1, streamId),
        version,
      })),
    next: last === undefined ? `${xid} ${position}` : `${last.xid} ${last.position}`,
  }
}

/** Reads through the event store with continuation tokens, as GET /api/events does. */
async function readOfTenant(
  store: EventStore,
  space: StreamSpace,
  scope: { tenant: number | null; types: readonly string[] | null; context: TenantContext },
  after: string | undefined,
  limit: number,
): Promise<SeenPage> {
  const page = await store.readFeed(scope.context, {
    after,
    types: scope.types ?? undefined,
    limit,
  })
  return {
    events: page.events.map((text) => {
      const { streamId, version } = JSON.parse(text) as { streamId: string; version: number }
      return { stream: streamNumberOfName(space, scope.tenant ?? -1, streamId), version }
    }),
    next: page.next,
  }
}

import { isBefore } from '../feed-position.ts'
import type { FeedPosition } from '../feed-position.ts'
import type { PageRow } from '../run/statements.ts'

/** The events of a page that are of one tenant, in the order of the feed. */
export interface TenantPart {
  readonly tenantId: string
  readonly events: readonly PageRow[]
}

/** The tenant of the first event comes first. */
export function partsOf(events: readonly PageRow[]): TenantPart[] {
  const parts = new Map<string, PageRow[]>()
  for (const event of events) {
    const part = parts.get(event.tenantId)
    if (part === undefined) parts.set(event.tenantId, [event])
    else part.push(event)
  }
  return [...parts].map(([tenantId, of]) => ({ tenantId, events: of }))
}

/** The events of the parts that come after the progress of their tenants. */
export function partsAfter(
  parts: readonly TenantPart[],
  progress: readonly (FeedPosition & { readonly tenantId: string })[],
): TenantPart[] {
  const reached = new Map(progress.map((row) => [row.tenantId, row]))
  return parts
    .map(({ tenantId, events }) => {
      const at = reached.get(tenantId)
      return { tenantId, events: at === undefined ? events : events.filter((event) => isBefore(at, event)) }
    })
    .filter(({ events }) => events.length > 0)
}

import { randomUUID } from 'node:crypto'
import { makeTenantContext, type TenantContext } from './tenant-context.ts'

/**
 * A tenant for tests of code that stands on an InMemoryEventStore. It proves nothing, so nothing that is deployed may
 * use it: a test searches the sources and the built package for it.
 */
export function tenantContextForTests(slug: string, tenantId: string = randomUUID()): TenantContext {
  return makeTenantContext(tenantId, slug, slug)
}

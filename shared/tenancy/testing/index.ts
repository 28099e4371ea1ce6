/**
 * For tests of code that acts for a tenant where no database knows one. Nothing that is deployed may import it: the
 * architecture rule and a test of the built package ensure this.
 */
import { randomUUID } from 'node:crypto'
import { makeTenantContext } from '../tenant-context.ts'
import type { TenantContext } from '../tenant-context.ts'

/** A tenant that nobody has verified: it proves nothing. */
export function tenantContextForTests(slug: string, tenantId: string = randomUUID()): TenantContext {
  return makeTenantContext(tenantId, slug, slug)
}

import { Database } from '../../shared/postgres/index.ts'
import { TenantRegistry } from '../../shared/tenancy/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { BenchServer } from './server.ts'

/** Creates tenants with the product's own functions, and returns the context of each. */
export async function createTenants(server: BenchServer, count: number): Promise<TenantContext[]> {
  const operator = new Database({
    url: server.url('trickle_operator'),
    connectionsMax: 1,
    statements: 'unnamed',
  })
  try {
    const registry = new TenantRegistry(operator)
    const slugs = Array.from({ length: count }, (_, index) => `tenant-${index + 1}`)
    await registry.createMissing(slugs.map((slug) => ({ slug })))
    const contexts = await registry.contextsBySlug(slugs)
    return [...contexts.values()]
  } finally {
    await operator.end()
  }
}

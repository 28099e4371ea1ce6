import { noColumns } from '../postgres/index.ts'
import type { Database, RunStatement, Statement, TransactionOptions } from '../postgres/index.ts'

declare const brand: unique symbol

/**
 * Proof that somebody was allowed to act for a tenant. Only the directory of this capability makes one, from a verified
 * token or for an operator; everything that reaches a tenant's rows takes it as its first argument.
 */
export interface TenantContext {
  readonly [brand]: true
  readonly tenantId: string
  readonly slug: string
  readonly name: string
}

/** Not exported by index.ts: a context that is made anywhere else would prove nothing. */
export function makeTenantContext(tenantId: string, slug: string, name: string): TenantContext {
  return Object.freeze({ tenantId, slug, name }) as TenantContext
}

/**
 * Runs `work` in a transaction that is bound to one tenant: row-level security then shows and takes this tenant's rows
 * only. The setting is local to the transaction, since anything set per session leaks through a transaction pooler.
 */
export async function withTenant<T>(
  database: Database,
  tenant: TenantContext,
  work: (run: RunStatement) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return database.transaction(
    async (run) => {
      await run(bindTenant(tenant))
      return work(run)
    },
    { ...options, turn: tenant.tenantId },
  )
}

const bindTenant = (tenant: TenantContext): Statement => ({
  name: 'bind_tenant',
  text: 'select trickle_tenants_state.bind_tenant($1)',
  columns: noColumns,
  values: [tenant.tenantId],
})

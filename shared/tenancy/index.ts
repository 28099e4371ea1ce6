/**
 * Who the tenants are, and the only way to act for one: a TenantContext is made here and nowhere else, from a verified
 * claim or for an operator, and `withTenant` binds it to a transaction. Nothing here trusts a body or a path.
 */
export { withTenant, type TenantContext } from './tenant-context.ts'
export { tenantContextForTests } from './tenant-context-for-tests.ts'
export { TenantDirectory } from './directory.ts'
export { TenantRegistry, type NewTenant } from './registry.ts'
export { SLUG_PATTERN, UUID_PATTERN, type Tenant } from './tenant.ts'
export type { LookUpCompanion, TenantKey } from './statements.ts'

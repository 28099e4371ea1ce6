/**
 * Who the tenants are, and the only way to act for one: a TenantContext is made here and nowhere else, from a verified
 * claim or for an operator, and `withTenant` binds it to a transaction. Nothing here trusts a body or a path.
 *
 * Invariants: a name (id, slug or external id) belongs to one tenant for good; names are compared in ASCII, by `foldName`
 * here and `fold_name` in the database and by nothing else.
 */
export { withTenant, type TenantContext } from './tenant-context.ts'
export { TenantDirectory } from './directory.ts'
export { EXTERNAL_ID_FORM, SLUG_FORM, type NewTenant } from './creation.ts'
export { TenantRegistry } from './registry.ts'
export { externalIdOf, foldName, SLUG_PATTERN, slugOf, UUID_PATTERN } from './tenant-name.ts'
export type { Tenant } from './tenant.ts'
export { TENANT_KEYS, type LookUpCompanion, type TenantKey } from './statements.ts'

import { columns, integer, oneOf, orElse, orNull, text, timestamp } from '../postgres/index.ts'
import type { RowOf, Statement } from '../postgres/index.ts'

/** By which of its names a tenant is looked up. */
export const TENANT_KEYS = ['any', 'id', 'slug', 'externalId'] as const
export type TenantKey = (typeof TENANT_KEYS)[number]

/** What another capability asks for beside the look-up of a tenant, so that it costs no round trip of its own. */
export interface LookUpCompanion {
  /** Part of the statement's name: one name stands for one text. */
  readonly name: string
  /** An expression of SQL, without parameters. */
  readonly column: string
  /** Whether it is asked for this time. */
  readonly isDue: () => boolean
  /** @param askedAtMs when it was asked for, on the clock of `performance`. */
  readonly learn: (value: string | null, askedAtMs: number) => void
}

const statusType = oneOf('active', 'suspended')

const foundColumns = columns({
  tenantId: text,
  slug: text,
  name: text,
  status: statusType,
  /** What the companion asked for. */
  beside: orNull(text),
})

export type FoundTenant = RowOf<typeof foundColumns>

export const findTenant = (
  claim: string,
  key: TenantKey,
  companion?: LookUpCompanion,
): Statement<FoundTenant> => ({
  name: companion === undefined ? 'find_tenant' : `find_tenant_with_${companion.name}`,
  text: `select f.tenant_id, f.slug, f.name, f.status, ${companion?.column ?? 'null'} as beside
    from trickle_tenants_state.find_tenant($1, $2) f`,
  columns: foundColumns,
  values: [claim, key],
})

const tenantColumns = columns({
  tenantId: text,
  slug: text,
  externalId: orNull(text),
  name: text,
  status: statusType,
  createdAt: timestamp,
  updatedAt: timestamp,
})

export type TenantRow = RowOf<typeof tenantColumns>

/** What became of one tenant of a request. */
const creationColumns = columns({
  /** Its place in the request, from 1. */
  n: integer,
  outcome: oneOf('created', 'existing', 'taken'),
  tenantId: orElse(text, ''),
  /** Which name is taken. */
  field: orElse(oneOf('slug', 'externalId'), 'externalId' as const),
  /** The slug of the tenant that has the name; `heldAs` says which of that tenant's names it is. */
  holder: orElse(text, ''),
  heldAs: orElse(oneOf('id', 'slug', 'externalId'), 'externalId' as const),
})

export type Creation = RowOf<typeof creationColumns>

/** Slugs are folded already. A row for each, in this order. */
export const createTenants = (
  tenants: readonly { slug: string; externalId: string | null; name: string }[],
): Statement<Creation> => ({
  name: 'create_tenants',
  text: `select ${creationColumns.of('c')} from trickle_tenants_state.create_tenants($1) c order by c.n`,
  columns: creationColumns,
  values: [JSON.stringify(tenants)],
})

export const selectTenant = (tenantId: string): Statement<TenantRow> => ({
  name: 'select_tenant',
  text: `select ${tenantColumns.of('t')} from trickle_tenants_state.tenants t where t.tenant_id = $1`,
  columns: tenantColumns,
  values: [tenantId],
})

export const selectTenants = (afterSlug: string, limit: number): Statement<TenantRow> => ({
  name: 'select_tenants',
  text: `select ${tenantColumns.of('t')} from trickle_tenants_state.tenants t where t.slug > $1 order by t.slug limit $2`,
  columns: tenantColumns,
  values: [afterSlug, limit],
})

/** By slugs, for imports: thousands at a time. */
export const selectTenantsBySlug = (slugs: readonly string[]): Statement<TenantRow> => ({
  name: 'select_tenants_by_slug',
  text: `select ${tenantColumns.of('t')} from trickle_tenants_state.tenants t where t.slug = any ($1)`,
  columns: tenantColumns,
  values: [slugs],
})

/** Changes no tenant if the id is null. */
export const updateStatus = (
  tenantId: string | null,
  status: 'active' | 'suspended',
): Statement<TenantRow> => ({
  name: 'update_tenant_status',
  text: `update trickle_tenants_state.tenants t
    set status = $2, updated_at = case when t.status = $2 then t.updated_at else clock_timestamp() end
    where t.tenant_id = $1 returning ${tenantColumns.of('t')}`,
  columns: tenantColumns,
  values: [tenantId, status],
})

import type { Statement } from '../postgres/index.ts'

/** By which of its names a tenant is looked up. */
export const tenantKeys = ['any', 'id', 'slug', 'externalId'] as const
export type TenantKey = (typeof tenantKeys)[number]

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

export const findTenant = (claim: string, key: TenantKey, companion?: LookUpCompanion): Statement => ({
  name: companion === undefined ? 'find_tenant' : `find_tenant_with_${companion.name}`,
  text: `select f.tenant_id, f.slug, f.name, f.status, ${companion?.column ?? 'null'}
    from trickle_tenants_state.find_tenant($1, $2) f`,
  values: [claim, key],
})

const COLUMNS = 't.tenant_id, t.slug, t.external_id, t.name, t.status, t.created_at, t.updated_at'

/** Slugs are folded already. A row for each, in this order: n, outcome, tenant_id, field, holder, held_as. */
export const createTenants = (
  tenants: readonly { slug: string; externalId: string | null; name: string }[],
): Statement => ({
  name: 'create_tenants',
  text: `select c.n, c.outcome, c.tenant_id, c.field, c.holder, c.held_as
    from trickle_tenants_state.create_tenants($1) c order by c.n`,
  values: [JSON.stringify(tenants)],
})

export const selectTenant = (tenantId: string): Statement => ({
  name: 'select_tenant',
  text: `select ${COLUMNS} from trickle_tenants_state.tenants t where t.tenant_id = $1`,
  values: [tenantId],
})

export const selectTenants = (afterSlug: string, limit: number): Statement => ({
  name: 'select_tenants',
  text: `select ${COLUMNS} from trickle_tenants_state.tenants t where t.slug > $1 order by t.slug limit $2`,
  values: [afterSlug, limit],
})

/** By slugs, for imports: thousands at a time. */
export const selectTenantsBySlug = (slugs: readonly string[]): Statement => ({
  name: 'select_tenants_by_slug',
  text: `select ${COLUMNS} from trickle_tenants_state.tenants t where t.slug = any ($1)`,
  values: [slugs],
})

/** Of nobody, where the id is null. */
export const updateStatus = (tenantId: string | null, status: 'active' | 'suspended'): Statement => ({
  name: 'update_tenant_status',
  text: `update trickle_tenants_state.tenants t
    set status = $2, updated_at = case when t.status = $2 then t.updated_at else clock_timestamp() end
    where t.tenant_id = $1 returning ${COLUMNS}`,
  values: [tenantId, status],
})

import { TrickleError } from '../../shared/errors/index.ts'
import { SLUG_FORM, slugOf } from '../../shared/tenancy/index.ts'
import type { TenantContext, TenantRegistry } from '../../shared/tenancy/index.ts'

/** Whose log each line of an import goes to. */
export interface LineTenants {
  /** Looks up what the next lines name; called before `of`. */
  readonly find: (slugs: ReadonlySet<string>) => Promise<void>
  /** The tenant of a line that names this one, or names none; or why there is none. */
  readonly of: (slug: string | null) => TenantContext | TrickleError
}

/** All lines go to the caller's own tenant. */
export const ownLines = (tenant: TenantContext): LineTenants => ({
  find: () => Promise.resolve(),
  of: (slug) =>
    slug === null || slug === tenant.slug
      ? tenant
      : new TrickleError(
          'TENANT_CONTEXT_REFUSED',
          'Only an operator names a tenant in a line; this one names another than the request.',
        ),
})

/** Each line names its tenant. */
export function namedLines(registry: () => Pick<TenantRegistry, 'contextsBySlug'>): LineTenants {
  const known = new Map<string, TenantContext>()
  return {
    async find(slugs) {
      const unknown = [...slugs].filter((slug) => !known.has(slug))
      if (unknown.length === 0) return
      for (const [slug, tenant] of await registry().contextsBySlug(unknown)) known.set(slug, tenant)
    },
    of(slug) {
      if (slug === null)
        return new TrickleError('VALIDATION_FAILED', 'tenant: an operator must name the tenant of each line')
      const tenant = known.get(slug)
      if (tenant !== undefined) return tenant
      if (slugOf(slug) === null)
        return new TrickleError(
          'VALIDATION_FAILED',
          `tenant: ${JSON.stringify(slug)} is no slug of a tenant. ${SLUG_FORM}.`,
        )
      return new TrickleError('TENANT_UNKNOWN', `There is no tenant ${slug}. Create it first.`)
    },
  }
}

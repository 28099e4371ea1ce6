import type { Identity } from '../shared/auth/index.ts'
import { TrickleError, isTrickleError } from '../shared/errors/index.ts'
import { TENANT_HEADER } from '../shared/http/index.ts'
import type { Caller, CallLimits } from '../shared/http/index.ts'
import type { TenantContext, TenantDirectory, TenantKey } from '../shared/tenancy/index.ts'

/** The directory that reads a name as one kind of name, or as any. */
export type TenantDirectories = (key: TenantKey) => Pick<TenantDirectory, 'resolve'>

/**
 * Makes a caller of a verified identity: an operator, or somebody who acts for one tenant, which the token names or, for
 * a service, the header Trickle-Tenant.
 * @param namedTenant the header, whose form was checked; null where the request has none.
 * @throws TrickleError TENANT_MISSING, TENANT_UNKNOWN, TENANT_SUSPENDED, TENANT_CONTEXT_REFUSED, DATABASE_ family.
 */
export async function resolveCaller(
  tenantsBy: TenantDirectories,
  identity: Identity,
  limits: CallLimits,
  namedTenant: string | null,
): Promise<Caller<TenantContext>> {
  const { issuer, subject, application, roles, tenantClaim, tenantKey } = identity
  const known = { issuer, subject, application, roles }
  if (roles.has('operator')) return { kind: 'operator', ...known }
  if (roles.has('service') && namedTenant !== null) {
    return { kind: 'tenant', ...known, tenant: await findNamed(tenantsBy, namedTenant, limits) }
  }
  if (tenantClaim === null) throw new TrickleError('TENANT_MISSING', 'The token names no tenant.')
  const tenant = await tenantsBy(tenantKey).resolve(tenantClaim, limits)
  if (namedTenant !== null) await assertSame(tenantsBy, tenant, namedTenant, limits)
  return { kind: 'tenant', ...known, tenant }
}

async function findNamed(
  tenantsBy: TenantDirectories,
  name: string,
  limits: CallLimits,
): Promise<TenantContext> {
  try {
    return await tenantsBy('any').resolve(name, limits)
  } catch (error) {
    if (!hasCode(error, 'TENANT_UNKNOWN')) throw error
    throw new TrickleError(
      'TENANT_UNKNOWN',
      `The header ${TENANT_HEADER} names no tenant that exists here. An operator can create it.`,
    )
  }
}

/**
 * The refusal is the same whether the other name belongs to a tenant or to nobody: a tenant must not find out which
 * other tenants exist.
 */
async function assertSame(
  tenantsBy: TenantDirectories,
  tenant: TenantContext,
  name: string,
  limits: CallLimits,
): Promise<void> {
  const isOther = await tenantsBy('any')
    .resolve(name, limits)
    .then(
      (named) => named.tenantId !== tenant.tenantId,
      (error: unknown) => {
        if (hasCode(error, 'TENANT_UNKNOWN') || hasCode(error, 'TENANT_SUSPENDED')) return true
        throw error
      },
    )
  if (!isOther) return
  throw new TrickleError(
    'TENANT_CONTEXT_REFUSED',
    `The header ${TENANT_HEADER} names another tenant than the token. Only a service chooses the tenant of a request: leave the header away.`,
  )
}

const hasCode = (error: unknown, code: TrickleError['code']): boolean =>
  isTrickleError(error) && error.code === code

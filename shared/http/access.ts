import { challengeHeader } from '../auth/index.ts'
import type { Identity, Role } from '../auth/index.ts'
import { TrickleError } from '../errors/index.ts'
import type { Access } from './route-types.ts'
import { tenantHeaderMissing, tenantHeaderOfOperator } from './tenant-header.ts'

/**
 * Checks the roles of a caller. The kernel calls it before it looks up the tenant, so that a caller without the role
 * costs no query. `namedTenant`: the value of the header Trickle-Tenant.
 * @throws TrickleError ROLE_MISSING, TENANT_MISSING, TENANT_HEADER_MISSING, TENANT_CONTEXT_REFUSED
 */
export function checkAccess(
  access: Exclude<Access, { kind: 'public' | 'publicOrOperator' }>,
  identity: Identity,
  namedTenant: string | null,
): void {
  const isOperator = identity.roles.has('operator')
  if (isOperator && namedTenant !== null) throw tenantHeaderOfOperator()
  if (access.kind === 'operator') {
    if (!isOperator) throw roleMissing(['operator'], identity)
    return
  }
  if (isOperator && access.kind === 'tenantOrOperator') return
  const isService = identity.roles.has('service')
  if (identity.tenantClaim === null && !isService) {
    const why = isOperator ? 'an operator acts for no tenant' : 'its tenant claim is absent'
    throw new TrickleError(
      'TENANT_MISSING',
      `This route works on the tenant that the token names, and this token names none: ${why}.${withheldText(identity)}`,
    )
  }
  if (!access.roles.some((role) => identity.roles.has(role))) throw roleMissing(access.roles, identity)
  if (isService && namedTenant === null) throw tenantHeaderMissing()
}

function roleMissing(roles: readonly Role[], identity: Identity): TrickleError {
  const detail = `This route requires ${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}.${withheldText(identity)}`
  return new TrickleError('ROLE_MISSING', detail, { headers: challengeHeader('insufficient_scope', detail) })
}

/** Without this text the owner of a token could not see why a role in it does not count. */
function withheldText({ withheld }: Identity): string {
  if (withheld.size === 0) return ''
  const parts = [...withheld].map(([role, reason]) => `${role} (${reason})`)
  return ` The token also names ${parts.join(', ')}.`
}

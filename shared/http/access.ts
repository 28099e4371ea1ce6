import { challengeHeader, type Identity } from '../auth/index.ts'
import { TrickleError } from '../errors/index.ts'
import { type Access } from './route-types.ts'

/**
 * Checks roles before anybody asks the database for the tenant.
 * @throws TrickleError ROLE_MISSING, TENANT_MISSING
 */
export function checkAccess(
  access: Exclude<Access, { kind: 'public' | 'publicOrOperator' }>,
  identity: Identity,
): void {
  const isOperator = identity.roles.has('operator')
  if (access.kind === 'operator') {
    if (!isOperator) throw roleMissing(['operator'])
    return
  }
  if (isOperator && access.kind === 'tenantOrOperator') return
  if (identity.tenantClaim === null) {
    const why = isOperator ? 'an operator acts for no tenant' : 'its tenant claim is absent'
    throw new TrickleError(
      'TENANT_MISSING',
      `This route works on the tenant that the token names, and this token names none: ${why}.`,
    )
  }
  if (!access.roles.some((role) => identity.roles.has(role))) throw roleMissing(access.roles)
}

function roleMissing(roles: readonly string[]): TrickleError {
  const detail = `This route requires ${roles.length === 1 ? 'the role' : 'one of the roles'} ${roles.join(', ')}.`
  return new TrickleError('ROLE_MISSING', detail, { headers: challengeHeader('insufficient_scope', detail) })
}

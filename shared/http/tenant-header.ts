import { TrickleError } from '../errors/index.ts'
import type { RequestHeaders } from './incoming-request.ts'

/** Names the tenant that a service acts for in one request. */
export const TENANT_HEADER = 'Trickle-Tenant'

/**
 * An id, a slug or an external id: printable ASCII. A comma is refused: a header that was sent twice arrives as one
 * value with a comma, and one of the two tenants would be overlooked.
 */
const TENANT_NAME = /^(?! )[\x20-\x2b\x2d-\x7e]{1,255}(?<! )$/

/**
 * The tenant that a request names; null where it names none.
 * @throws TrickleError TENANT_HEADER_INVALID
 */
export function readTenantHeader(headers: RequestHeaders): string | null {
  const value = headers.get(TENANT_HEADER)
  if (value === null || TENANT_NAME.test(value)) return value
  throw new TrickleError(
    'TENANT_HEADER_INVALID',
    `The header ${TENANT_HEADER} must be sent once, with the id, slug or external id of one tenant: 1 to 255 characters of ASCII without a comma.`,
    { errors: [{ pointer: TENANT_HEADER, message: 'has a form that is not allowed' }] },
  )
}

export const tenantHeaderMissing = (): TrickleError =>
  new TrickleError(
    'TENANT_HEADER_MISSING',
    `A service names the tenant of each request: send the header ${TENANT_HEADER} with its id, slug or external id.`,
    { errors: [{ pointer: TENANT_HEADER, message: 'is missing' }] },
  )

export const tenantHeaderOfOperator = (): TrickleError =>
  new TrickleError(
    'TENANT_CONTEXT_REFUSED',
    `An operator acts for no tenant: leave the header ${TENANT_HEADER} away, or use a token with the role service.`,
  )

import type { AnyError, ErrorCode } from '../errors/index.ts'
import type { RouteFacts } from './route-types.ts'

/** Codes that the kernel itself may answer with on a route, whatever its handler does. */
export function kernelErrorsOf(route: RouteFacts): ErrorCode[] {
  const { access, request, idempotency } = route
  const codes: ErrorCode[] = [
    'VALIDATION_FAILED',
    'INVALID_TEXT',
    'NOT_ACCEPTABLE',
    'INTERNAL',
    'DEADLINE_EXCEEDED',
  ]
  if (access.kind !== 'public') {
    codes.push('TOKEN_MISSING', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'ISSUER_UNAVAILABLE')
  }
  if (access.kind !== 'public' && access.kind !== 'publicOrOperator')
    codes.push('ROLE_MISSING', 'TENANT_HEADER_INVALID', 'TENANT_CONTEXT_REFUSED')
  if (access.kind === 'tenant' || access.kind === 'tenantOrOperator') {
    // Finding the tenant asks the database.
    codes.push(
      'TENANT_MISSING',
      'TENANT_HEADER_MISSING',
      'TENANT_UNKNOWN',
      'TENANT_SUSPENDED',
      'DATABASE_UNAVAILABLE',
      'DATABASE_BUSY',
    )
  }
  if (route.isByCaller) codes.push('SERVED_BY_OTHER_APP')
  if (request.body.kind !== 'none') codes.push('UNSUPPORTED_MEDIA_TYPE')
  if (request.body.kind === 'stream') codes.push('UPLOAD_TOO_SLOW')
  if (request.body.kind === 'json') {
    codes.push('MALFORMED_JSON', 'NUMBER_NOT_EXACT', 'JSON_TOO_DEEP', 'BODY_TOO_LARGE')
  }
  if (route.method !== 'GET') codes.push('INVALID_IDEMPOTENCY_KEY')
  if (idempotency === 'receipt') codes.push('IDEMPOTENCY_KEY_REUSED')
  return codes
}

/** All errors that a route may answer with, each once. */
export function errorsOf(route: RouteFacts): AnyError[] {
  return [...new Set([...route.errors, ...kernelErrorsOf(route)])]
}

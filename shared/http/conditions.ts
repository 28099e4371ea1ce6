import type { RouteFacts } from './route-types.ts'
import type { RequestHeaders } from './incoming-request.ts'

const CONDITION_HEADERS = ['if-match', 'if-none-match'] as const

/**
 * The conditions of a request on a route that knows conditions. A repetition under the same idempotency key must state
 * the same conditions: the same events with another condition are another request.
 */
export function readConditions(headers: RequestHeaders, route: RouteFacts): Record<string, string> {
  const shape = route.request.headers?.shape ?? {}
  const conditions: Record<string, string> = {}
  for (const name of CONDITION_HEADERS) {
    const value = headers.get(name)
    if (value !== null && Object.hasOwn(shape, name)) conditions[name] = value.trim()
  }
  return conditions
}

import { TrickleError } from '../errors/index.ts'
import { otherSide } from '../sides/index.ts'
import type { RunsOn, Side } from '../sides/index.ts'
import type { RouteFacts } from './route-types.ts'

/** An app that is one of two: what the other one serves is answered with where that is. */
export interface SplitApp {
  readonly side: Side
  /** The address of the other app, where this one was told it; null where it was not. */
  readonly otherUrl: () => string | null
}

/**
 * The app that serves this kind of caller on a route that both apps have. The logins of operators are in the background
 * app alone, and that of tenants is in the public one. 'both' where the route itself said that it runs in both.
 */
export function sideOf(route: Pick<RouteFacts, 'isByCaller'>, caller: 'operator' | 'tenant'): RunsOn {
  if (!route.isByCaller) return 'both'
  return caller === 'operator' ? 'background' : 'public'
}

/**
 * 421, Misdirected Request: the path is right and the address is not, so the same request works there.
 * @param what the kind of request, up to "by", as in "GET on this path is served by"
 */
export function servedByOtherApp({ side, otherUrl }: SplitApp, what: string): TrickleError {
  const url = otherUrl()
  const where = url === null ? 'whose address this app was not told' : `at ${url}`
  return new TrickleError(
    'SERVED_BY_OTHER_APP',
    `${what} the ${otherSide(side)} app, ${where}; this is the ${side} app.`,
  )
}

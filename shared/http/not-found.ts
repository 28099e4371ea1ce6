import type { HttpMethod } from '@azure/functions'
import { TrickleError } from '../errors/index.ts'
import { parsePathTemplate, templateMatches } from './path-template.ts'
import type { Route, RouteFacts } from './route-types.ts'
import { servedByOtherApp } from './split-app.ts'
import type { SplitApp } from './split-app.ts'

/** All methods that the platform can route, except TRACE and CONNECT, which no API takes. */
const ALL_METHODS: readonly HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** The methods that a route is registered for: HEAD is answered wherever GET is. */
export function methodsOf(route: RouteFacts): HttpMethod[] {
  if (route.isCatchAll) return [...ALL_METHODS]
  return route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
}

/** What the other of two apps serves, and how it is told. */
export interface Elsewhere {
  readonly routes: readonly RouteFacts[]
  readonly split: SplitApp
}

/**
 * The route for requests that no other route takes. For the platform the method is part of the route, so a request with
 * a wrong method also ends here. The answer is 421 if the other of two apps serves it, 405 with Allow if the path is
 * known and 404 if not, instead of the platform's empty page.
 */
export function notFoundRoute(routes: readonly RouteFacts[], elsewhere?: Elsewhere): Route<unknown> {
  const here = methodsByPath(routes)
  const there = methodsByPath(elsewhere?.routes ?? [])
  return {
    // Functions are tried in the order of their names: this one must come last (`findOverlaps` checks it).
    name: 'zz-not-found',
    method: 'GET',
    path: '/api/{*path}',
    summary: 'Answers what no route takes',
    description: '',
    tags: [],
    access: { kind: 'public' },
    request: { params: undefined, query: undefined, headers: undefined, body: { kind: 'none' } },
    responses: {},
    errors: ['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED', 'SERVED_BY_OTHER_APP'],
    idempotency: 'none',
    // It does nothing that could take time.
    deadlineMs: 5_000,
    runsOn: 'both',
    isByCaller: false,
    isCatchAll: true,
    handler({ request }) {
      const { pathname } = new URL(request.url)
      const otherMethods = there(pathname)
      if (elsewhere !== undefined && otherMethods.some((method) => method === request.method)) {
        throw servedByOtherApp(elsewhere.split, `${request.method} on this path is served by`)
      }
      const allowed = [...new Set([...here(pathname), ...otherMethods])].sort()
      if (allowed.length === 0) {
        throw new TrickleError(
          'ROUTE_NOT_FOUND',
          'No route has this path. All routes are listed at /api/docs.',
        )
      }
      throw new TrickleError(
        'METHOD_NOT_ALLOWED',
        `This path takes ${allowed.join(', ')}, not ${request.method}. All routes are listed at /api/docs.`,
        { headers: { Allow: allowed.join(', ') } },
      )
    },
  }
}

/** The methods that routes take on a path; none where no route has it. */
function methodsByPath(routes: readonly RouteFacts[]): (pathname: string) => HttpMethod[] {
  const known = routes.map((route) => ({
    methods: methodsOf(route),
    template: parsePathTemplate(route.path),
  }))
  return (pathname) =>
    known.filter(({ template }) => templateMatches(template, pathname)).flatMap(({ methods }) => methods)
}

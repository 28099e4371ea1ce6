/**
 * The HTTP functions in the order in which they are tried: by function name. The first match is used, even if a later
 * route is more specific.
 * The method is a constraint of the route like any other: a wrong method is 404, never 405.
 *
 * Source: azure-functions-host, WebScriptHostHttpRoutesManager.cs and ScriptHost.cs (ValidateHttpFunction,
 * HttpRoutesConflict); azure-webjobs-sdk-extensions, WebJobsRouteBuilder.cs.
 */
import { compareNames } from './function-catalog.ts'
import type { HostedFunction } from './function-catalog.ts'
import { matchRoute, parseRouteTemplate, toPathSegments } from './route-template.ts'
import type { RouteTemplate, RouteValues } from './route-template.ts'

export type AuthLevel = 'anonymous' | 'function' | 'admin'

export interface HttpRoute {
  readonly fn: HostedFunction
  /** The app's own route, without the prefix; the function's name when the app gave none. */
  readonly route: string
  /** Upper case; empty means every method. */
  readonly methods: ReadonlySet<string>
  readonly authLevel: AuthLevel
  readonly template: RouteTemplate
}

export interface RouteMatch {
  readonly route: HttpRoute
  readonly values: RouteValues
}

export interface RouteTable {
  readonly routes: readonly HttpRoute[]
  /** @throws Error saying why the platform would put this function in error */
  add(fn: HostedFunction): HttpRoute
  /** The first function whose template, method and constraints match. */
  match(method: string, decodedPath: string): RouteMatch | undefined
}

/** Routes with these prefixes belong to the host. Only the prefix is compared, so `administrators` is refused too. */
const RESERVED_PREFIXES = ['admin', 'runtime']

export function createRouteTable(routePrefix: string): RouteTable {
  const routes: HttpRoute[] = []

  function add(fn: HostedFunction): HttpRoute {
    const route = readRoute(fn, routePrefix)
    const trimmed = trimSlashes(route.route)
    const twin = routes.find(
      (other) => trimSlashes(other.route) === trimmed && methodsOverlap(other.methods, route.methods),
    )
    if (twin !== undefined) {
      throw new Error(`The route specified conflicts with the route defined by function '${twin.fn.name}'.`)
    }
    routes.push(route)
    routes.sort((left, right) => compareNames(left.fn.name, right.fn.name))
    return route
  }

  function match(method: string, decodedPath: string): RouteMatch | undefined {
    const path = toPathSegments(decodedPath)
    for (const route of routes) {
      if (route.methods.size > 0 && !route.methods.has(method)) continue
      const values = matchRoute(route.template, path)
      if (values !== undefined) return { route, values }
    }
    return undefined
  }

  return { routes, add, match }
}

function readRoute(fn: HostedFunction, routePrefix: string): HttpRoute {
  const written = fn.trigger['route']
  const route = typeof written === 'string' && written.trim() !== '' ? written : fn.name
  if (RESERVED_PREFIXES.some((prefix) => trimSlashes(route).startsWith(prefix))) {
    throw new Error('The specified route conflicts with one or more built in routes.')
  }
  const methods = fn.trigger['methods']
  return {
    fn,
    route,
    methods: new Set(Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : []),
    authLevel: readAuthLevel(fn.trigger['authLevel']),
    template: parseRouteTemplate(routePrefix === '' ? route : `${routePrefix}/${route}`),
  }
}

function readAuthLevel(value: unknown): AuthLevel {
  if (value === 'anonymous' || value === 'function' || value === 'admin') return value
  throw new Error(`The authLevel '${String(value)}' is unknown: write anonymous, function or admin.`)
}

function trimSlashes(route: string): string {
  return route.replaceAll(/^\/+|\/+$/g, '').toLowerCase()
}

function methodsOverlap(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === 0 || right.size === 0 || [...left].some((method) => right.has(method))
}

import type { HttpFunctionOptions } from '@azure/functions'
import type { Kernel } from './kernel.ts'
import { methodsOf } from './not-found.ts'
import { findOverlaps } from './overlaps.ts'
import type { Route } from './route-types.ts'

/** What is used of `app` of @azure/functions. */
export interface FunctionsApp {
  readonly http: (name: string, options: HttpFunctionOptions) => void
}

/**
 * Registers routes with the platform. Callers are known by their tokens, so no function key is asked for.
 * @throws Error where two routes share a name or could take the same request
 */
export function registerRoutes<T>(app: FunctionsApp, kernel: Kernel<T>, routes: readonly Route<T>[]): void {
  const overlaps = findOverlaps(routes)
  if (overlaps.length > 0) throw new Error(`The routes cannot be registered. ${overlaps.join('. ')}`)
  for (const route of routes) {
    app.http(route.name, {
      // host.json sets routePrefix to "", so the route spells /api/ itself, without the first slash.
      route: route.path.slice(1),
      methods: methodsOf(route),
      authLevel: 'anonymous',
      handler: kernel.handlerFor(route),
    })
  }
}

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolveCaller } from '../../../functions/callers.ts'
import { events } from '../../../functions/events/context.ts'
import type { Platform } from '../../../functions/platform.ts'
import { createKernel } from '../../../shared/http/index.ts'
import type { Kernel, Route } from '../../../shared/http/index.ts'
import type { TenantContext } from '../../../shared/tenancy/index.ts'
import { authenticate, call } from '../../shared/http/harness.ts'
import { platformOn } from '../../support/context-stage.ts'
import { createDatabase } from '../../support/database.ts'
import type { TestDatabase } from '../../support/database.ts'

/** The routes of events over a database of a test's own, without the host, for fetch and for the command line. */
export interface ServedRoutes {
  readonly database: TestDatabase
  readonly platform: Platform
  readonly url: string
  stop(): Promise<void>
}

/** Tokens say who they are, as in the harness: `reader,writer@acme`, or `operator`. */
export async function serveEventRoutes(): Promise<ServedRoutes> {
  const database = await createDatabase()
  const platform = platformOn(database, events.settings)
  const kernel = createKernel<TenantContext>({
    authenticate,
    resolveCaller: (identity, limits, named) => resolveCaller(platform.tenantsBy, identity, limits, named),
    logger: { info: () => undefined, error: () => undefined, warn: () => undefined },
    verifyResponses: true,
  })
  const { routes } = events.triggersOn(() => platform)
  const server = createServer((request, response) => {
    answer(kernel, routes, request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    database,
    platform,
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    async stop() {
      server.closeAllConnections()
      server.close()
      await platform.close()
      await database.drop()
    },
  }
}

async function answer(
  kernel: Kernel<TenantContext>,
  routes: readonly Route<TenantContext>[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = request.url ?? '/'
  const [pathname = ''] = path.split('?')
  const [route, params] = routeOf(routes, request.method ?? '', pathname)
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  )
  const hasBody = route.method !== 'GET'
  const given = await call(kernel, route, {
    path,
    params,
    headers: hasBody ? { ...headers, 'transfer-encoding': 'chunked' } : headers,
    ...(hasBody ? { body: request } : {}),
  })
  response.writeHead(given.status, { 'content-type': given.headers.get('content-type') ?? '' })
  response.end(given.text)
}

function routeOf(
  routes: readonly Route<TenantContext>[],
  method: string,
  pathname: string,
): [Route<TenantContext>, Record<string, string>] {
  for (const route of routes) {
    const pattern = `^${route.path.replaceAll(/\{(\w+)\}/gu, '(?<$1>[^/]+)')}$`
    const match = route.method === method ? new RegExp(pattern, 'u').exec(pathname) : null
    if (match) return [route, { ...match.groups }]
  }
  throw new Error(`no route for ${method} ${pathname}`)
}

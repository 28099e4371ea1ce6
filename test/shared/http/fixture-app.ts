/** A small app on the kernel, as `functions/index.ts` is one, for the round trip through the host. */
import { app } from '@azure/functions'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { createTokenVerifier, ROLES } from '../../../shared/auth/index.ts'
import { errorCatalogue } from '../../../shared/errors/index.ts'
import { bindHttpHalves, findWorkerCore } from '../../../shared/functions-worker/index.ts'
import {
  createKernel,
  defineRoute,
  docsRoutes,
  jsonBody,
  notFoundRoute,
  registerRoutes,
  reply,
} from '../../../shared/http/index.ts'
import type { Reply, Route } from '../../../shared/http/index.ts'

app.setup({ enableHttpStream: true })

const common = { summary: 's', tags: ['t'], access: { kind: 'public' } } as const
const anything = { 200: { description: 'any', schema: z.unknown() } }

const failing = (name: string, handler: () => Reply | Promise<Reply>): Route<unknown> =>
  defineRoute({
    ...common,
    name: `fail-${name}`,
    method: 'GET',
    path: `/api/fail/${name}`,
    request: {},
    responses: anything,
    deadlineMs: 300,
    handler,
  })

const writing = (name: string, path: `/api/${string}`, isPublic: boolean): Route<unknown> =>
  defineRoute({
    ...common,
    access: isPublic ? { kind: 'public' } : { kind: 'tenant', roles: ['writer'] },
    name,
    method: 'POST',
    path,
    request: {
      params: z.strictObject({ streamId: z.string().regex(/^[\w-]+$/) }),
      body: jsonBody({ schema: z.unknown(), maxBytes: 1_000_000 }),
    },
    responses: anything,
    handler: ({ body, params, caller, trace }) =>
      reply(200, {
        json: { body, params, trace, tenant: caller?.kind === 'tenant' ? caller.tenant : null },
      }),
  })

const routes: Route<unknown>[] = [
  writing('stream-append', '/api/streams/{streamId}/events', true),
  writing('private-append', '/api/private/{streamId}', false),
  defineRoute({
    ...common,
    name: 'stream-import',
    method: 'POST',
    path: '/api/imports',
    request: { body: { kind: 'stream', mediaTypes: ['application/x-ndjson'] } },
    responses: anything,
    async handler({ body }) {
      let size = 0
      for await (const chunk of body) size += chunk.byteLength
      return reply(200, { json: { size } })
    },
  }),
  defineRoute({
    ...common,
    name: 'lines',
    method: 'GET',
    path: '/api/lines',
    request: { query: z.object({ fail: z.literal('yes').optional() }) },
    responses: anything,
    handler({ query }) {
      async function* lines(): AsyncGenerator<string> {
        yield '{"line":1}'
        if (query.fail === 'yes') throw new Error('in the middle')
        yield '{"line":2}'
      }
      return reply(200, { ndjson: lines() })
    },
  }),
  failing('throw', () => {
    throw new Error('boom')
  }),
  failing('undefined', () => undefined as unknown as Reply),
  failing('hang', () => new Promise(() => undefined)),
  failing('header', () => reply(200, { json: 1, headers: { 'X-Broken': '日本' } })),
]

const verifier = createTokenVerifier({
  issuers: [
    {
      issuer: process.env['TEST_ISSUER'] ?? '',
      audience: 'trickle-test',
      tenantClaim: 'tenant',
      tenantKey: 'any',
      rolesClaim: 'roles',
      roles: ROLES,
      applications: {},
    },
  ],
  lifetimeSecondsMax: 90_000,
  allowInsecure: true,
})

const kernel = createKernel<unknown>({
  authenticate: (header) => verifier.verify(header),
  resolveCaller: async ({ issuer, subject, application, roles: granted, tenantClaim }) => ({
    kind: 'tenant',
    issuer,
    subject,
    application,
    roles: granted,
    tenant: tenantClaim,
  }),
  logger: { info: () => undefined, error: () => undefined, warn: () => undefined },
})
const info = { title: 'Trickle', version: '0.0.1', description: 'See [all errors](/api/docs/errors).' }
const all = [
  ...routes,
  ...docsRoutes({
    routes,
    info,
    errors: errorCatalogue,
    assetsFolder: fileURLToPath(new URL('assets', import.meta.url)),
  }),
]
const registered = [...all, notFoundRoute(all)]
registerRoutes(app, kernel, registered)
const core = findWorkerCore()
if (core === undefined) throw new Error('This app is for a worker')
bindHttpHalves(core, {
  kernelFunctions: new Set(registered.map(({ name }) => name)),
  report: () => undefined,
})

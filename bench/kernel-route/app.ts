/**
 * A route of our kernel that does nothing: what a request costs before any work is done for it. It takes what our routes
 * take (a path, a query, a JSON body) and answers a text of the length that is asked for.
 */
import { app } from '@azure/functions'
import { z } from 'zod'
import { bindHttpHalves, findWorkerCore } from '../../shared/functions-worker/index.ts'
import { createKernel, defineRoute, jsonBody, registerRoutes, reply } from '../../shared/http/index.ts'
import type { Route } from '../../shared/http/index.ts'
import { fillingOf } from '../one-route/filling.ts'

const common = {
  path: '/api/nothing',
  summary: 'Nothing',
  tags: ['bench'],
  access: { kind: 'public' },
  responses: { 200: { description: 'A text of the length that is asked for' } },
} as const
const query = z.object({ bytes: z.string().default('32') })
const options = {
  authenticate: () => Promise.reject(new Error('no route here asks for a token')),
  resolveCaller: () => Promise.reject(new Error('no route here asks for a token')),
  logger: { info: () => undefined, error: () => undefined, warn: () => undefined },
}

const routes: readonly Route<unknown>[] = [
  defineRoute({
    ...common,
    name: 'read-nothing',
    method: 'GET',
    request: { query },
    handler: (call) => reply(200, { jsonText: fillingOf(call.query.bytes) }),
  }),
  defineRoute({
    ...common,
    name: 'write-nothing',
    method: 'POST',
    request: { query, body: jsonBody({ schema: z.unknown(), maxBytes: 1_048_576 }) },
    handler: (call) => reply(200, { jsonText: fillingOf(call.query.bytes) }),
  }),
]

app.setup({ enableHttpStream: true })
registerRoutes(app, createKernel<unknown>(options), routes)
const core = findWorkerCore()
if (core !== undefined) {
  const kernelFunctions = new Set(routes.map(({ name }) => name))
  bindHttpHalves(core, { kernelFunctions, report: () => undefined })
}

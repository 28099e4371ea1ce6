/**
 * The floor of HTTP: the platform's front passes its requests to a bare node:http server, which reads the body and
 * answers. The library serves nothing here; its function is there so that the front has a route, and its invocations
 * are answered at once.
 */
import { app } from '@azure/functions'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findWorkerCore } from '../../shared/functions-worker/index.ts'
import type { InvocationModel } from '../../shared/functions-worker/index.ts'
import { fillingOf } from '../one-route/filling.ts'

const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    const body = fillingOf(new URLSearchParams(request.url?.split('?')[1]).get('bytes') ?? '32')
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})

app.http('bare', {
  methods: ['GET', 'POST'],
  authLevel: 'anonymous',
  route: 'api/{*path}',
  handler: () => ({ status: 200 }),
})

const nothing: InvocationModel = {
  getArguments: () => Promise.resolve({ context: {}, inputs: [] }),
  invokeFunction: () => ({ status: 200 }),
  getResponse: () => Promise.resolve({ outputData: [] }),
}

findWorkerCore()?.setProgrammingModel({
  name: 'bare',
  version: '1',
  getInvocationModel: () => nothing,
  async getCapabilities(given) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return { ...given, HttpUri: `http://localhost:${port}/` }
  },
})

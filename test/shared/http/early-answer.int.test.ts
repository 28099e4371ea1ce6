import { Agent, createServer, request as httpRequest } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { TrickleError } from '../../../shared/errors/index.ts'
import { workerRequest } from '../../../shared/functions-worker/worker-request.ts'
import { writeAnswer } from '../../../shared/functions-worker/write-answer.ts'
import { defineRoute, defineRouteFor, jsonBody, reply } from '../../../shared/http/index.ts'
import type { Route } from '../../../shared/http/index.ts'
import { testKernel } from './harness.ts'
import type { TestTenant } from './harness.ts'

/*
 * The worker's HTTP server, whose requests the kernel reads from the connection itself: what is shown here is that an
 * answer that comes before the body's end leaves the connection usable.
 */
const { kernel } = testKernel({ verifyResponses: false })
const routes: Record<string, Route<TestTenant>> = {
  '/public': defineRoute({
    name: 'public-write',
    method: 'POST',
    path: '/api/public',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: { body: jsonBody({ schema: z.unknown(), maxBytes: 1_000_000 }) },
    responses: { 200: { description: 'ok' } },
    handler: () => reply(200, { json: 'read' }),
  }),
  '/private': defineRouteFor<TestTenant>()({
    name: 'private-write',
    method: 'POST',
    path: '/api/private',
    summary: 's',
    tags: ['t'],
    access: { kind: 'tenant', roles: ['writer'] },
    request: { body: jsonBody({ schema: z.unknown(), maxBytes: 1_000_000 }) },
    responses: { 200: { description: 'ok' } },
    handler: () => reply(200, { json: 'read' }),
  }),
  '/nothing': defineRoute({
    name: 'nothing-write',
    method: 'POST',
    path: '/api/nothing',
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: {},
    responses: { 200: { description: 'ok' } },
    handler: () => reply(200, { json: 'nothing' }),
  }),
  '/upload-refused': upload('upload-refused', async () => {
    throw new TrickleError('BULK_WORK_FULL', 'no place')
  }),
  '/upload-stopped': upload('upload-stopped', async (body) => {
    for await (const chunk of body) throw new TrickleError('BODY_TOO_LARGE', `enough after ${chunk.length}`)
  }),
}

/** A route whose handler reads the body itself, as far as it likes. */
function upload(name: string, read: (body: AsyncIterable<Uint8Array>) => Promise<void>): Route<TestTenant> {
  return defineRoute({
    name,
    method: 'POST',
    path: `/api/${name}`,
    summary: 's',
    tags: ['t'],
    access: { kind: 'public' },
    request: { body: { kind: 'stream', mediaTypes: ['application/json'] } },
    responses: { 200: { description: 'ok' } },
    async handler({ body }) {
      await read(body)
      return reply(200, { json: 'read' })
    },
  })
}

let server: Server
let port = 0
let agent: Agent

beforeEach(async () => {
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
  server = createServer((request, response) => {
    const route = routes[request.url ?? '']
    if (route === undefined) throw new Error('no such route')
    request.headers['x-forwarded-proto'] = 'http'
    request.headers['x-forwarded-host'] = 'localhost'
    const invocation = { invocationId: 'i' }
    void kernel
      .handlerFor(route)(workerRequest(request, response, {}), invocation)
      .then((answer) => writeAnswer(response, answer, invocation.invocationId))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  agent.destroy()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

function post(path: string, body: Buffer, headers: Record<string, string> = {}): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve([response.statusCode ?? 0, text]))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('an answer before the end of the body', () => {
  const large = Buffer.alloc(5_000_000, ' ')
  const chunked = { 'transfer-encoding': 'chunked' }

  it.each<[string, string, Record<string, string>, number, string]>([
    ['declared too large', '/public', {}, 413, 'BODY_TOO_LARGE'],
    ['counted too large', '/public', chunked, 413, 'BODY_TOO_LARGE'],
    ['without a token', '/private', {}, 401, 'TOKEN_MISSING'],
    ['without a token, chunked', '/private', chunked, 401, 'TOKEN_MISSING'],
    ['of a media type', '/public', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['where none is taken', '/nothing', {}, 400, 'VALIDATION_FAILED'],
    ['of an upload that is refused', '/upload-refused', chunked, 503, 'BULK_WORK_FULL'],
    ['of an upload that its handler stops', '/upload-stopped', chunked, 413, 'BODY_TOO_LARGE'],
    ['where none is taken, chunked', '/nothing', chunked, 400, 'VALIDATION_FAILED'],
  ])('(%s) reaches the client, and the connection goes on', async (_name, path, headers, status, code) => {
    const [first, text] = await post(path, large, headers)
    expect([first, JSON.parse(text)]).toMatchObject([status, { code }])
    expect(await post('/public', Buffer.from('1'))).toEqual([200, '"read"'])
  })

  it('reaches a client that sends without end', async () => {
    const answered = new Promise<number>((resolve, reject) => {
      const sent = httpRequest(
        {
          host: '127.0.0.1',
          port,
          path: '/public',
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json' },
        },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      sent.on('error', reject)
      const chunk = Buffer.alloc(65_536, ' ')
      const push = (): void => {
        while (!sent.destroyed && sent.write(chunk)) {
          // Writes until the connection is full.
        }
        sent.once('drain', push)
      }
      push()
    })
    expect(await answered).toBe(413)
  })
})

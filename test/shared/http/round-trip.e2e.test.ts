import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from '../../../tools/build.ts'
import { startIssuer } from '../auth/issuer.ts'
import type { TestIssuer } from '../auth/issuer.ts'

let folder = ''
let issuer: TestIssuer
let host: ChildProcess
let url = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trickle-http-'))
  issuer = await startIssuer()
  const { outFolder } = await buildApp({
    outFolder: join(folder, 'app'),
    entry: 'test/shared/http/fixture-app.ts',
  })
  host = fork(
    'packages/functions-host/main.ts',
    ['--app', outFolder, '--port', '0', '--state', join(folder, 'state')],
    { env: { ...process.env, TEST_ISSUER: issuer.url }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  )
  const [message] = (await once(host, 'message')) as [{ type: string; url: string; message?: string }]
  if (message.type !== 'ready') throw new Error(message.message ?? 'the host did not start')
  url = message.url
})

afterAll(async () => {
  if (host.exitCode === null) {
    const ended = once(host, 'exit')
    host.kill('SIGTERM')
    await ended
  }
  await issuer.close()
  await rm(folder, { recursive: true })
})

const json = { 'content-type': 'application/json' }
const problemOf = async (response: Response): Promise<Record<string, unknown>> => {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  return (await response.json()) as Record<string, unknown>
}

/** A request whose path is sent as it is written, over a connection of its own. */
function raw(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: Buffer } = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options
    // As most clients do, it keeps the connection: with `Connection: close` the server would close it after an early
    // answer, and a client that is still sending may lose the answer with it.
    const agent = new Agent({ keepAlive: true })
    const sent = httpRequest(`${url}/`, { path, method, headers, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text })
        sent.destroy()
        agent.destroy()
      })
    })
    // After the answer an error is only the end of an upload that nobody wants any more.
    sent.on('error', reject)
    sent.end(body)
  })
}

describe('through the host', () => {
  it('a body arrives with its numbers, and nothing in it changes the path', async () => {
    const body = '{"streamId":"other","n":9007199254740993}'
    const response = await fetch(`${url}/api/streams/s1/events`, { method: 'POST', headers: json, body })
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(
      `{"body":${body},"params":{"streamId":"s1"},"trace":null,"tenant":null}`,
    )
  })

  it("the trace that the client sent is told from the host's own", async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    const response = await fetch(`${url}/api/streams/s1/events`, {
      method: 'POST',
      headers: { ...json, traceparent, tracestate: 'a=1' },
      body: '1',
    })
    expect(await response.json()).toMatchObject({ trace: { traceParent: traceparent, traceState: 'a=1' } })
  })

  it.each([
    ['throw', 500, 'INTERNAL'],
    ['undefined', 500, 'INTERNAL'],
    ['header', 500, 'INTERNAL'],
    ['hang', 504, 'DEADLINE_EXCEEDED'],
  ])('a handler that does "%s" is answered %i', async (name, status, code) => {
    const response = await fetch(`${url}/api/fail/${name}`, { signal: AbortSignal.timeout(10_000) })
    expect(response.status).toBe(status)
    expect(await problemOf(response)).toMatchObject({
      code,
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
  })

  it.each<[string, string, Record<string, string>, number, string]>([
    ['a huge body', '/api/streams/s1/events', { 'content-length': '5000000' }, 413, 'BODY_TOO_LARGE'],
    [
      'a huge chunked body',
      '/api/streams/s1/events',
      { 'transfer-encoding': 'chunked' },
      413,
      'BODY_TOO_LARGE',
    ],
    [
      'a large body without a token',
      '/api/private/s1',
      { 'content-length': '5000000' },
      401,
      'TOKEN_MISSING',
    ],
  ])('%s is answered although it is not read', async (_name, path, headers, status, code) => {
    const body = Buffer.alloc(5_000_000, ' ')
    const answer = await raw(path, { method: 'POST', headers: { ...json, ...headers }, body })
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([status, { code }])
  })

  it('a token is checked against its issuer', async () => {
    const call = (token: string) =>
      fetch(`${url}/api/private/s1`, {
        method: 'POST',
        headers: { ...json, authorization: `Bearer ${token}` },
        body: '1',
      })
    expect(await (await call(await issuer.sign())).json()).toMatchObject({ tenant: 'acme' })
    const refused = await call(await issuer.sign({ aud: 'other' }))
    expect(refused.headers.get('www-authenticate')).toContain('another audience')
    expect(await problemOf(refused)).toMatchObject({ code: 'TOKEN_INVALID', status: 401 })
  })

  it('lines come one by one, and an error in the middle is the last line', async () => {
    expect(await (await fetch(`${url}/api/lines`)).text()).toBe('{"line":1}\n{"line":2}\n')
    const lines = (await (await fetch(`${url}/api/lines?fail=yes`)).text()).trimEnd().split('\n')
    expect(lines).toEqual([
      '{"line":1}',
      expect.stringContaining('"error":{"type":"/api/docs/errors#INTERNAL"'),
    ])
  })

  it('an upload streams through', async () => {
    const headers = { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' }
    const body = Buffer.alloc(3_000_000, 'x')
    const answer = await raw('/api/imports', { method: 'POST', headers, body })
    expect([answer.status, answer.text]).toEqual([200, '{"size":3000000}'])
  })

  it('HEAD has the headers of GET', async () => {
    const response = await fetch(`${url}/api/openapi.json`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
    const get = await fetch(`${url}/api/openapi.json`)
    expect(response.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength))
  })

  it.each([
    ['GET', '/api/nothing', 404, 'ROUTE_NOT_FOUND'],
    ['DELETE', '/api/lines', 405, 'METHOD_NOT_ALLOWED'],
    ['PUT', '/api/streams/s1/events', 405, 'METHOD_NOT_ALLOWED'],
    ['GET', '/api/lines?x=1', 400, 'VALIDATION_FAILED'],
    ['GET', '/api/lines?fail=%ff', 400, 'VALIDATION_FAILED'],
  ])('%s %s is %i %s', async (method, path, status, code) => {
    const answer = await raw(path, { method })
    expect([answer.status, JSON.parse(answer.text)]).toMatchObject([status, { code }])
  })

  it.each(['%2e%2e', '..', 'a%2Fb', '%00', '%ff', 'a%20b'])('the stream id %s is refused', async (id) => {
    const answer = await raw(`/api/streams/${id}/events`, {
      method: 'POST',
      headers: json,
      body: Buffer.from('1'),
    })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  it('the reference page and its document are served from the bundle', async () => {
    expect(await (await fetch(`${url}/api/docs`)).text()).toContain('swagger-ui')
    for (const asset of [
      'swagger-ui-bundle.js',
      'swagger-ui.css',
      'start.js',
      'page.css',
      'favicon-32x32.png',
    ]) {
      expect((await fetch(`${url}/api/docs/assets/${asset}`)).status).toBe(200)
    }
    const document = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(document.paths)).toContain('/api/streams/{streamId}/events')
    const fresh = (await (await fetch(`${url}/api/openapi.json`)).json()) as { paths: object }
    expect(fresh).toEqual(document)
  })
})

import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { runSmoke } from '../../tools/smoke/index.ts'

type Answering = (request: IncomingMessage, response: ServerResponse, body: string) => void

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(answering: Answering): Promise<string> {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    request.on('end', () => answering(request, response, body))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A deployment that does all as it should, but for what `wrong` answers first. */
function deployment(wrong: Answering = () => {}): Answering {
  const stored = new Map<string, { key: string | undefined; body: string }>()
  return (request, response, body) => {
    wrong(request, response, body)
    if (response.writableEnded) return
    const { url = '', method, headers } = request
    const end = (status: number, text: string): void => {
      response.writeHead(status, { 'consistency-token': 'token' }).end(text)
    }
    if (url === '/api/health/ready') return end(200, '{"status":"ready"}')
    if (headers.authorization === undefined) return end(401, '{"code":"TOKEN_MISSING"}')
    if (url === '/api/tenants/bulk') return end(200, '{"created":1,"existing":0}')
    if (url === '/api/imports/events') {
      const outcome = stored.has(body) ? 'duplicate' : 'appended'
      stored.set(body, { key: undefined, body })
      return end(200, JSON.stringify({ line: 1, outcome }))
    }
    const key = headers['idempotency-key'] as string | undefined
    const present = stored.get(url)
    if (method === 'GET') return end(200, `{"events":[${present?.body}]}`)
    if (present !== undefined) return end(key === present.key ? 201 : 412, `{"for":"${key}"}`)
    stored.set(url, { key, body })
    return end(201, `{"for":"${key}"}`)
  }
}

const smoke = (url: string, tokens: { tenantToken?: string; operatorToken?: string } = {}) =>
  runSmoke({ url, tenant: 'smoke', readyWithinMs: 0, ...tokens }, () => {})

const both = { tenantToken: 'one', operatorToken: 'two' }

/** Answers one route wrongly. */
const instead =
  (route: string, method: string, status: number, text: string): Answering =>
  (request, response) => {
    if (request.method === method && request.url?.startsWith(route) === true)
      response.writeHead(status).end(text)
  }

describe('the smoke test', () => {
  it('tries everything with both tokens', async () => {
    const { tried, left } = await smoke(await serve(deployment()), both)
    expect(tried).toHaveLength(4)
    expect(left).toEqual([])
  })

  it('says what it did not try without them', async () => {
    const { tried, left } = await smoke(await serve(deployment()))
    expect(tried).toHaveLength(2)
    expect(left).toEqual([
      expect.stringContaining('TRICKLE_OPERATOR_TOKEN'),
      expect.stringContaining('TRICKLE_TOKEN'),
    ])
  })

  it.each<[string, Answering, RegExp]>([
    [
      'is not ready',
      instead('/api/health/ready', 'GET', 503, '{"checks":{"database":"unavailable"}}'),
      /not ready within 0 s: 503.*unavailable/,
    ],
    [
      'lets strangers read',
      instead('/api/events', 'GET', 200, '{}'),
      /without a token: 401 is wanted, got 200/,
    ],
    [
      'makes no tenant',
      instead('/api/tenants', 'POST', 403, '{}'),
      /making the tenant smoke: 200 is wanted, got 403/,
    ],
    ['imports twice', instead('/api/imports', 'POST', 200, '{"outcome":"appended"}'), /duplicate is wanted/],
    [
      'refuses the import',
      instead('/api/imports', 'POST', 200, '{"outcome":"rejected"}'),
      /appended is wanted/,
    ],
    ['answers with something else', instead('/api/imports', 'POST', 200, '<html>'), /no JSON object: <html>/],
    [
      'does not append',
      instead('/api/streams', 'POST', 500, 'oops'),
      /the first append: 201 is wanted, got 500: oops/,
    ],
    [
      'rounds numbers',
      instead('/api/streams', 'GET', 200, '{"events":[{"data":{"amount":9007199254740992}}]}'),
      /not what was appended/,
    ],
    ['reads nothing back', instead('/api/streams', 'GET', 200, '{"events":[]}'), /not what was appended/],
  ])('fails where the deployment %s', async (_, wrong, message) => {
    await expect(smoke(await serve(deployment(wrong)), both)).rejects.toThrow(message)
  })

  it('fails where the same append is done twice, or a wrong version is taken', async () => {
    let count = 0
    const counting: Answering = (request, response) => {
      if (request.method === 'POST' && request.url?.startsWith('/api/streams') === true)
        response.writeHead(201).end(`{"version":${(count += 1)}}`)
    }
    await expect(smoke(await serve(deployment(counting)), both)).rejects.toThrow(
      /another answer than the first/,
    )
    server?.close()
    const careless: Answering = (request, response) => {
      const isSecond = request.method === 'POST' && request.headers['idempotency-key'] === undefined
      if (isSecond && request.url?.startsWith('/api/streams') === true) response.writeHead(201).end('{}')
    }
    await expect(smoke(await serve(deployment(careless)), both)).rejects.toThrow(
      /must be new: 412 is wanted, got 201/,
    )
  })

  it('fails where nothing answers', async () => {
    const url = await serve(deployment())
    await new Promise((resolve) => server?.close(resolve))
    await expect(smoke(url)).rejects.toThrow(/not ready within 0 s: nothing answers at .*ECONNREFUSED/)
  })
})

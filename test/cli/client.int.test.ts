import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { openClient } from '../../cli/client.ts'
import { serveIssuer } from '../../local/issuer/issuer-server.ts'
import { processMark } from '../../local/process/index.ts'
import { homeAt } from '../../local/run/index.ts'
import { emptyStatus } from '../../local/run/status.ts'

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

describe('the HTTP client of commands', () => {
  let home: string
  let server: Server
  let answer: RequestListener
  let url: string
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'trickle-client-'))
    server = createServer((request, response) => {
      answer(request, response)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    server.closeAllConnections()
    server.close()
    rmSync(home, { recursive: true })
  })

  test('it sends JSON with the token it was given, and checks the answer', async () => {
    const seen: Record<string, unknown>[] = []
    answer = (request, response) => {
      void bodyOf(request).then((body) => {
        seen.push({ method: request.method, path: request.url, token: request.headers.authorization, body })
        response.setHeader('content-type', 'application/json').end('{"id":"1"}')
      })
    }
    const client = openClient({ home, url: `${url}/`, token: 'secret', roles: [] })
    const schema = z.object({ id: z.string() })
    expect(await client.json('/api/tenants', schema, { json: { slug: 'acme' } })).toEqual({ id: '1' })
    expect(seen).toEqual([
      { method: 'POST', path: '/api/tenants', token: 'Bearer secret', body: '{"slug":"acme"}' },
    ])
    await expect(client.json('/api/tenants', z.object({ id: z.number() }))).rejects.toThrow(
      /expected number/u,
    )
  })

  test('a problem becomes one line with its code', async () => {
    answer = (_request, response) => {
      response.writeHead(409, { 'content-type': 'application/problem+json' })
      response.end(
        JSON.stringify({
          status: 409,
          code: 'TENANT_EXISTS',
          title: 'Exists',
          detail: 'acme exists',
          traceId: 't1',
        }),
      )
    }
    const client = openClient({ home, url, token: 'x', roles: [] })
    await expect(client.send('/api/tenants')).rejects.toMatchObject({
      code: 'TENANT_EXISTS',
      message: '409 TENANT_EXISTS: acme exists (trace t1)',
    })
  })

  test('an answer that is no problem document is shown by its first words', async () => {
    answer = (_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>\n bad gateway')
    }
    const client = openClient({ home, url, token: 'x', roles: [] })
    await expect(client.send('/')).rejects.toMatchObject({
      code: 'HTTP_502',
      message: '502 HTTP_502: <html> bad gateway',
    })
  })

  test('where nobody answers it names the address', async () => {
    server.close()
    await once(server, 'close')
    const client = openClient({ home, url, token: 'x', roles: [] })
    await expect(client.send('/')).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringMatching(
        /Nothing answers at http:\/\/127\.0\.0\.1:\d+ .*ECONNREFUSED/u,
      ) as string,
    })
  })

  test('of the local run it calls the app that serves the role, and with --url the one that is named', () => {
    const background = { url: 'http://127.0.0.1:2', masterKey: 'key', hostPid: null }
    const record = {
      phase: 'serving',
      startedAt: new Date().toISOString(),
      supervisor: { name: 'supervisor', pid: process.pid, mark: processMark(process.pid) ?? '' },
      processes: [],
      status: { ...emptyStatus(home), url: 'http://127.0.0.1:1', background },
    }
    writeFileSync(homeAt(home).runFile, JSON.stringify(record))
    expect(openClient({ home, roles: ['writer'], tenant: 'acme' }).url).toBe('http://127.0.0.1:1')
    expect(openClient({ home, roles: ['operator'] }).url).toBe('http://127.0.0.1:2')
    expect(openClient({ home, url, roles: ['operator'] }).url).toBe(url)
  })

  test('an app that does not serve the request says where the other one is', async () => {
    answer = (_request, response) => {
      const detail =
        'GET on this path is served by the background app, at https://b.example; this is the public app.'
      response.writeHead(421, { 'content-type': 'application/problem+json' })
      response.end(JSON.stringify({ status: 421, code: 'SERVED_BY_OTHER_APP', detail }))
    }
    const client = openClient({ home, url, token: 'x', roles: ['operator'] })
    await expect(client.send('/api/tenants')).rejects.toMatchObject({
      code: 'SERVED_BY_OTHER_APP',
      message: expect.stringContaining('the background app, at https://b.example;') as string,
    })
  })

  test('for the local machine it makes a token with the key of the home, once', async () => {
    const issuer = await serveIssuer({ folder: homeAt(home).issuer, port: 0 })
    const tokens = new Set<string>()
    answer = (request, response) => {
      tokens.add(request.headers.authorization ?? '')
      response.end()
    }
    const client = openClient({ home, url, tenant: 'acme', roles: ['writer'] })
    await client.send('/')
    await client.send('/')
    await issuer.stop()
    expect(tokens.size).toBe(1)
    const [, payload] = [...tokens][0]?.split('.') ?? []
    expect(JSON.parse(Buffer.from(payload ?? '', 'base64url').toString())).toMatchObject({
      tenant: 'acme',
      roles: ['writer'],
    })
  })

  test.each([
    'http://example.com',
    'http://localhost.example.com',
    'http://127.example.com',
    'http://127.0.0.1.example.com:7071/',
    'http://10.0.0.5:7071',
    'http://0.0.0.0',
    'http://[::2]:80',
    'http://user@example.com',
    'HTTP://EXAMPLE.COM',
  ])('%s is refused unless it is said to be insecure: the token would go in clear', (other) => {
    const settings = { home, url: other, token: 'x', roles: [] }
    expect(() => openClient(settings)).toThrow(/without TLS.*--insecure/u)
    expect(openClient({ ...settings, insecure: true }).url).toBe(other.replace(/\/$/u, ''))
  })

  test.each([
    'https://example.com',
    'http://localhost:7071',
    'http://127.0.0.1',
    'http://127.1:7071',
    'http://[::1]:7071',
    'http://LOCALHOST',
  ])('%s needs no such word', (other) => {
    expect(openClient({ home, url: other, token: 'x', roles: [] }).url).toBe(other)
  })

  test('a redirect is told and not followed: it could lead to a place without TLS', async () => {
    answer = (_request, response) => {
      response.writeHead(307, { location: 'http://example.com/api' }).end()
    }
    await expect(
      openClient({ home, url, token: 'x', roles: [] }).send('/api', { json: {} }),
    ).rejects.toMatchObject({
      code: 'REDIRECTED',
      message: expect.stringContaining('http://example.com/api') as string,
    })
  })

  test('a token of the environment is used; elsewhere one has to be named', async () => {
    answer = (request, response) => {
      response.end(request.headers.authorization)
    }
    expect(() => openClient({ home, url: 'https://example.com', roles: [] })).toThrow(/needs --token/u)
    expect(() => openClient({ home, url: 'ftp://x', roles: [] })).toThrow(/http\(s\)/u)
    expect(() => openClient({ home, roles: [] })).toThrow(/not running/u)
    vi.stubEnv('TRICKLE_TOKEN', 'from-environment')
    const response = await openClient({ home, url, roles: [] }).send('/')
    expect(await response.text()).toBe('Bearer from-environment')
  })
})

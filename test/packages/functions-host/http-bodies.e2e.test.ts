import { Agent, request as sendRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendRaw, startHost, stopEverything } from './host-process.ts'
import type { HostUnderTest } from './host-process.ts'

const SOURCE = `
app.setup({ enableHttpStream: process.env.STREAMING === 'true' })
const { setTimeout: sleep } = require('node:timers/promises')
let release
app.http('length', { route: 'length', methods: ['POST'], handler: async (request) => {
  let length = 0
  if (request.body) for await (const chunk of request.body) length += chunk.length
  return { jsonBody: { length } }
} })
app.http('firstChunk', { route: 'first-chunk', methods: ['POST'], handler: async (request, context) => {
  for await (const chunk of request.body) { context.log('GOT ' + chunk.length); break }
  return { body: 'read some' }
} })
app.http('gated', { route: 'gated', handler: async () => ({ body: (async function* () {
  yield Buffer.from('first ')
  await new Promise((resolve) => { release = resolve })
  yield Buffer.from('last')
})() }) })
app.http('release', { route: 'release', handler: () => { release(); return { status: 200 } } })
app.http('endless', { route: 'endless', handler: async (request, context) => ({ body: (async function* () {
  for (let index = 0; index < 2000; index++) { yield Buffer.from('x'.repeat(1000)); await sleep(5) }
})() }) })
app.http('throws', { route: 'throws', handler: () => { throw new Error('boom') } })
app.http('nothing', { route: 'nothing', handler: () => undefined })
app.http('text', { route: 'text', handler: () => 'no object' })
app.http('noContent', { route: 'no-content', handler: () => ({ status: 204 }) })
app.http('silent', { route: 'silent', handler: async () => { await sleep(60000); return {} } })
`

afterAll(stopEverything)

function chunkedPost(host: HostUnderTest, path: string, body: string): Promise<string> {
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`
  const head = `POST ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`
  return sendRaw(host.port, `${head}${chunk}0\r\n\r\n`, /$^/)
}

describe('buffered', () => {
  let host: HostUnderTest

  beforeAll(async () => {
    host = await startHost({ source: SOURCE, environment: { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '1000' } })
  })

  test('a body comes with its length; one in chunks is empty, as on the platform', async () => {
    expect(await (await host.fetch('/length', { method: 'POST', body: 'x'.repeat(1_000) })).json()).toEqual({
      length: 1_000,
    })
    expect(await chunkedPost(host, '/length', 'hello')).toContain('{"length":0}')
  })

  test('past the limit: 413', async () => {
    expect((await host.fetch('/length', { method: 'POST', body: 'x'.repeat(1_001) })).status).toBe(413)
  })

  test('a handler that throws is 500 without a body, one that returns nothing 204', async () => {
    const thrown = await host.fetch('/throws')
    expect([thrown.status, await thrown.text()]).toEqual([500, ''])
    await host.seen(/error throws \[[0-9a-f-]+\] Executed 'Functions.throws' \(Failed.*boom/)
    expect((await host.fetch('/nothing')).status).toBe(204)
    expect((await host.fetch('/text')).status).toBe(500)
    const empty = await host.fetch('/no-content')
    expect([empty.status, empty.headers.get('content-length')]).toEqual([204, null])
  })
})

describe('streaming', () => {
  let host: HostUnderTest

  beforeAll(async () => {
    host = await startHost({
      source: SOURCE,
      environment: { STREAMING: 'true', FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: '30000000' },
    })
  })

  test('a chunked body, an empty one, and none at all', async () => {
    expect(await chunkedPost(host, '/length', 'hello')).toContain('{"length":5}')
    expect(await chunkedPost(host, '/length', '')).toContain('{"length":0}')
    expect(await (await host.fetch('/length', { method: 'POST' })).json()).toEqual({ length: 0 })
  })

  test('an answer before the end of the upload leaves the connection to the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const post = (path: string, body: Buffer): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = sendRequest({ port: host.port, path, method: 'POST', agent }, (response) => {
          response.resume()
          response.on('end', () => resolve(response.statusCode))
        })
        request.on('error', reject)
        request.end(body)
      })
    const statuses = [
      await post('/no-content', Buffer.alloc(25_000_000, 'x')),
      await post('/length', Buffer.from('x')),
    ]
    agent.destroy()
    expect(statuses).toEqual([204, 200])
  })

  test.each(['with its length', 'in chunks'])(
    '20 MB go up %s',
    async (way) => {
      const size = 20 * 1_048_576
      const body = Buffer.alloc(size, 'x')
      const init: RequestInit =
        way === 'in chunks' ? { body: new Blob([body]).stream(), duplex: 'half' } : { body }
      expect(await (await host.fetch('/length', { method: 'POST', ...init })).json()).toEqual({
        length: size,
      })
    },
    120_000,
  )

  test('the function gets the first part of an upload before the client has sent the rest', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const upload = sendRequest(
        `${host.url}/first-chunk`,
        { method: 'POST', headers: { 'content-length': 20 } },
        (response) => {
          response.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8')))
        },
      )
      upload.on('error', reject)
      upload.write('0123456789')
      host.seen(/GOT 10/).then(() => upload.end('0123456789'), reject)
    })
    expect(answer).toBe('read some')
  })

  test('the first part of a response comes before the function has made the last', async () => {
    const response = await host.fetch('/gated')
    const reader = response.body?.getReader()
    const decode = (part: Uint8Array | undefined): string => Buffer.from(part ?? []).toString('utf8')
    expect(decode((await reader?.read())?.value)).toBe('first ')
    expect((await host.fetch('/release')).status).toBe(200)
    expect(decode((await reader?.read())?.value)).toBe('last')
    expect((await reader?.read())?.done).toBe(true)
  })

  test('past the limit: 413, with a length and in chunks', async () => {
    expect((await host.fetch('/length', { method: 'POST', body: Buffer.alloc(30_000_001) })).status).toBe(413)
    expect(await chunkedPost(host, '/length', 'x'.repeat(30_000_001))).toMatch(/^HTTP\/1.1 413 /)
  })

  test('many requests at once keep their own answers', async () => {
    const lengths = Array.from({ length: 60 }, (_value, index) => index * 37)
    const answers = await Promise.all(
      lengths.map(async (length) => {
        const answer = await host.fetch('/length', { method: 'POST', body: 'x'.repeat(length) })
        return [answer.status, await answer.text()]
      }),
    )
    expect(answers).toEqual(lengths.map((length) => [200, JSON.stringify({ length })]))
  })
})

describe('streaming, with a short activity timeout', () => {
  // On a host of their own: on a busy machine an answer of the other tests may take longer than this.
  let host: HostUnderTest

  beforeAll(async () => {
    host = await startHost({
      source: SOURCE,
      environment: { STREAMING: 'true' },
      flags: ['--activity-timeout-ms', '1500'],
    })
  })

  test.each(['/throws', '/nothing'])('nobody answers %s: 504 after the activity timeout', async (path) => {
    const response = await host.fetch(path)
    expect([response.status, await response.text()]).toEqual([504, ''])
    await host.seen(new RegExp(`warning ${path.slice(1)} \\[.*nobody answers`))
  })

  test('a function that stays silent is given up too', async () => {
    expect((await host.fetch('/silent')).status).toBe(504)
  })
})

test('a client that leaves in the middle, up or down, harms nobody, and its function is told at once', async () => {
  // With the platform's activity timeout, which is far away: only the client's leaving can end the upload.
  const host = await startHost({ source: SOURCE, environment: { STREAMING: 'true' } })
  const leave = new AbortController()
  const response = await host.fetch('/endless', { signal: leave.signal })
  await response.body?.getReader().read()
  leave.abort()
  await new Promise<void>((resolve) => {
    const upload = sendRequest(`${host.url}/length`, {
      method: 'POST',
      headers: { 'content-length': 1_000 },
    })
    upload.on('error', () => resolve())
    upload.write('only a part', () => upload.destroy())
    upload.on('close', resolve)
  })
  await host.seen(/error length \[.*Failed/)
  expect(await (await host.fetch('/length', { method: 'POST', body: 'still here' })).json()).toEqual({
    length: 10,
  })
  expect(host.process.exitCode).toBeNull()
})

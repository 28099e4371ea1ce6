import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { workerRequest } from '../../../shared/functions-worker/worker-request.ts'
import type { TriggerMetadata } from '../../../shared/functions-worker/worker-core.ts'
import type { BodyReader, IncomingRequest } from '../../../shared/http/index.ts'

let server = createServer()
let client: Socket

beforeEach(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.on('error', () => undefined)
})
afterEach(() => {
  client.destroy()
  server.closeAllConnections()
  server.close()
})

const FORWARDED = 'host: localhost\r\nx-forwarded-host: trickle.example\r\nx-forwarded-proto: https\r\n'

/** A request as the platform's front sends it on, and as the kernel reads it. */
async function arrive(
  start: string,
  { headers = '', body = '', metadata = {} }: { headers?: string; body?: string; metadata?: TriggerMetadata },
): Promise<IncomingRequest> {
  const arrived = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  client.write(`${start} HTTP/1.1\r\n${FORWARDED}${headers}\r\n${body}`)
  const [message, response] = await arrived
  return workerRequest(message, response, metadata)
}

async function readAll(reader: BodyReader | undefined): Promise<string> {
  if (reader === undefined) throw new Error('There is no body')
  const parts: Uint8Array[] = []
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return Buffer.concat(parts).toString()
    parts.push(value)
  }
}

describe('the address', () => {
  it('is the one that the client called', async () => {
    const request = await arrive('GET /api/things?a=1&a=2&b=%C3%A9+x', {})
    expect([request.method, request.url]).toEqual([
      'GET',
      'https://trickle.example/api/things?a=1&a=2&b=%C3%A9+x',
    ])
    expect([...request.query]).toEqual([
      ['a', '1'],
      ['a', '2'],
      ['b', 'é x'],
    ])
    expect([...(await arrive('GET /api/things', {})).query]).toEqual([])
  })

  it('with a host that no address can have is refused', async () => {
    const reading = arrive('GET /', { headers: 'x-forwarded-host: no host\r\n' })
    await expect(reading).rejects.toThrow('not readable')
  })
})

describe('headers and parameters', () => {
  const json = JSON.stringify({ 'Trickle-Tenant': 'a,b', traceparent: '00-client', 'x-space': ' v ' })

  it('are those of the metadata, where the front has not changed them', async () => {
    const metadata = { Headers: { json }, Query: { json: '{}' }, streamId: { string: 'order-1' } }
    const request = await arrive('GET /', { headers: 'traceparent: 00-front\r\n', metadata })
    expect(request.headers.get('TRACEPARENT')).toBe('00-client')
    expect(request.headers.get('trickle-tenant')).toBe('a,b')
    expect(request.headers.get('x-space')).toBe('v')
    expect(request.headers.get('absent')).toBeNull()
    expect([...request.headers]).toContainEqual(['trickle-tenant', 'a,b'])
    expect({ ...request.params }).toEqual({ streamId: 'order-1' })
  })

  it('are never taken from a query that is called like them', async () => {
    const metadata = { Headers: { string: '{"authorization":"Bearer stolen"}' } }
    const request = await arrive('GET /', { headers: 'x-two: 1\r\nX-Two: 2\r\n', metadata })
    expect(request.headers.get('authorization')).toBeNull()
    expect(request.headers.get('x-two'), 'a header that came twice').toBe('1,2')
  })

  it('may have any name', async () => {
    const metadata = Object.fromEntries([['__proto__', { string: 'x' }]])
    const { params } = await arrive('GET /', { metadata })
    expect(Object.keys(params)).toEqual(['__proto__'])
    expect(params['constructor']).toBeUndefined()
  })
})

describe('the body', () => {
  it.each([
    ['of a GET is ignored', 'GET /', 'content-length: 2\r\n', 'hi'],
    ['is none without a length', 'POST /', '', ''],
    ['is none with a length of 0', 'POST /', 'content-length: 0\r\n', ''],
  ])('%s', async (_case, start, headers, body) => {
    expect((await arrive(start, { headers, body })).body).toBeNull()
  })

  it.each([
    ['with a length', 'content-length: 5\r\n', ['he', 'llo']],
    ['in chunks', 'transfer-encoding: chunked\r\n', ['2\r\nhe\r\n', '3\r\nllo\r\n0\r\n\r\n']],
  ])('%s is read as it comes', async (_case, headers, [first = '', second = '']) => {
    const request = await arrive('POST /', { headers, body: first })
    const reader = request.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).toBe('he')
    const rest = readAll(reader)
    client.write(second)
    expect(await rest).toBe('llo')
    expect(await reader?.read()).toEqual({ done: true })
  })

  it('fails when the client disconnects before its end', async () => {
    const request = await arrive('POST /', { headers: 'content-length: 100\r\n', body: 'part' })
    const reading = readAll(request.body?.getReader())
    client.destroy()
    await expect(reading).rejects.toThrow(/aborted|hung up/)
  })

  it('is not taken from the connection before it is asked for', async () => {
    const part = Buffer.alloc(65_536, 'a')
    const request = await arrive('POST /', { headers: 'content-length: 33554432\r\n' })
    let sent = 0
    while (sent < 33_554_432 && client.write(part)) sent += part.length
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (; sent < 33_554_432; sent += part.length) client.write(part)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(client.writableLength, 'bytes that nobody has taken').toBeGreaterThan(16_777_216)
    expect((await readAll(request.body?.getReader())).length).toBeGreaterThan(16_777_216)
  })

  it('that is given up ends the connection', async () => {
    const request = await arrive('POST /', { headers: 'content-length: 100\r\n', body: 'part' })
    const reader = request.body?.getReader()
    await reader?.read()
    const closed = once(client, 'close')
    await reader?.cancel()
    await closed
    expect(request.client?.signal.aborted).toBe(true)
  })
})

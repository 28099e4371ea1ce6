import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createCorsPolicy } from '../../../packages/functions-host/cors.ts'
import { isLevelEnough } from '../../../packages/functions-host/function-keys.ts'
import {
  joinHeaders,
  joinQuery,
  presentedKey,
  streamTriggerMetadata,
} from '../../../packages/functions-host/http-request-data.ts'
import { formatSetCookie } from '../../../packages/functions-host/set-cookie.ts'
import { childTraceContext } from '../../../packages/functions-host/trace-context.ts'

function requestWith(rawHeaders: string[], method = 'GET'): IncomingMessage {
  const headers: Record<string, string> = {}
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers[(rawHeaders[index] ?? '').toLowerCase()] = rawHeaders[index + 1] ?? ''
  return { method, headers, rawHeaders } as unknown as IncomingMessage
}

describe('headers and query', () => {
  test('repeated headers are joined with a comma, under their lower-case name', () => {
    expect(joinHeaders(requestWith(['X-A', '1', 'x-a', '2', 'Accept', 'b']))).toEqual({
      'x-a': '1,2',
      accept: 'b',
    })
  })

  test('repeated query parameters are joined, whatever their case', () => {
    expect(joinQuery('?a=1&A=2&b=%20x&c')).toEqual({ a: '1,2', b: ' x', c: '' })
    expect(joinQuery('')).toEqual({})
  })

  test('the key in the header wins over the one in the query', () => {
    expect(presentedKey(requestWith(['x-functions-key', 'h']), '?code=q')).toBe('h')
    expect(presentedKey(requestWith([]), '?a=1&Code=q%2B')).toBe('q+')
    expect(presentedKey(requestWith([]), '?encode=1')).toBeUndefined()
  })
})

describe('what a streaming function sees', () => {
  const request = requestWith(['Accept', 'x'])

  test('route values, headers and query', () => {
    expect(streamTriggerMetadata(request, '', { id: '7' })).toEqual({
      id: { string: '7' },
      Query: { json: '{}' },
      Headers: { json: '{"accept":"x"}' },
    })
  })

  test('query parameters get in as well, all but the key, and the route wins under the spelling that came first', () => {
    expect(streamTriggerMetadata(request, '?ID=9&extra=1&code=secret', { id: '7' })).toMatchObject({
      ID: { string: '7' },
      extra: { string: '1' },
    })
    expect(Object.keys(streamTriggerMetadata(request, '?code=secret', {}))).toEqual(['Query', 'Headers'])
  })

  test('a query parameter named headers takes the place of the headers', () => {
    const metadata = streamTriggerMetadata(request, '?headers=x', {})
    expect(metadata).toMatchObject({ headers: { string: 'x' } })
    expect(metadata).not.toHaveProperty('Headers')
  })
})

describe('CORS', () => {
  const preflight = requestWith(
    [
      'Origin',
      'http://a.test',
      'Access-Control-Request-Method',
      'PUT',
      'Access-Control-Request-Headers',
      'x-a, x-b',
    ],
    'OPTIONS',
  )

  test('no origins: no policy', () => {
    expect(createCorsPolicy([])).toBeUndefined()
    expect(createCorsPolicy([''])).toBeUndefined()
  })

  test('a preflight of an allowed origin', () => {
    expect(createCorsPolicy(['http://A.test/'])?.answer(preflight)).toEqual({
      isPreflight: true,
      headers: [
        'Access-Control-Allow-Origin',
        'http://a.test',
        'Access-Control-Allow-Headers',
        'x-a, x-b',
        'Access-Control-Allow-Methods',
        'PUT',
      ],
    })
  })

  test('a preflight of another origin is answered without any permission', () => {
    expect(createCorsPolicy(['http://b.test'])?.answer(preflight)).toEqual({ isPreflight: true, headers: [] })
  })

  test('a plain request; with several origins caches are told', () => {
    const request = requestWith(['Origin', 'http://a.test'])
    expect(createCorsPolicy(['http://a.test', 'http://b.test'])?.answer(request)).toEqual({
      isPreflight: false,
      headers: ['Access-Control-Allow-Origin', 'http://a.test', 'Vary', 'Origin'],
    })
    expect(createCorsPolicy(['*'])?.answer(request).headers).toEqual(['Access-Control-Allow-Origin', '*'])
    expect(createCorsPolicy(['*'])?.answer(requestWith([])).headers).toEqual([])
  })
})

describe('trace context', () => {
  const trace = '0af7651916cd43dd8448eb211c80319c'

  test('a valid traceparent is continued by a span of the host', () => {
    const context = childTraceContext(`00-${trace}-b7ad6b7169203331-00`, 'vendor=1')
    expect(context.traceParent).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-00$`))
    expect(context.traceParent).not.toContain('b7ad6b7169203331')
    expect(context.traceState).toBe('vendor=1')
  })

  test.each([
    undefined,
    'nonsense',
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `ff-${trace}-b7ad6b7169203331-01`,
    `00-${trace.toUpperCase()}-b7ad6b7169203331-01`,
  ])('%s starts a new trace', (traceParent) => {
    const context = childTraceContext(traceParent, 'vendor=1')
    expect(context.traceParent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(context.traceParent).not.toContain(trace)
    expect(context.traceState).toBe('')
  })

  test('no two spans are the same, also across the pool of random bytes', () => {
    const spans = Array.from({ length: 1_000 }, () => childTraceContext().traceParent)
    expect(new Set(spans).size).toBe(1_000)
  })
})

test('levels: the same as required, or admin', () => {
  expect(isLevelEnough('anonymous', 'anonymous')).toBe(true)
  expect(isLevelEnough('anonymous', 'function')).toBe(false)
  expect(isLevelEnough('function', 'function')).toBe(true)
  expect(isLevelEnough('function', 'admin')).toBe(false)
  expect(isLevelEnough('admin', 'function')).toBe(true)
})

test('cookies of the buffered mode', () => {
  expect(formatSetCookie({ name: 'a', value: 'b c' })).toBe('a=b%20c; path=/')
  expect(
    formatSetCookie({
      name: 'a',
      value: '1',
      domain: { value: 'd.test' },
      path: { value: '/p' },
      expires: { value: { seconds: 0 } },
      secure: { value: true },
      httpOnly: { value: true },
      sameSite: 'explicitNone',
      maxAge: { value: 9.9 },
    }),
  ).toBe(
    'a=1; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=9; domain=d.test; path=/p; secure; samesite=none; httponly',
  )
})

import { request as rawRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Api, CallOptions } from '../support/api.ts'
import type { LocalRun } from '../support/local-run.ts'

let run: LocalRun
let call: Api['call']
let append: Api['append']
let acme: string
let other: string
let operator: string

beforeAll(async () => {
  const api = await startApi()
  ;({ run, call, append } = api)
  ;({ acme, other, operator } = api.tokens)
})
afterAll(() => run?.stop())

describe('bad input is answered clearly and changes nothing', () => {
  const bodies: [string, CallOptions, number, string][] = [
    ['malformed JSON', { body: '{"type":' }, 400, 'MALFORMED_JSON'],
    ['an unknown field', { json: { ...event, dat: 1 } }, 400, 'VALIDATION_FAILED'],
    ['no data', { json: { type: 'T' } }, 400, 'VALIDATION_FAILED'],
    ['no events', { json: { events: [] } }, 400, 'VALIDATION_FAILED'],
    [
      'the same id twice',
      {
        json: {
          events: [
            { ...event, id: 'x' },
            { ...event, id: 'x' },
          ],
        },
      },
      400,
      'VALIDATION_FAILED',
    ],
    ['a huge body', { body: `{"type":"T","data":"${'x'.repeat(10 * 1_048_576)}"}` }, 413, 'BODY_TOO_LARGE'],
    [
      'an event beyond 1 MiB',
      { body: `{"type":"T","data":"${'x'.repeat(1_100_000)}"}` },
      413,
      'EVENT_TOO_LARGE',
    ],
    [
      'too many events',
      { json: { events: Array.from({ length: 1_001 }, () => event) } },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'the wrong media type',
      { json: event, headers: { 'content-type': 'text/xml' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['a NUL character', { body: String.raw`{"type":"T","data":"a\u0000b"}` }, 400, 'INVALID_TEXT'],
    ['a lone surrogate', { body: String.raw`{"type":"T","data":"\ud800"}` }, 400, 'INVALID_TEXT'],
    [
      'a lone surrogate in a name',
      { body: String.raw`{"type":"T","data":{"\udfff":1}}` },
      400,
      'INVALID_TEXT',
    ],
    [
      'bytes that are not UTF-8',
      { body: Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) },
      400,
      'MALFORMED_JSON',
    ],
    [
      'JSON beyond the depth',
      { body: `{"type":"T","data":${'['.repeat(500)}${']'.repeat(500)}}` },
      400,
      'JSON_TOO_DEEP',
    ],
    ['1e400', { body: '{"type":"T","data":1e400}' }, 400, 'NUMBER_NOT_EXACT'],
    [
      'a time that does not exist',
      { json: { ...event, time: '2026-02-30T00:00:00Z' } },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'a time before the year 1 in UTC',
      { json: { ...event, time: '0001-01-01T00:00:00+14:00' } },
      400,
      'VALIDATION_FAILED',
    ],
    [
      'numbers that swell when they are written out',
      { body: `{"type":"N","data":[${Array.from({ length: 100_000 }, () => '1e308').join(',')}]}` },
      413,
      'EVENT_TOO_LARGE',
    ],
    [
      'an empty idempotency key',
      { json: event, headers: { 'idempotency-key': '' } },
      400,
      'INVALID_IDEMPOTENCY_KEY',
    ],
    [
      'a long idempotency key',
      { json: event, headers: { 'idempotency-key': 'k'.repeat(201) } },
      400,
      'INVALID_IDEMPOTENCY_KEY',
    ],
  ]
  it.each(bodies)('%s', async (_name, options, status, code) => {
    const answer = await append('bad-1', options)
    expect([answer.status, answer.json?.['code']]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json?.['detail']).not.toBe('')
    expect((await call('GET', '/api/streams/bad-1')).status).toBe(404)
  })

  const paths: [string, number, string][] = [
    ['/api/events?after=abc', 400, 'INVALID_CURSOR'],
    ['/api/events?limit=-1', 400, 'VALIDATION_FAILED'],
    ['/api/events?limit=1.5', 400, 'VALIDATION_FAILED'],
    ['/api/events?limit=1001', 400, 'VALIDATION_FAILED'],
    ['/api/events?lmit=1', 400, 'VALIDATION_FAILED'],
    ['/api/streams/s-1/events?from=0', 400, 'VALIDATION_FAILED'],
    ['/api/streams/s-1/events?direction=sideways', 400, 'VALIDATION_FAILED'],
    ['/api/streams/a%20b', 400, 'INVALID_STREAM_ID'],
    ['/api/streams/a%2Fb', 400, 'INVALID_STREAM_ID'],
    [`/api/streams/${'x'.repeat(256)}`, 400, 'INVALID_STREAM_ID'],
    ['/api/streams/none/events', 404, 'STREAM_NOT_FOUND'],
    ['/api/nothing', 404, 'ROUTE_NOT_FOUND'],
    ['/api/tenants', 403, 'ROLE_MISSING'],
  ]
  it.each(paths)('%s', async (path, status, code) => {
    const answer = await call('GET', path)
    expect([answer.status, answer.json?.['code']]).toEqual([status, code])
  })

  it('refuses dot segments, which every server resolves into another path', async () => {
    for (const path of [
      '/api/streams/../events',
      '/api/streams/%2e%2e/events',
      '/api/streams/.%2E/events',
      '/api/streams/./events',
      '/api/streams/s/events/%2e',
    ]) {
      for (const method of ['GET', 'POST']) {
        expect([path, await raw(method, path)]).toEqual([path, { status: 400, code: 'VALIDATION_FAILED' }])
      }
    }
  })

  it('keeps tenants apart', async () => {
    await append('secret', { json: event })
    expect((await call('GET', '/api/streams/secret/events', { token: other })).status).toBe(404)
    expect((await call('GET', '/api/events', { token: other })).json?.['events']).toEqual([])
    const cursor = (await call('GET', '/api/events')).json?.['next'] as string
    expect((await call('GET', `/api/events?after=${cursor}`, { token: other })).json?.['code']).toBe(
      'INVALID_CURSOR',
    )
  })
})

/** A request whose path is sent as it is written; fetch would resolve it first. */
function raw(method: string, path: string): Promise<{ status: number; code: unknown }> {
  const { hostname, port } = new URL(run.url)
  return new Promise((resolve, reject) => {
    const request = rawRequest(
      {
        hostname,
        port,
        method,
        path,
        headers: { authorization: `Bearer ${acme}`, 'content-type': 'application/json' },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (text += chunk))
        response.on('end', () => {
          const { code } = JSON.parse(text) as { code?: unknown }
          resolve({ status: response.statusCode ?? 0, code })
        })
      },
    )
    request.on('error', reject)
    request.end(method === 'GET' ? undefined : JSON.stringify(event))
  })
}

describe('who may call', () => {
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"tenant":"acme","roles":["writer"]}').toString('base64url')}.`
  it.each([
    ['no token', null, 'TOKEN_MISSING'],
    ['no JWT', 'abc', 'TOKEN_INVALID'],
    ['alg none', none, 'TOKEN_INVALID'],
  ])('%s', async (_name, token, code) => {
    const answer = await append('auth-1', { json: event, token })
    expect([answer.status, answer.json?.['code']]).toEqual([401, code])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/)
  })

  it('refuses an expired token, a role that is missing, a tenant that does not exist', async () => {
    const expired = await run.token({ tenant: 'acme', roles: ['writer'], expiresInSeconds: -3_600 })
    expect((await append('auth-2', { json: event, token: expired })).json?.['code']).toBe('TOKEN_EXPIRED')
    const reader = await run.token({ tenant: 'acme', roles: ['reader'] })
    expect((await append('auth-2', { json: event, token: reader })).json?.['code']).toBe('ROLE_MISSING')
    const nobody = await run.token({ tenant: 'nobody', roles: ['writer'] })
    expect((await append('auth-2', { json: event, token: nobody })).json?.['code']).toBe('TENANT_UNKNOWN')
    expect((await append('auth-2', { json: event, token: operator })).json?.['code']).toBe('TENANT_MISSING')
  })

  it('suspends and resumes a tenant', async () => {
    await call('POST', '/api/tenants', { token: operator, json: { slug: 'late' } })
    const late = await run.token({ tenant: 'late', roles: ['writer'] })
    expect((await append('l-1', { json: event, token: late })).status).toBe(201)
    await call('POST', '/api/tenants/late/suspend', { token: operator })
    expect((await append('l-1', { json: event, token: late })).json?.['code']).toBe('TENANT_SUSPENDED')
    await call('POST', '/api/tenants/late/resume', { token: operator })
    await expect
      .poll(async () => (await append('l-1', { json: event, token: late })).status, { timeout: 60_000 })
      .toBe(201)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sendRaw, startHost, stopEverything } from './host-process.ts'
import type { HostUnderTest } from './host-process.ts'

const source = (streaming: boolean): string => `
app.setup({ enableHttpStream: ${streaming} })
const echo = (request) => ({ jsonBody: { params: request.params, url: request.url.replace(/^http:..[^/]+/, ''), method: request.method } })
const named = (name) => async (request, context) => ({ jsonBody: { function: name, ...echo(request).jsonBody, trace: context.traceContext } })
app.http('catchAll', { route: 'files/{tenantId}/streams/{*path}', handler: named('catchAll') })
app.http('byGuid', { route: 'items/{id:guid}', handler: named('byGuid') })
app.http('byInt', { route: 'items/{id:int:min(10)}', handler: named('byInt') })
app.http('optional', { route: 'opt/{x?}', handler: named('optional') })
app.http('zLate', { route: 'order/{id}', handler: named('zLate') })
app.http('aEarly', { route: 'order/recent', handler: named('aEarly') })
app.http('getOnly', { route: 'methods', methods: ['GET'], handler: named('getOnly') })
app.http('putOnly', { route: 'methods', methods: ['PUT'], handler: named('putOnly') })
app.http('duplicate', { route: '/METHODS/', methods: ['GET'], handler: named('duplicate') })
app.http('reserved', { route: 'administrators', handler: named('reserved') })
app.http('disabled', { route: 'disabled', handler: named('disabled') })
app.http('noRoute', { handler: named('noRoute') })
app.http('headers', { route: 'headers', methods: ['GET', 'POST', 'HEAD'], handler: async (request) => ({
  status: 201,
  headers: { 'x-seen': request.headers.get('x-a') ?? '', 'x-query': request.query.getAll('a').join('|'), etag: '"5"' },
  cookies: [{ name: 'c', value: '1', httpOnly: true }, { name: 'd', value: '2' }],
  body: await request.text(),
}) })
`

interface Echo {
  readonly function: string
  readonly params: Record<string, string>
  readonly url: string
  readonly method: string
  readonly trace: { readonly traceParent: string }
}

afterAll(stopEverything)

describe.each([
  ['buffered', false],
  ['streaming', true],
])('%s', (_mode, streaming) => {
  let host: HostUnderTest

  beforeAll(async () => {
    host = await startHost({
      source: source(streaming),
      environment: { 'AzureWebJobs.disabled.Disabled': 'true', AzureWebJobsDisableHomepage: 'true' },
    })
  })

  async function call(path: string, init?: RequestInit): Promise<Echo | number> {
    const response = await host.fetch(path, init)
    return response.status === 200 ? ((await response.json()) as Echo) : response.status
  }

  test('templates, catch-all, constraints, optional parameters', async () => {
    expect(await call('/files/t1/streams/a/b%20c/d?x=1')).toMatchObject({
      function: 'catchAll',
      params: { tenantId: 't1', path: 'a/b c/d' },
      url: '/files/t1/streams/a/b%20c/d?x=1',
    })
    expect(await call('/ITEMS/6f9619ff-8b86-d011-b42d-00c04fc964ff')).toMatchObject({ function: 'byGuid' })
    expect(await call('/items/12')).toMatchObject({ function: 'byInt', params: { id: '12' } })
    expect(await call('/items/5')).toBe(404)
    expect(await call('/opt')).toMatchObject({ params: {} })
    expect(await call('/opt/zz/')).toMatchObject({ params: { x: 'zz' } })
    expect(await call('/noRoute')).toMatchObject({ function: 'noRoute' })
    expect(await call('/nowhere')).toBe(404)
  })

  test('functions are tried in the order of their names', async () => {
    expect(await call('/order/recent')).toMatchObject({ function: 'aEarly' })
    expect(await call('/order/7')).toMatchObject({ function: 'zLate', params: { id: '7' } })
  })

  test('a wrong method is 404; the methods are GET and POST unless they are given', async () => {
    expect(await call('/methods')).toMatchObject({ function: 'duplicate' })
    expect(await call('/methods', { method: 'PUT' })).toMatchObject({ function: 'putOnly', method: 'PUT' })
    expect(await call('/methods', { method: 'DELETE' })).toBe(404)
    expect(await call('/opt', { method: 'HEAD' })).toBe(404)
    expect(await call('/opt', { method: 'OPTIONS' })).toBe(404)
    expect(await call('/opt', { method: 'PATCH' })).toBe(404)
    expect(await call('/opt', { method: 'POST' })).toMatchObject({ method: 'POST' })
  })

  test('functions in error are not served and are told', async () => {
    expect(await call('/administrators')).toBe(404)
    expect(host.functions).not.toContain('reserved')
    expect(host.functions).not.toContain('getOnly')
    const status = (await (await host.admin('/admin/host/status')).json()) as { errors: string[] }
    expect(status.errors).toHaveLength(2)
    expect(status.errors.join()).toMatch(/getOnly: .*'duplicate'.*reserved: .*built in routes/)
  })

  test('a disabled function is 404, but not for the master key', async () => {
    expect(await call('/disabled')).toBe(404)
    expect((await host.admin('/disabled')).status).toBe(200)
  })

  test('with the home page off, / is empty', async () => {
    expect(await call('/')).toBe(204)
  })

  test('dot segments and encodings, sent as they are', async () => {
    const send = (target: string): Promise<string> =>
      sendRaw(host.port, `GET ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`, /$^/)
    expect(await send('/opt/../items/12')).toContain('"byInt"')
    expect(await send('/opt/%2e%2E/items/./12')).toContain('"byInt"')
    expect(await send('/../../items/12')).toContain('"byInt"')
    expect(await send('/opt/a%2Fb')).toContain('"params":{"x":"a%2Fb"}')
    expect(await send('/opt/%C3%A9')).toContain('"params":{"x":"\u00C3\u00A9"}')
    expect(await send('/opt/..%2Fadmin')).toContain('"x":"..%2Fadmin"')
    expect(await send('/a%00b')).toMatch(/^HTTP\/1.1 400 /)
    expect(await send('/items/12/..')).toMatch(/^HTTP\/1.1 404 /)
  })

  test('status, headers, cookies and body go through', async () => {
    const response = await host.fetch('/headers?a=1&a=2', {
      method: 'POST',
      headers: { 'x-a': 'A' },
      body: 'hello',
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('x-seen')).toBe('A')
    expect(response.headers.get('etag')).toBe('"5"')
    expect(response.headers.get('x-query')).toBe(streaming ? '1|2' : '1,2')
    expect(
      response.headers.getSetCookie().map((line) => line.toLowerCase().replaceAll(/; path=\//g, '')),
    ).toEqual(['c=1; httponly', 'd=2'])
    expect(await response.text()).toBe('hello')
    const head = await host.fetch('/headers', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([201, ''])
  })

  test("the caller's trace is continued, else a new one begins", async () => {
    const trace = '0af7651916cd43dd8448eb211c80319c'
    const traced = (await call('/opt', {
      headers: { traceparent: `00-${trace}-b7ad6b7169203331-01` },
    })) as Echo
    expect(traced.trace.traceParent).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`))
    const untraced = (await call('/opt')) as Echo
    expect(untraced.trace.traceParent).toMatch(/^00-(?!0af7)[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  })

  test('the names of query parameters reach request.params only with streaming', async () => {
    const result = (await call('/opt?x=fromQuery&code=k')) as Echo
    expect(result.params).toEqual(streaming ? { x: 'fromQuery' } : {})
  })
})

test('the home page is a page, and the prefix of host.json holds', async () => {
  const host = await startHost({
    source: `app.http('hello', { handler: () => ({ body: 'hi' }) })`,
    hostJson: { version: '2.0', extensions: { http: { routePrefix: 'v1' } } },
  })
  const home = await host.fetch('/')
  expect([home.status, home.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
  expect(await home.text()).toContain('up and running')
  expect((await host.fetch('/v1/hello')).status).toBe(200)
  expect((await host.fetch('/hello')).status).toBe(404)
  expect((await host.fetch('/api/hello')).status).toBe(404)
})

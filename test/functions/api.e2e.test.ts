import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { event, startApi } from '../support/api.ts'
import type { Api } from '../support/api.ts'
import type { LocalRun } from '../support/local-run.ts'

let run: LocalRun
let call: Api['call']
let append: Api['append']
let feedSettled: Api['feedSettled']
let operator: string

beforeAll(async () => {
  const api = await startApi()
  ;({ run, call, append, feedSettled } = api)
  ;({ operator } = api.tokens)
})
afterAll(() => run?.stop())

describe('append and read', () => {
  it('appends, reads back, and follows the feed from its checkpoint', async () => {
    const first = await append('s-1', {
      json: { events: [event, { type: 'OrderPaid', data: null }], streamType: 'order' },
    })
    expect(first.status).toBe(201)
    expect(first.headers.get('etag')).toBe('"2"')
    const page = await call('GET', '/api/streams/s-1/events?limit=1')
    expect(page.json).toMatchObject({
      events: [{ version: 1, streamId: 's-1', data: { amount: 1 } }],
      next: 2,
    })
    expect(page.headers.get('link')).toContain('from=2')
    const backward = await call('GET', '/api/streams/s-1/events?direction=backward')
    expect(backward.json?.['events']).toMatchObject([{ version: 2 }, { version: 1 }])
    expect((await call('GET', '/api/streams/s-1')).json).toMatchObject({ version: 2, streamType: 'order' })
    const unchanged = await call('GET', '/api/streams/s-1', { headers: { 'if-none-match': '"2"' } })
    expect(unchanged.status).toBe(304)
    await feedSettled()
    const feed = await call('GET', '/api/events')
    const next = feed.json?.['next'] as string
    expect((await call('GET', `/api/events?after=${next}`)).json?.['events']).toEqual([])
    await append('s-1')
    await feedSettled()
    expect((await call('GET', `/api/events?after=${next}`)).json?.['events']).toMatchObject([{ version: 3 }])
    expect((await call('GET', '/api/events?type=OrderPaid')).json?.['events']).toMatchObject([
      { type: 'OrderPaid' },
    ])
  })

  it('answers a repeated key with the first result, marked, and refuses the key for another request', async () => {
    const headers = { 'idempotency-key': 'key-1' }
    const first = await append('s-2', { json: event, headers })
    const again = await append('s-2', { json: event, headers })
    expect([again.status, again.json, again.headers.get('idempotency-replayed')]).toEqual([
      201,
      first.json,
      'true',
    ])
    const changed = await append('s-2', { json: { ...event, type: 'Other' }, headers })
    expect([changed.status, changed.json?.['code']]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  })

  it('takes CloudEvents, structured and in a batch, and refuses binary data', async () => {
    const cloudEvent = {
      specversion: '1.0',
      id: 'ce-1',
      source: '/shop',
      type: 'OrderPaid',
      subject: 'order-9',
      data: { a: 1 },
    }
    const structured = await append('s-3', {
      json: cloudEvent,
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    expect(structured.json).toMatchObject({ events: [{ id: 'ce-1', version: 1 }] })
    const batch = await append('s-3', {
      json: [{ ...cloudEvent, id: 'ce-2' }],
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    })
    expect(batch.status).toBe(201)
    expect((await call('GET', '/api/streams/s-3/events')).json?.['events']).toMatchObject([
      { id: 'ce-1', source: '/shop', metadata: { subject: 'order-9' } },
      { id: 'ce-2' },
    ])
    const binary = await append('s-3', {
      json: { ...cloudEvent, id: 'ce-3', data_base64: 'AA==' },
      headers: { 'content-type': 'application/cloudevents+json' },
    })
    expect(binary.json?.['code']).toBe('BINARY_DATA_UNSUPPORTED')
  })

  it('keeps numbers with their digits', async () => {
    await append('s-4', { body: '{"type":"T","data":{"i":9223372036854775807,"d":0.1,"e":1E5}}' })
    expect((await call('GET', '/api/streams/s-4/events')).text).toMatch(/9223372036854775807/)
    const refused = await append('s-4', { body: '{"type":"T","data":12345678901234567890}' })
    expect([refused.status, refused.json?.['code']]).toEqual([400, 'NUMBER_NOT_EXACT'])
  })

  it('enforces every precondition', async () => {
    const conditions: [Record<string, string>, number][] = [
      [{ 'if-match': '*' }, 412],
      [{ 'if-match': '"1"' }, 412],
      [{ 'if-none-match': '*' }, 201],
      [{ 'if-none-match': '*' }, 412],
      [{ 'if-match': '"1"' }, 201],
      [{ 'if-match': '*' }, 201],
      [{ 'if-match': 'W/"3"' }, 400],
      [{ 'if-match': '3' }, 400],
      [{ 'if-match': '"3"', 'if-none-match': '*' }, 400],
    ]
    for (const [headers, status] of conditions)
      expect([headers, (await append('s-5', { json: event, headers })).status]).toEqual([headers, status])
    const conflict = await append('s-5', { json: event, headers: { 'if-match': '"9"' } })
    expect([conflict.json?.['currentVersion'], conflict.headers.get('etag')]).toEqual([3, '"3"'])
  })
})

describe('tenants', () => {
  it('creates once, keeps the first answer of a key, lists in pages', async () => {
    const headers = { 'idempotency-key': 'tenant-1' }
    const first = await call('POST', '/api/tenants', {
      token: operator,
      json: { slug: 'Delta', externalId: 'ext-1' },
      headers,
    })
    expect([first.status, first.json?.['slug']]).toEqual([201, 'delta'])
    const again = await call('POST', '/api/tenants', {
      token: operator,
      json: { slug: 'Delta', externalId: 'ext-1' },
      headers,
    })
    expect([again.json, again.headers.get('idempotency-replayed')]).toEqual([first.json, 'true'])
    const taken = await call('POST', '/api/tenants', { token: operator, json: { slug: 'delta' } })
    expect([taken.status, taken.json?.['code']]).toEqual([409, 'TENANT_EXISTS'])
    expect(
      (await call('POST', '/api/tenants', { token: operator, json: { slug: 'no spaces' } })).status,
    ).toBe(400)
    const page = await call('GET', '/api/tenants?limit=1', { token: operator })
    expect(page.json).toMatchObject({ tenants: [{ slug: 'acme' }], next: 'acme' })
    const byExternalId = await run.token({ tenant: 'ext-1', roles: ['writer'] })
    expect((await append('d-1', { json: event, token: byExternalId })).status).toBe(201)
  })
})

describe('the reference', () => {
  it('serves the OpenAPI document and a page that needs nobody else', async () => {
    const document = await call('GET', '/api/openapi.json', { token: null })
    expect(document.json?.['openapi']).toMatch(/^3\.1/)
    const page = await fetch(`${run.url}/api/docs`)
    const html = await page.text()
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(html).not.toMatch(/https?:\/\//)
  })
})
